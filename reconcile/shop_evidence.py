"""What is known of a shop when its orders are judged: settings, the POS's set-up, and how its other orders fared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile import codec
from reconcile.config import Shop
from reconcile.evidence import Declared, Outcome, ShopEvidence
from reconcile.grace import expected_from
from reconcile.ledger.tables import orders
from reconcile.model import Certainty, Order, Sale, SetUp, SetUpQuestions, Standing
from reconcile.pos.base import Pos
from reconcile.required_products import REQUIRED_SKUS
from reconcile.set_up_readings import follows, past_with
from reconcile.shops import change, row_for_change
from reconcile.traits import CREATED_LONG_BEFORE, LONG_BEFORE, traits

WINDOW = timedelta(hours=48)
MOST_OUTCOMES = 1_000
STALE = timedelta(minutes=5)  # a reading of the set-up older than this is made again when an order is absent
LATEST_SALES = 5
MOST_ASKED = 90  # a POS is asked for up to a hundred products in one call
NOTHING_SEEN: Mapping[int, datetime | None] = {}
FILTER_CAUSES_SUFFIX = ("_off", "_excluded", "stalled", "unexplained")


def gather(
    connection: Connection,
    shop: Shop,
    row: Row[Any],
    declared: Declared,
    usual: timedelta,
    now: datetime,
    *,
    absent: bool,
    seen: Mapping[int, datetime | None] = NOTHING_SEEN,
) -> ShopEvidence:
    """The shop's evidence from the ledger; how its other orders fared is only asked where one is `absent`.

    `seen` are the orders that were looked at just now, with when they arrived: the ledger does not know that yet.
    """
    return ShopEvidence(
        pos=shop.pos_kind,
        declared=declared,
        set_up=codec.from_json(SetUp, row.set_up) if row.set_up else None,
        outcomes=tuple(_outcomes(connection, row, usual, now, seen)) if absent else (),
    )


def past_readings(row: Row[Any]) -> tuple[SetUp, ...]:
    """The shop's last readings of each trouble that is over, newest first."""
    return tuple(codec.from_json(SetUp, one) for one in row.set_up_past)


def with_past(shop: ShopEvidence, past: Sequence[SetUp]) -> ShopEvidence:
    """The same evidence with how the shop was known at these readings, and at the newest one."""
    readings = [read for read in (shop.set_up, *past) if read is not None]
    return replace(shop, past=tuple(_as_of(shop, read) for read in readings))


def _as_of(shop: ShopEvidence, read: SetUp) -> ShopEvidence:
    seen = (one for one in shop.outcomes if one.eligible_at <= read.read_at)
    outcomes = (replace(o, arrived_at=None) if o.arrived_at and o.arrived_at > read.read_at else o for o in seen)
    return replace(shop, set_up=read, outcomes=tuple(outcomes), past=())


def _outcomes(
    connection: Connection, shop: Row[Any], usual: timedelta, now: datetime, seen: Mapping[int, datetime | None]
) -> Iterable[Outcome]:
    c = orders.c
    query = (
        select(
            c.order_id, c.created_at, c.eligible_at, c.arrived_at, c.traits, c.cause, c.certainty, c.looked_at,
            c.touches, c.disturbed,
        )
        .where(c.store == shop.store, c.eligible_at > now - WINDOW, c.standing != Standing.EXCLUDED.value)
        .order_by(c.eligible_at.desc())
        .limit(MOST_OUTCOMES)
    )  # fmt: skip
    for row in reversed(connection.execute(query).all()):
        arrived_at = row.arrived_at or seen.get(row.order_id)
        waited = _waited(row, shop, usual, now if row.order_id in seen else row.looked_at)
        yield Outcome(
            order_id=row.order_id,
            # One that came before it became eligible again (paid, released) says nothing of the time between.
            eligible_at=min(row.eligible_at, arrived_at or row.eligible_at),
            # An order that only a touch brought in says that the filter is open now, not that it was open then.
            arrived_at=arrived_at,
            late=arrived_at is None and waited is not None and waited >= usual,
            traits=_traits(row),
            explained=arrived_at is None and _speaks_for_itself(row),
            waited=waited,
            took=_took(row),
            touched=row.touches > 0,
        )


