"""How the shops are: mode, stop, health, the grace in force, what waits and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from reconcile.clock import SystemClock
from reconcile.config import Shop
from reconcile.evidence import Declared
from reconcile.ledger.queries import standings_lately
from reconcile.ledger.queries_inbox import inbox_counts
from reconcile.ledger.tables import orders
from reconcile.model import Mode
from reconcile.rounds import usual_of
from reconcile.services import Services
from reconcile.shops import declared_of, in_force, mode_of, row_of, stop_reason

COUNTED = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOverview:
    """One shop as it stands, with the limits in force; `row` is its row in the ledger."""

    shop: Shop
    row: Row[Any]
    mode: Mode
    declared: Declared
    stop_reason: str | None  # in words; None: it may act
    grace: timedelta
    arrivals: int  # that the grace rests on
    standings: dict[str, int]  # of the orders placed in the last thirty days, and of older ones that are not settled
    received: int
    parked: int
    due: int  # orders whose look is due; 0 while the POS is left in peace
    next_due_at: datetime | None
    busy: bool  # a worker holds the lease


def overview(services: Services, stores: Sequence[str]) -> list[ShopOverview]:
    """These shops, in one consistent view of the ledger."""
    with services.ledger.read() as connection:
        counts = standings_lately(connection, stores, services.clock.now() - COUNTED)
        waiting = inbox_counts(connection, stores)
        return [_of(services, connection, store, counts[store], waiting[store]) for store in stores]


def _of(
    services: Services, connection: Connection, store: str, counts: dict[str, int], waiting: dict[str, int]
) -> ShopOverview:
    row, now = row_of(connection, store), services.clock.now()
    shop = in_force(services.shop(store), row)
    paused = row.pos_pause_until is not None and row.pos_pause_until > now
    return ShopOverview(
        shop=shop,
        row=row,
        mode=mode_of(shop, row),
        declared=declared_of(services, store, row),
        stop_reason=stop_reason(services, row),
        grace=usual_of(shop, row),
        arrivals=row.arrivals,
        standings=counts,
        received=waiting["received"],
        parked=waiting["parked"],
        due=0 if paused else _due(connection, store, now),
        next_due_at=_next_due(connection, row, paused=paused),
        busy=_is_held(row),
    )


def _due(connection: Connection, store: str, now: datetime) -> int:
    query = select(func.count()).select_from(orders).where(orders.c.store == store, orders.c.next_look_at <= now)
    return connection.execute(query).scalar_one()


def _next_due(connection: Connection, row: Row[Any], *, paused: bool) -> datetime | None:
    """The next moment at which there is something to do for the shop."""
    look: datetime | None = connection.execute(
        select(func.min(orders.c.next_look_at)).where(orders.c.store == row.store)
    ).scalar()
    if look is not None and paused:
        look = max(look, row.pos_pause_until)
    ahead = [moment for moment in (look, row.next_sweep_at, row.next_check_at) if moment is not None]
    return min(ahead, default=None)


def _is_held(row: Row[Any]) -> bool:
    # Leases run on real time, even where the product's clock is a simulated one.
    return row.lease_token is not None and row.lease_until is not None and row.lease_until > SystemClock().now()
