"""One order before it is placed: what is in it, who buys it, and how it is paid and shipped."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sandbox.goods import LOCATIONS, Product
from sandbox.shop import ZERO, Buyer, ShopLine, ShopOrder, Transaction

TAX: Final = Decimal("0.0825")
CENT: Final = Decimal("0.01")
FIRST_LINE, FIRST_BUYER = 13_870_000_000_000, 7_240_000_000_000
FIRST_NAMES: Final = ("Ada", "Ben", "Chloé", "Dev", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jun")
LAST_NAMES: Final = ("Abbott", "Bauer", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Hill", "Ito", "Jones")


@dataclass(slots=True, kw_only=True)
class Errand:
    """An order before it is placed, and what happens to it later; hours and minutes count from the named moment."""

    order: ShopOrder
    cause: str | None = None
    pays_after: timedelta | None = None  # from its creation: the money comes in
    released_after: timedelta | None = None  # from its creation: the hold or the tag is lifted
    ships_after: timedelta | None = None  # from its arrival in the POS: staff pack what the POS shows
    refunded_after: timedelta | None = None  # from its completion in the POS
    edited_after: timedelta | None = None  # from its arrival in the POS
    cancelled_after: timedelta | None = None  # from its arrival in the POS
    latest_s: float = 0  # the connector takes at least this long


def lines_of(place: int, products: list[Product], chance: Random) -> list[ShopLine]:
    lines = []
    for number, product in enumerate(products):
        quantity = chance.choices((1, 2, 3), (75, 20, 5))[0]
        lines.append(
            ShopLine(
                id=FIRST_LINE + place * 1000 + number,
                sku=product.sku,
                title=product.title,
                quantity=quantity,
                current_quantity=quantity,
                price=product.price,
            )
        )
    return lines


def buyer_of(place: int, chance: Random) -> Buyer:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    return Buyer(
        id=FIRST_BUYER + place * 1000,
        email=f"{last.lower()}.{place}@example.com",
        first_name=first,
        last_name=last,
        address1=f"{chance.randint(1, 900)} Elm Street",
        city="Portland",
        province="Oregon",
        zip=f"972{chance.randint(10, 99)}",
    )


def dress(order: ShopOrder, chance: Random) -> None:
    """A discount, a gift card, a second location: each now and then."""
    if chance.random() < 0.15:
        line = order.lines[0]
        line.discount = (line.price * line.quantity * Decimal("0.1")).quantize(CENT)
        order.discount = line.discount
    if chance.random() < 0.04:
        card = order.lines[-1]
        order.lines[-1] = replace(
            card, sku=None, title="Gift card", price=Decimal(25), discount=ZERO, quantity=1, current_quantity=1,
            gift_card=True,
        )  # fmt: skip
        order.discount = sum((line.discount for line in order.lines), ZERO)
    if len([line for line in order.lines if not line.gift_card]) > 1 and chance.random() < 0.1:
        order.locations = list(LOCATIONS)


def finish(order: ShopOrder, *, taxed: bool = True) -> None:
    """Set the tax and the payment by what the order has become."""
    goods = sum((line.price * line.quantity for line in order.lines if not line.gift_card), ZERO)
    order.tax = max(((goods - order.discount) * TAX).quantize(CENT), ZERO) if taxed else ZERO
    order.transactions = [] if order.total == ZERO else [payment(order, "sale", order.total)]


def payment(order: ShopOrder, kind: str, amount: Decimal, *, status: str = "success") -> Transaction:
    return Transaction(
        id=order.id + 100 + len(order.transactions),
        kind=kind,
        status=status,
        gateway=order.gateways[0],
        amount=amount,
        created_at=order.updated_at,
    )


def hours(chance: Random, least: float, most: float) -> timedelta:
    return timedelta(hours=chance.uniform(least, most))


def _digital(order: ShopOrder) -> None:
    """Nothing to ship, at one place."""
    order.locations = order.locations[:1]
    order.shipping = ZERO
    finish(order, taxed=bool(order.tax))
    order.fulfillment_status, order.fulfilled_at = "fulfilled", order.created_at


def archived(errand: Errand, chance: Random) -> None:
    """Fulfilled and archived by Shopify the moment it is placed."""
    _digital(errand.order)
    errand.order.closed_at = errand.order.created_at
    errand.ships_after = None


def fulfilled(errand: Errand, chance: Random) -> None:
    """Fulfilled the moment it is placed, and left open in Shopify."""
    _digital(errand.order)
    errand.ships_after = None


def manual(errand: Errand, chance: Random) -> None:
    """A bank deposit, pending until it is there."""
    order = errand.order
    order.gateways = ["Bank Deposit"]
    order.financial_status = "pending"
    order.transactions = []
    order.transactions = [payment(order, "sale", order.total, status="pending")]
    errand.pays_after = hours(chance, 1, 5) if chance.random() < 0.35 else None


def partially_paid(errand: Errand, chance: Random) -> None:
    """A deposit of a third; the rest comes for some."""
    order = errand.order
    order.financial_status = "partially_paid"
    order.transactions = []
    order.transactions = [payment(order, "sale", (order.total / 3).quantize(CENT))]
    errand.pays_after = hours(chance, 2, 6) if chance.random() < 0.3 else None


def imported(errand: Errand, chance: Random) -> None:
    """A marketplace's order: marked as paid, without any transaction."""
    errand.order.source_name = "marketplace-import"
    errand.order.transactions = []


def authorized(errand: Errand, chance: Random) -> None:
    """The card is good for it; the shop takes the money later, for some."""
    order = errand.order
    order.financial_status = "authorized"
    order.transactions = []
    order.transactions = [payment(order, "authorization", order.total)]
    errand.pays_after = hours(chance, 1, 4) if chance.random() < 0.35 else None


GIVE: Final[dict[str, Callable[[Errand, Random], None]]] = {
    "archived": archived,
    "fulfilled": fulfilled,
    "manual": manual,
    "partially_paid": partially_paid,
    "imported": imported,
    "authorized": authorized,
}
