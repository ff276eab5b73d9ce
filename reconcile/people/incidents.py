"""What people do with an incident: acknowledge it, write a note on it, say that it is fixed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from reconcile import history
from reconcile.errors import NotThere, Refused
from reconcile.ledger.queries import OPEN_STATES
from reconcile.ledger.tables import incidents, orders
from reconcile.services import Services


def acknowledge(services: Services, who: str, stores: Sequence[str], incident_id: int) -> None:
    """Somebody has seen it and looks after it."""
    with services.ledger.write() as connection:
        row = _unresolved(connection, stores, incident_id)
        values = {"state": "acknowledged", "acknowledged_by": who}
        _change(connection, row, values, services.clock.now(), who, "acknowledged")


def assign(services: Services, who: str, stores: Sequence[str], incident_id: int, to: str) -> None:
    """Somebody else looks after it from now on."""
    with services.ledger.write() as connection:
        row = _unresolved(connection, stores, incident_id)
        values = {"state": "acknowledged", "acknowledged_by": to}
        _change(connection, row, values, services.clock.now(), who, f"given to {to}")


def note(services: Services, who: str, stores: Sequence[str], incident_id: int, text: str) -> None:
    """What the next person should know; the history keeps the earlier notes."""
    with services.ledger.write() as connection:
        row = _incident(connection, stores, incident_id)
        _change(connection, row, {"note": text}, services.clock.now(), who, f"note: {text}")


def say_fixed(services: Services, who: str, stores: Sequence[str], incident_id: int) -> None:
    """Its orders are looked at now and released as the mode allows: one first, the others once that one has arrived."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        _take_as_fixed(connection, _unresolved(connection, stores, incident_id), who, now, "said to be fixed")


def declared_fixed(connection: Connection, store: str, who: str, subjects: Collection[str], now: datetime) -> None:
    """The settings of these names are declared to let orders pass now: as good as said of the incidents about them."""
    c = incidents.c
    query = select(incidents).where(c.store == store, c.subject.in_(subjects), c.state != "resolved")
    for row in connection.execute(query.with_for_update()).all():
        _take_as_fixed(connection, row, who, now, f"declared to be fixed: {row.subject}")


def _take_as_fixed(connection: Connection, row: Row[Any], who: str, now: datetime, text: str) -> None:
    said = {"acknowledged_by": row.acknowledged_by or who, "fixed_by": who, "fixed_at": now}
    _change(connection, row, {"state": "acknowledged", **said}, now, who, text)
    held_back = (orders.c.store == row.store, orders.c.cause == row.cause, orders.c.subject == row.subject)
    still_open = orders.c.case_state.in_(OPEN_STATES)
    connection.execute(update(orders).where(*held_back, still_open).values(next_look_at=now))


def _incident(connection: Connection, stores: Sequence[str], incident_id: int) -> Row[Any]:
    query = select(incidents).where(incidents.c.id == incident_id, incidents.c.store.in_(stores))
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotThere(f"There is no incident {incident_id}.")
    return row


def _unresolved(connection: Connection, stores: Sequence[str], incident_id: int) -> Row[Any]:
    row = _incident(connection, stores, incident_id)
    if row.state == "resolved":
        raise Refused("The incident is resolved already.", "resolved")
    return row


def _change(connection: Connection, row: Row[Any], values: dict[str, Any], now: datetime, who: str, text: str) -> None:
    connection.execute(update(incidents).where(incidents.c.id == row.id).values(**values))
    told = {"store": row.store, "incident_id": row.id, "at": now, "kind": "incident", "who": who, "text": text}
    history.tell(connection, told)
