"""What people read of a shop's course: where orders stand, how fast they arrive, bar by bar of a chart.

Everything is counted along an index that holds all it asks for: a million orders of the past cost nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, func, select, type_coerce

from reconcile.ledger.tables import orders
from reconcile.ledger.types import EPOCH
from reconcile.model import Standing

STANDINGS = tuple(standing.value for standing in Standing)
UNSETTLED = tuple(word for word in STANDINGS if word not in ("matched", "excluded"))
MOST_ARRIVALS = 20_000  # of one chart: the newest
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True, kw_only=True)
class Bar:
    """One stretch of time: where the orders placed in it stand, and how many seconds those took that arrived in it."""

    since: datetime
    standings: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def share(self, part: float) -> float | None:
        return quantile(self.seconds, part)


def quantile(values: Sequence[float], part: float) -> float | None:
    """The nearest-rank quantile; None of nothing."""
    ordered = sorted(values)
    return ordered[max(ceil(part * len(ordered)) - 1, 0)] if ordered else None


def standings_since(connection: Connection, stores: Sequence[str], since: datetime) -> dict[str, int]:
    """How many orders placed since then stand where."""
    c = orders.c
    query = select(c.standing, func.count().label("orders"))
    query = query.where(c.store.in_(stores), c.standing.in_(STANDINGS), c.created_at >= since).group_by(c.standing)
    return {row.standing: row.orders for row in connection.execute(query)}


def unsettled(connection: Connection, stores: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many orders stand open, of all time: shop → standing → count."""
    c = orders.c
    query = select(c.store, c.standing, func.count().label("orders"))
    query = query.where(c.store.in_(stores), c.standing.in_(UNSETTLED)).group_by(c.store, c.standing)
    found: dict[str, dict[str, int]] = {store: {} for store in stores}
    for row in connection.execute(query):
        found[row.store][row.standing] = row.orders
    return found


def bars(connection: Connection, stores: Sequence[str], since: datetime, step: timedelta, count: int) -> list[Bar]:
    """So many bars of equal length, oldest first."""
    made = [Bar(since=since + number * step) for number in range(count)]
    begin, length = (since - EPOCH) // MICROSECOND, step // MICROSECOND
    c = orders.c
    number = ((type_coerce(c.created_at, BigInteger) - begin) // length).label("number")
    query = select(c.standing, number, func.count().label("orders"))
    query = query.where(c.store.in_(stores), c.standing.in_(STANDINGS), c.created_at >= since)
    for row in connection.execute(query.group_by(c.standing, number)):
        if row.number < count:
            made[row.number].standings[row.standing] = row.orders
    for eligible_at, arrived_at in _arrivals(connection, stores, since):
        at = (arrived_at - since) // step
        if at < count:
            made[at].seconds.append(max((arrived_at - eligible_at).total_seconds(), 0))
    return made


def _arrivals(connection: Connection, stores: Sequence[str], since: datetime) -> list[tuple[datetime, datetime]]:
    c = orders.c
    found: list[tuple[datetime, datetime]] = []
    for store in stores:
        query = select(c.eligible_at, c.arrived_at).where(c.store == store, c.arrived_at >= since)
        newest = query.order_by(c.arrived_at.desc()).limit(MOST_ARRIVALS)
        found += [(row.eligible_at, row.arrived_at) for row in connection.execute(newest)]
    return found


def arrived_of_incident(connection: Connection, incident: Row[Any]) -> int:
    """How many orders that the incident held back are in the POS by now."""
    c = orders.c
    query = select(func.count()).where(
        c.store == incident.store, c.cause == incident.cause, c.subject == incident.subject
    )
    closed = (c.case_closed_at >= incident.opened_at, c.arrived_at.is_not(None))
    return connection.execute(query.where(*closed)).scalar_one()
