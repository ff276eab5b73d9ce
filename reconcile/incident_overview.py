"""Incidents as people read them: what is held back, what to do next, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row

from reconcile.decide import Group
from reconcile.incident_words import sentence_on, words
from reconcile.ledger.queries_incidents import IncidentRow, events_of_incident, incident_of, incidents_of
from reconcile.model import Remedy, TouchEffect
from reconcile.rules import remedy_of
from reconcile.services import Services
from reconcile.shops import row_of
from reconcile.touches import TouchBook, open_book

TOUCHED = (Remedy.RETRY, Remedy.FIX_THEN_RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOverview:
    """An incident with its words in the shop's language; `touches` counts how the touches for it went."""

    incident: IncidentRow
    title: str
    sentence: str  # since when, how many, worth what, why, and what to do; empty when nothing is held back
    next_step: str
    progress: str
    touches: Group
    history: Sequence[Row[Any]] = ()


def seen_incidents(
    services: Services, stores: Sequence[str], *, state: str = "open", limit: int = 100
) -> list[IncidentOverview]:
    """The incidents of these shops, worst first."""
    with services.ledger.read() as connection:
        found = incidents_of(connection, stores, state=state, limit=limit)
        return _described(services, connection, found)


def seen_incident(services: Services, stores: Sequence[str], incident_id: int) -> IncidentOverview | None:
    """One incident with its history; None when these shops have no such one."""
    with services.ledger.read() as connection:
        found = incident_of(connection, stores, incident_id)
        if found is None:
            return None
        described = _described(services, connection, [found])[0]
        history = events_of_incident(connection, found.row)
    return replace(described, history=history)


def _described(services: Services, connection: Connection, found: Sequence[IncidentRow]) -> list[IncidentOverview]:
    now = services.clock.now()

    @cache
    def book(store: str) -> TouchBook:
        return open_book(connection, store, now)

    made = []
    for one in found:
        cause, store = one.row.cause, one.row.store
        cause_key, subject_key = (
            (cause, one.row.subject) if _remedy(one) is Remedy.FIX_THEN_RETRY else ("unexplained", "")
        )
        touches = book(store).group(cause_key, subject_key, now, None) if _remedy(one) in TOUCHED else Group()
        shop, row = services.shop(store), row_of(connection, store)
        effect = TouchEffect(row.touch)
        title, next_step = words(cause, shop.locale)
        made.append(
            IncidentOverview(
                incident=one,
                title=title,
                sentence=sentence_on(one, shop, row, now),
                next_step=next_step,
                progress=_progress(one, touches, effect, book(store)),
                touches=touches,
            )
        )
    return made


def _remedy(one: IncidentRow) -> Remedy:
    return remedy_of(one.row.cause, one.certainty)


def _progress(one: IncidentRow, touches: Group, effect: TouchEffect, book: TouchBook) -> str:
    row = one.row
    if row.progress or row.state == "resolved":
        return str(row.progress or "Resolved: nothing is held back any more.")
    if effect is TouchEffect.NO_EFFECT and _remedy(one) in TOUCHED:
        return "This connector does not react to a touch: use Mortar's resync order on these orders."
    if touches.arrived:
        return (
            f"{touches.arrived} arrived after a touch, {touches.outstanding} on their way, {one.orders} not closed yet."
        )
    if touches.outstanding:
        return "One order was touched first; the others follow once it has arrived."
    if touches.not_arrived or (row.fixed_at and not book.said_fixed(row.cause, row.subject)):
        return "Not fixed yet: the order that was touched first has not arrived."
    return f"Said to be fixed by {row.fixed_by}: one order is touched first." if row.fixed_at else ""