def _waited(row: Row[Any], shop: Row[Any], usual: timedelta, looked_at: datetime | None) -> timedelta | None:
    """How old an order was when it was last looked for, an outage of the POS not counted."""
    if looked_at is None:
        return None
    since = expected_from(row.eligible_at, usual, shop.pos_down_from, shop.pos_back_at)
    return looked_at - since


def _took(row: Row[Any]) -> timedelta | None:
    """How long the connector took, where that is a measure of its speed."""
    if row.arrived_at is None or row.touches or row.disturbed or row.cause not in (None, "unexplained"):
        return None
    took: timedelta = row.arrived_at - row.eligible_at
    return max(timedelta(), took)


def _traits(row: Row[Any]) -> frozenset[str]:
    old = row.eligible_at - row.created_at > LONG_BEFORE
    return frozenset([*row.traits, CREATED_LONG_BEFORE] if old else row.traits)


def _speaks_for_itself(row: Row[Any]) -> bool:
    """A cause of its own holds it back (its customer, its location): it says nothing about the shop's filters."""
    if row.cause is None:
        return False
    return row.certainty == Certainty.CERTAIN and not row.cause.endswith(FILTER_CAUSES_SUFFIX)


def with_order(shop: ShopEvidence, order: Order) -> ShopEvidence:
    """The same evidence with this order's traits as they are now known (its payments and locations were just read)."""
    fresh = traits(order)
    if all(fresh <= one.traits for one in shop.outcomes if one.order_id == order.order_id):
        return shop
    return replace(
        shop,
        outcomes=tuple(
            replace(o, traits=fresh | o.traits & {CREATED_LONG_BEFORE}) if o.order_id == order.order_id else o
            for o in shop.outcomes
        ),
    )


def needs_reading(set_up: SetUp | None, skus: frozenset[str], now: datetime) -> bool:
    if set_up is None or now - set_up.read_at > STALE:
        return True
    return set_up.items is not None and not skus <= set(set_up.items)


def with_those_before(skus: frozenset[str], set_up: SetUp | None) -> frozenset[str]:
    """These products and those of the last reading, as far as one call can ask of them: fewer readings for the same."""
    before = sorted(set((set_up.items if set_up else None) or ()) - skus - set(REQUIRED_SKUS))
    return skus | set(before[: max(0, MOST_ASKED - len(skus))])


def read_set_up(pos: Pos, skus: Iterable[str], *, declared: Declared, sellers: Sequence[str]) -> SetUp:
    """A fresh reading that covers the connector's required products, these SKUs, and whoever the connector sells as."""
    return pos.set_up(
        SetUpQuestions(
            skus=tuple(sorted({*REQUIRED_SKUS, *skus})), employee=declared.employee or "", employee_ids=tuple(sellers)
        )
    )


def sellers(connection: Connection, store: str) -> tuple[str, ...]:
    """The employees on the latest sales that the connector brought, by the POS's ids; the newest first."""
    c = orders.c
    query = select(c.sales).where(c.store == store, c.arrived_at.is_not(None)).order_by(c.arrived_at.desc())
    found = [sale.get("employee_id") for row in connection.execute(query.limit(LATEST_SALES)) for sale in row.sales]
    return tuple(dict.fromkeys(number for number in found if number))


def keep_reading(connection: Connection, store: str, read: SetUp) -> tuple[SetUp, tuple[SetUp, ...]]:
    """Keep a reading in the ledger; answers it with what the earlier ones knew, and the past ones worth keeping."""
    row = row_for_change(connection, store)
    previous = codec.from_json(SetUp, row.set_up) if row.set_up else None
    whole = follows(previous, read)
    past = past_with(past_readings(row), previous, whole)
    change(connection, store, set_up=codec.to_json(whole), set_up_past=[codec.to_json(one) for one in past])
    return whole, past


def skus_of(orders_: Sequence[Order]) -> frozenset[str]:
    return frozenset(line.sku for order in orders_ for line in order.lines if line.sku)


def unreferenced_for(shop: ShopEvidence, sales: tuple[Sale, ...]) -> ShopEvidence:
    return replace(shop, unreferenced=sales)
