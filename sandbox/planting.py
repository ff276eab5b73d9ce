"""Which order is struck by which planted cause, and when the connector's and the POS's settings are wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sandbox.scenario import OWN, SETTINGS, WRONG, Planted, Scenario

# These hold back (nearly) everything while they last: a share of the orders is a stretch of the day.
SHOP_WIDE: Final = frozenset(
    {
        "download_orders_off", "unfulfilled_orders_off", "connector_stalled", "required_custom_field", "employee_archived",
        "order_source_unset", "before_minimum_date", "payment_type_missing",
    }
)  # fmt: skip
# These hold back the orders with a property: everyday ones in a window, or a share of the orders that is given it.
BY_PROPERTY: Final = frozenset(SETTINGS) - SHOP_WIDE | {"required_product_unusable"}
# These name values, a tag or a place: a window is when the setting names one that everyday orders have, or asks for it.
BY_VALUE: Final = frozenset({"ignore_tag_present", "allow_tag_missing", "channel_excluded", "location_unmapped"})
# What leaves an order out of the POS for good, until somebody does something: staff may ring such an order up.
HOLDING: Final = frozenset({*SETTINGS, *OWN, *BY_PROPERTY, *SHOP_WIDE, "item_archived", "unexplained"}) - {
    "refunds_off", "connector_stalled", "payment_type_missing", "before_minimum_date", *WRONG,
}  # fmt: skip
# A field that is required for some hours while a third of the orders leave it empty; it stays so until staff have looked.
REQUIRED_MEANWHILE: Final = "pending_required_field"
STAYS_REQUIRED: Final = timedelta(hours=2)
FROM_THE_BEGINNING: Final = "before_minimum_date"
# The start date of the connector is moved to the window's beginning: what was placed before comes to it too late.
START_MOVED: Final = "start_date_moved"
EVERYDAY: Final = BY_PROPERTY | BY_VALUE | {START_MOVED}
STRETCHED_FAULTS: Final = frozenset({"pos_down", "pos_garbage"})
STRETCHED: Final = SHOP_WIDE | STRETCHED_FAULTS | {REQUIRED_MEANWHILE}
FIRST_STRUCK: Final = timedelta(minutes=30)  # the first orders of a day are sound, so that something is known to work
MARGIN: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When something is wrong; no `until`: to the end."""

    kind: str
    since: datetime
    until: datetime | None
    share: float | None = None

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Planting:
    """The windows, the cause of each struck order by its place in the day, and what everyday orders are like."""

    windows: tuple[Window, ...]
    causes: dict[int, str]
    made: frozenset[str]  # properties that only struck orders have
    frequent: frozenset[str]  # properties that a window needs some orders to have

    def of(self, *kinds: str) -> list[Window]:
        return [window for window in self.windows if window.kind in kinds]


def plant(scenario: Scenario, start: datetime, moments: Sequence[datetime]) -> Planting:
    """Settle every planting of a scenario for a day whose orders come at these moments."""
    chance = Random(f"{scenario.seed} planting")
    stretched = [one for one in scenario.faults if one.share is not None and one.kind in STRETCHED]
    windows = [_window(one, scenario, start, moments, _middle(one, stretched)) for one in scenario.faults]
    causes: dict[int, str] = {}
    for one in scenario.faults:
        if one.is_cause and one.kind not in SHOP_WIDE and (one.share is not None or one.kind not in EVERYDAY):
            for place in _struck(_within(one, start, windows), start, moments, causes, windows, chance):
                causes[place] = one.kind
    shares = {one.kind for one in scenario.faults if one.share is not None}
    kinds = {one.kind for one in scenario.faults}
    return Planting(
        windows=tuple(windows),
        causes=causes,
        made=frozenset(shares & BY_PROPERTY),
        frequent=frozenset((kinds - shares) & EVERYDAY),
    )


def _middle(one: Planted, stretched: Sequence[Planted]) -> float:
    """Where in the day a stretch lies, from 0 to 1: they are spread over it, so that no two meet while they are short."""
    if one.kind == FROM_THE_BEGINNING or one not in stretched:
        return 0
    return (stretched.index(one) + 1) / (len(stretched) + 1)


def _window(one: Planted, scenario: Scenario, start: datetime, moments: Sequence[datetime], middle: float) -> Window:
    since, until = one.since(start), one.until(start)
    if one.share is not None and one.kind in STRETCHED_FAULTS:
        length = (until or start + timedelta(hours=scenario.hours)) - since
        since += length * (1 - one.share) * middle
        until = since + length * one.share
    elif one.share is not None and one.kind in STRETCHED:
        wanted = min(1, one.share * (3 if one.kind == REQUIRED_MEANWHILE else 1))
        since, until = _stretch(wanted, middle, since, until, moments)
    elif one.kind == FROM_THE_BEGINNING:
        until = until or start + timedelta(hours=scenario.hours)
    if one.kind == REQUIRED_MEANWHILE and until is not None:
        until += STAYS_REQUIRED
    return Window(kind=one.kind, since=since, until=until, share=one.share)


def _stretch(
    share: float, middle: float, since: datetime, until: datetime | None, moments: Sequence[datetime]
) -> tuple[datetime, datetime | None]:
    """The part of a window in which this share of its orders comes."""
    inside = [moment for moment in moments if moment >= since and (until is None or moment < until)]
    count = round(share * len(inside))
    if not count:
        return since, since
    first = int((len(inside) - count) * middle)
    begins = since if first == 0 else inside[first]
    return begins, inside[first + count] if first + count < len(inside) else until


def _within(one: Planted, start: datetime, windows: Sequence[Window]) -> Planted:
    """The planting with the window in which its orders may be."""
    window = next(window for window in windows if window.kind == one.kind)
    if one.kind != REQUIRED_MEANWHILE or one.share is None or window.until is None:
        return one
    hour = timedelta(hours=1)
    from_h, until_h = (window.since - start) / hour, (window.until - STAYS_REQUIRED - start) / hour
    return replace(one, from_h=from_h, until_h=until_h, share=max(1 / 3, one.share))


def _struck(
    one: Planted,
    start: datetime,
    moments: Sequence[datetime],
    taken: Iterable[int],
    windows: Sequence[Window],
    chance: Random,
) -> list[int]:
    """The places of the orders that a cause strikes: a share of those in its window, none struck twice."""
    since, until = one.since(start), one.until(start)
    inside = [p for p, moment in enumerate(moments) if moment >= since and (until is None or moment < until)]
    wanted = round((1 if one.share is None else one.share) * len(inside))
    if one.share and inside:
        wanted = max(wanted, 1)
    free = [place for place in inside if place not in set(taken)]
    calm = [place for place in free if one.share is None or _is_calm(one, moments[place], start, windows)]
    if len(calm) < wanted:
        calm += chance.sample(rest := [p for p in free if p not in set(calm)], min(wanted - len(calm), len(rest)))
    return sorted(chance.sample(calm, min(wanted, len(calm))))


def _is_calm(one: Planted, moment: datetime, start: datetime, windows: Sequence[Window]) -> bool:
    """Whether nothing happens around this moment that holds back every order, or would look as if it did."""
    if moment < start + FIRST_STRUCK:
        return False
    loud = SHOP_WIDE if one.kind in WRONG else SHOP_WIDE | {REQUIRED_MEANWHILE}
    return not any(
        window.since - MARGIN <= moment and (window.until is None or moment < window.until + MARGIN)
        for window in windows
        if window.kind in loud
    )
