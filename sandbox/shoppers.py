"""The orders of a day: when they come, what is in them, and what their buyers and the shop do with them later."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sandbox.baskets import GIVE, Errand, buyer_of, dress, finish, hours, lines_of
from sandbox.goods import LOCATIONS, PRODUCTS, UNMAPPED
from sandbox.planting import START_MOVED, Planting
from sandbox.scenario import Scenario
from sandbox.shop import ShopOrder
from sandbox.struck import ALLOW_TAG, EVERYDAY_TAG, EXCLUDED_CHANNEL, IGNORE_TAG, shape

# How busy each hour of the day is; the night is quiet, never empty.
HOURS: Final = (3, 2, 2, 2, 2, 3, 5, 8, 12, 15, 16, 16, 18, 18, 16, 15, 15, 16, 18, 18, 16, 12, 8, 5)
FIRST_ID, FIRST_NUMBER = 5_510_000_000_000, 1001
OTHER_CHANNELS: Final = ("instagram", "3890849")
# Everyday kinds of payment and shipping, in shares of the orders; each can be told from the others by Shopify's fields.
KINDS: Final = {
    "archived": 0.12,  # digital: fulfilled and archived the moment it is placed
    "fulfilled": 0.06,  # fulfilled by an app at once, not archived
    "manual": 0.04,  # bank deposit: pending until the buyer pays
    "partially_paid": 0.03,
    "imported": 0.04,  # from a marketplace: paid, without any transaction
    "authorized": 0.03,  # captured when the shop gets to it
}
KIND_OF: Final = {
    "archived_orders_off": "archived",
    "fulfilled_orders_off": "fulfilled",
    "manual_payments_off": "manual",
    "partially_paid_excluded": "partially_paid",
    "paid_without_transactions_off": "imported",
    "payment_not_captured": "authorized",
}
# Everyday only where a window needs them: what is on such an order, by the cause that keeps it out in the window.
VALUES: Final[dict[str, Callable[[Errand, Random], None]]] = {
    "ignore_tag_present": lambda errand, chance: errand.order.tags.append(EVERYDAY_TAG),
    "allow_tag_missing": lambda errand, chance: errand.order.tags.remove(ALLOW_TAG),
    "channel_excluded": lambda errand, chance: setattr(errand.order, "source_name", EXCLUDED_CHANNEL),
    "location_unmapped": lambda errand, chance: setattr(errand.order, "locations", [UNMAPPED]),
    START_MOVED: lambda errand, chance: _released_next_day(errand, chance),
}
FREQUENT: Final = 0.2
VALUED: Final = 0.3  # of the orders of no other kind


def _released_next_day(errand: Errand, chance: Random) -> None:
    """Held back by a tag until the shop lets it go, a day and more after it was placed."""
    errand.order.tags.append(IGNORE_TAG)
    errand.released_after = hours(chance, 25, 30)


def moments(scenario: Scenario, start: datetime) -> list[datetime]:
    """When the orders come: more of them by day than by night, in order."""
    chance = Random(f"{scenario.seed} moments")
    slots = [start + timedelta(minutes=10 * place) for place in range(max(1, round(scenario.hours * 6)))]
    weights = [HOURS[slot.hour] for slot in slots]
    weights[:6] = [max(weight, 8) for weight in weights[:6]]
    chosen = chance.choices(slots, weights, k=scenario.orders)
    return sorted(slot + timedelta(seconds=round(chance.uniform(0, 600), 0)) for slot in chosen)


class Shoppers:
    """Makes the errands of a day, each from its place in the day alone and the scenario's seed."""

    def __init__(self, scenario: Scenario, planting: Planting) -> None:
        self._seed = scenario.seed
        self._planting = planting
        self._shares = {
            kind: 0.0 if cause in planting.made else FREQUENT if cause in planting.frequent else KINDS[kind]
            for cause, kind in KIND_OF.items()
        }
        if "fulfilled_orders_off" in planting.made:
            self._shares["archived"] = 0.0  # what is archived at once is fulfilled, too
        self._values = [VALUES[cause] for cause in VALUES if cause in planting.frequent]
        self._has_allow_tag = bool(planting.of("allow_tag_missing"))
        self._refunds = 0.0 if "refunds_off" in planting.made else 0.35 if "refunds_off" in planting.frequent else 0.02
        self._cancels = "refunds_off" not in planting.made
        self._shippable = not planting.of("required_product_unusable")

    def errand(self, place: int, moment: datetime) -> Errand:
        """The errand with this place in the day; a struck one is plain, so that nothing else can explain it."""
        chance = Random(f"{self._seed} order {place}")
        struck = self._planting.causes.get(place)
        kind = None if struck else self._kind(chance)
        order = self._order(place, moment, chance, plain=struck is not None)
        errand = Errand(order=order, cause=struck, ships_after=hours(chance, 1, 7))
        if kind is not None:
            GIVE[kind](errand, chance)
        if self._has_allow_tag:
            order.tags.append(ALLOW_TAG)
        if self._values and kind is None and struck is None and chance.random() < VALUED:
            chance.choice(self._values)(errand, chance)
        if struck is None:
            self._later(errand, chance, kind)
        else:
            shape(errand, struck, chance)
        return errand

    def _kind(self, chance: Random) -> str | None:
        at = chance.random()
        for kind, share in self._shares.items():
            if at < share:
                return kind
            at -= share
        return None

    def _order(self, place: int, moment: datetime, chance: Random, *, plain: bool) -> ShopOrder:
        count = chance.choices((1, 2, 3, 4), (40, 32, 18, 10))[0]
        lines = lines_of(place, chance.sample(PRODUCTS, max(count, 2) if plain else count), chance)
        order = ShopOrder(
            id=FIRST_ID + place * 1000,
            number=FIRST_NUMBER + place,
            name=f"#{FIRST_NUMBER + place}",
            created_at=moment,
            updated_at=moment,
            lines=lines,
            buyer=buyer_of(place, chance),
            locations=[chance.choices(LOCATIONS, (3, 2))[0]],
        )
        if chance.random() < 0.1 and not plain:
            order.source_name = chance.choice(OTHER_CHANNELS)
        if chance.random() < 0.5 and (self._shippable or not plain):
            order.shipping = chance.choice((Decimal("5.90"), Decimal("8.50"), Decimal("12.00")))
        if not plain:
            dress(order, chance)
        finish(order, taxed=plain or chance.random() < 0.85)
        return order

    def _later(self, errand: Errand, chance: Random, kind: str | None) -> None:
        """What comes of an everyday order later; at most one thing that the POS has to follow."""
        paid = kind not in ("manual", "partially_paid", "authorized")
        at = chance.random()
        if paid and at < self._refunds:
            errand.refunded_after = hours(chance, 0.5, 3)
        elif paid and kind is None and at < self._refunds + 0.01 and len(errand.order.lines) > 1:
            errand.edited_after = timedelta(minutes=chance.uniform(10, 50))
        elif self._cancels and kind is None and at < self._refunds + 0.017:
            errand.cancelled_after = timedelta(minutes=chance.uniform(10, 50))
