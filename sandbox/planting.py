"""Which order is struck by which planted cause, and when the connector's and the POS's settings are wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sandbox.scenario import OWN, SETTINGS, WRONG, Planted, Scenario

# These hold back (nearly) everything while they last: a share of the orders is a stretch of the day.
SHOP_WIDE: Final = frozenset(
    {
        "download_orders_off", "unfulfilled_orders_off", "connector_stalled", "required_custom_field",
        "order_source_unset", "before_minimum_date",
    }
)  # fmt: skip
# These hold back the orders with a property: everyday ones in a window, or a share of the orders that is given it.
BY_PROPERTY: Final = frozenset(SETTINGS) - SHOP_WIDE | {"required_product_unusable"}
# What leaves an order out of the POS for good, until somebody does something: staff may ring such an order up.
HOLDING: Final = frozenset({*SETTINGS, *OWN, *BY_PROPERTY, *SHOP_WIDE, "item_archived", "unexplained"}) - {
    "refunds_off", "connector_stalled", "before_minimum_date", *WRONG,
}  # fmt: skip
STRETCHED_FAULTS: Final = frozenset({"pos_down", "pos_garbage"})
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
    windows = [_window(one, start, moments, scenario.hours) for one in scenario.faults]
    causes: dict[int, str] = {}
    for one in scenario.faults:
        if one.is_cause and one.kind not in SHOP_WIDE and (one.share is not None or one.kind not in BY_PROPERTY):
            for place in _struck(one, start, moments, causes, windows, chance):
                causes[place] = one.kind
    shares = {one.kind for one in scenario.faults if one.share is not None}
    kinds = {one.kind for one in scenario.faults}
    return Planting(
        windows=tuple(windows),
        causes=causes,
        made=frozenset(shares & BY_PROPERTY),
        frequent=frozenset((kinds - shares) & BY_PROPERTY),
    )


def _window(one: Planted, start: datetime, moments: Sequence[datetime], hours: float) -> Window:
    since, until = one.since(start), one.until(start)
    if one.share is not None and one.kind in STRETCHED_FAULTS:
        length = (until or start + timedelta(hours=hours)) - since
        since += length * (1 - one.share) / 2
        until = since + length * one.share
    elif one.share is not None and one.kind in SHOP_WIDE:
        since, until = _stretch(one, since, until, moments)
    elif one.kind == "before_minimum_date":
        until = until or start + timedelta(hours=hours)
    return Window(kind=one.kind, since=since, until=until, share=one.share)


def _stretch(
    one: Planted, since: datetime, until: datetime | None, moments: Sequence[datetime]
) -> tuple[datetime, datetime | None]:
    """The part of a window in which the wanted share of its orders comes: its beginning, or its middle."""
    inside = [moment for moment in moments if moment >= since and (until is None or moment < until)]
    count = round((one.share or 0) * len(inside))
    if not count:
        return since, since
    first = 0 if one.kind == "before_minimum_date" else (len(inside) - count) // 2
    begins = since if first == 0 else inside[first]
    return begins, inside[first + count] if first + count < len(inside) else until


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
    calm = [place for place in free if one.share is None or _is_calm(moments[place], start, windows)]
    if len(calm) < wanted:
        calm += chance.sample(rest := [p for p in free if p not in set(calm)], min(wanted - len(calm), len(rest)))
    return sorted(chance.sample(calm, min(wanted, len(calm))))


def _is_calm(moment: datetime, start: datetime, windows: Sequence[Window]) -> bool:
    """Whether nothing that holds back every order happens around this moment."""
    if moment < start + FIRST_STRUCK:
        return False
    return not any(
        window.since - MARGIN <= moment and (window.until is None or moment < window.until + MARGIN)
        for window in windows
        if window.kind in SHOP_WIDE
    )
