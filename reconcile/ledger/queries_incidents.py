"""What people read of incidents: each with the orders it holds back, and what they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select

from reconcile.ledger.queries import OPEN_STATES
from reconcile.ledger.tables import actions, events, incidents, orders

SAMPLE = 5
OPEN = ("open", "acknowledged")
SUREST = ("certain", "likely", "possible")
SAMPLED = [orders.c[name] for name in ("store", "order_id", "name", "total", "currency", "standing", "eligible_at")]


@dataclass(slots=True, kw_only=True)
class IncidentRow:
    """An incident with what it holds back now; `at_risk` is money per currency, `certainty` its best evidence."""

    row: Row[Any]
    orders: int = 0
    at_risk: dict[str, Decimal] = field(default_factory=dict)
    sample: Sequence[Row[Any]] = ()
    standings: frozenset[str] = frozenset()
    certainty: str | None = None


def incident_of(connection: Connection, stores: Sequence[str], incident_id: int) -> IncidentRow | None:
    """One incident of these shops."""
    query = select(incidents).where(incidents.c.id == incident_id, incidents.c.store.in_(stores))
    row = connection.execute(query).first()
    return _with_orders(connection, stores, [row])[0] if row is not None else None


def incidents_of(
    connection: Connection, stores: Sequence[str], *, state: str = "open", limit: int = 100
) -> list[IncidentRow]:
    """The incidents of these shops, worst first. `state`: `open` (acknowledged ones too), `resolved` or `all`."""
    c = incidents.c
    query = select(incidents).where(c.store.in_(stores))
    if state != "all":
        query = query.where(c.state.in_(OPEN if state == "open" else (state,)))
    resolved_last = case((c.state == "resolved", 1), else_=0)
    rows = connection.execute(query.order_by(resolved_last, c.id.desc()).limit(limit)).all()
    found = _with_orders(connection, stores, rows)
    return sorted(found, key=lambda one: (one.row.state == "resolved", -one.orders, -one.row.id))


def _with_orders(connection: Connection, stores: Sequence[str], rows: Sequence[Row[Any]]) -> list[IncidentRow]:
    c = orders.c
    made = [IncidentRow(row=row) for row in rows]
    by_key = {(one.row.store, one.row.cause, one.row.subject): one for one in made if one.row.state != "resolved"}
    keys = (c.store, c.cause, c.subject, c.currency, c.standing, c.certainty)
    counted = select(*keys, func.count().label("orders"), func.sum(c.total).label("sum"))
    counted = counted.where(c.store.in_(stores), c.case_state.in_(OPEN_STATES), c.cause.is_not(None))
    for group in connection.execute(counted.group_by(*keys)):
        one = by_key.get((group.store, group.cause, group.subject))
        if one is not None:
            one.orders += group.orders
            one.at_risk[group.currency] = one.at_risk.get(group.currency, Decimal(0)) + group.sum
            one.standings |= {group.standing}
            one.certainty = min(filter(None, (one.certainty, group.certainty)), key=SUREST.index, default=None)
    for one in by_key.values():
        one.sample = _sample(connection, one.row) if one.orders else ()
    return made


def _sample(connection: Connection, incident: Row[Any]) -> Sequence[Row[Any]]:
    c = orders.c
    where = (c.store == incident.store, c.cause == incident.cause, c.subject == incident.subject)
    query = select(*SAMPLED).where(*where)
    return connection.execute(query.where(c.case_state.in_(OPEN_STATES)).order_by(c.created_at).limit(SAMPLE)).all()


def touches_for(connection: Connection, incident: Row[Any], most: int) -> tuple[int, Sequence[Row[Any]]]:
    """How often orders were touched for the incident's cause, and the latest of these touches with the orders' names."""
    c = actions.c
    of_it = (c.store == incident.store, c.cause == incident.cause, c.subject == incident.subject)
    count = connection.execute(select(func.count()).select_from(actions).where(*of_it)).scalar_one()
    its_order = and_(orders.c.store == c.store, orders.c.order_id == c.order_id)
    query = select(actions, orders.c.name).join(orders, its_order).where(*of_it).order_by(c.id.desc()).limit(most)
    return count, connection.execute(query).all()[::-1]


def events_of_incident(connection: Connection, incident: Row[Any]) -> Sequence[Row[Any]]:
    """The incident's history, newest first."""
    of_no_order = (events.c.store == incident.store, events.c.order_id.is_(None))  # what the index begins with
    query = select(events).where(*of_no_order, events.c.incident_id == incident.id)
    return connection.execute(query.order_by(events.c.id.desc()).limit(200)).all()
