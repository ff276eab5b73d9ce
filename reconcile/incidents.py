"""Incidents: the open cases of a shop, grouped by what they have in common."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from reconcile import history, notices
from reconcile.config import Shop
from reconcile.incident_words import WEBHOOKS_LOST
from reconcile.ledger.tables import incidents, orders
from reconcile.model import CaseState

OPEN = ("open", "acknowledged")


def refresh(connection: Connection, shop: Shop, now: datetime, *, alert: bool) -> None:
    """Open an incident for every cause that holds back an order, and resolve those that hold back none."""
    groups = {(row.cause, row.subject): row for row in _open_cases(connection, shop.store)}
    known = _unresolved(connection, shop.store)
    for key, group in groups.items():
        if key not in known:
            _open(connection, shop, group, now, alert=alert)
    for key, incident in known.items():
        if key in groups:
            _begin_earlier(connection, incident, groups[key].since)
            notices.on_growth(connection, shop, incident, groups[key].held, now)
        elif incident.cause != WEBHOOKS_LOST:
            _resolve(connection, shop, incident, now)


def _open_cases(connection: Connection, store: str) -> list[Row[Any]]:
    c = orders.c
    return list(
        connection.execute(
            select(c.cause, c.subject, func.count().label("held"), func.min(c.eligible_at).label("since"))
            .where(c.store == store, c.cause.is_not(None), c.case_state.is_not(None))
            .where(c.case_state != CaseState.CLOSED.value)
            .group_by(c.cause, c.subject)
        )
    )


def _unresolved(connection: Connection, store: str) -> dict[tuple[str, str], Row[Any]]:
    query = select(incidents).where(incidents.c.store == store, incidents.c.state.in_(OPEN))
    return {(row.cause, row.subject): row for row in connection.execute(query)}


def _open(connection: Connection, shop: Shop, group: Row[Any], now: datetime, *, alert: bool) -> None:
    values = {"store": shop.store, "cause": group.cause, "subject": group.subject, "state": "open"}
    statement = insert(incidents).values(opened_at=now, since=group.since, **values).returning(incidents.c.id)
    incident_id = connection.execute(statement).scalar_one()
    note = {"store": shop.store, "incident_id": incident_id, "at": now}
    history.tell(connection, note | {"kind": "incident", "text": f"opened: {group.cause} {group.subject}".strip()})
    if alert:
        notices.on_opening(connection, shop, incident_id, now)


def _begin_earlier(connection: Connection, incident: Row[Any], since: datetime) -> None:
    """An order that was found later may have been held back before the others."""
    if since < incident.since:
        connection.execute(update(incidents).where(incidents.c.id == incident.id).values(since=since))


def _resolve(connection: Connection, shop: Shop, incident: Row[Any], now: datetime) -> None:
    where = incidents.c.id == incident.id
    connection.execute(update(incidents).where(where).values(state="resolved", resolved_at=now))
    note = {"store": incident.store, "incident_id": incident.id, "at": now}
    history.tell(connection, note | {"kind": "incident", "text": f"resolved: {incident.cause}"})
    notices.on_resolution(connection, shop, incident, now)


def note_lost_webhooks(connection: Connection, shop: Shop, share: float, count: int, now: datetime) -> None:
    """A rising share of orders that only the sweep found: Shopify's deliveries do not reach us."""
    known = (WEBHOOKS_LOST, "") in _unresolved(connection, shop.store)
    if known:
        return
    values = {
        "store": shop.store,
        "cause": WEBHOOKS_LOST,
        "subject": "",
        "state": "open",
        "opened_at": now,
        "since": now,
    }
    progress = f"{count} of the last orders ({share:.0%}) came without a webhook; only the sweep found them"
    made = insert(incidents).values(progress=progress, **values).returning(incidents.c.id)
    notices.on_opening(connection, shop, connection.execute(made).scalar_one(), now, text=progress)


def resolve_lost_webhooks(connection: Connection, shop: Shop, now: datetime) -> None:
    incident = _unresolved(connection, shop.store).get((WEBHOOKS_LOST, ""))
    if incident is not None:
        _resolve(connection, shop, incident, now)
