"""Incidents as people read them: what is held back, what to do next, and how far it has come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row

from reconcile.config import Shop
from reconcile.decide import Group
from reconcile.incident_words import Told, sentence
from reconcile.incidents import WEBHOOKS_LOST
from reconcile.ledger.queries_incidents import IncidentRow, events_of_incident, incident_of, incidents_of
from reconcile.model import Certainty, Remedy, TouchEffect
from reconcile.rules import catalogue
from reconcile.services import Services
from reconcile.shops import row_of, zone_of
from reconcile.touches import TouchBook, open_book

NO_RULE = {
    "en": "Open the orders and send their support report to the connector's support.",
    "fr": "Ouvrez les commandes et envoyez leur rapport au support du connecteur.",
}
LOST = {
    "en": "Shopify's webhooks do not reach this service: check its public address, then run"
    " `flask --app webhooks.app webhooks register`.",
    "fr": "Les webhooks de Shopify n'arrivent pas ici : vérifiez l'adresse publique, puis lancez"
    " `flask --app webhooks.app webhooks register`.",
}
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
            (cause, one.row.subject) if _remedy(cause) is Remedy.FIX_THEN_RETRY else ("unexplained", "")
        )
        touches = book(store).group(cause_key, subject_key, now, None) if _remedy(cause) in TOUCHED else Group()
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


def sentence_on(one: IncidentRow, shop: Shop, row: Row[Any], now: datetime) -> str:
    """The sentence on an incident in the language and on the clock of its shop, whose row in the ledger this is."""
    told = Told(
        cause=one.row.cause, subject=one.row.subject, since=one.row.since, now=now, orders=one.orders,
        at_risk=one.at_risk, standings=one.standings, certainty=Certainty(one.certainty) if one.certainty else None,
    )  # fmt: skip
    return sentence(told, shop.locale, zone_of(shop, row))


def _remedy(cause: str) -> Remedy:
    rule = catalogue().get(cause)
    return rule.remedy if rule else Remedy.NONE


def words(cause: str, locale: str) -> tuple[str, str]:
    """Title and next step in the shop's language."""
    rule = catalogue().get(cause)
    if cause == WEBHOOKS_LOST:
        return ("Des webhooks se perdent" if locale == "fr" else "Webhooks are lost"), LOST[locale]
    if rule is None:
        return cause, NO_RULE[locale]
    title, fix = (rule.title_fr, rule.fix_fr) if locale == "fr" else (rule.title, rule.fix)
    return title, fix or NO_RULE[locale]


def _progress(one: IncidentRow, touches: Group, effect: TouchEffect, book: TouchBook) -> str:
    row = one.row
    if row.progress or row.state == "resolved":
        return str(row.progress or "Resolved: nothing is held back any more.")
    if effect is TouchEffect.NO_EFFECT and _remedy(row.cause) in TOUCHED:
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
