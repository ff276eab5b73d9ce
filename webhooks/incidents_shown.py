"""Incidents in the language of the person who reads them."""

from collections.abc import Sequence
from dataclasses import replace

from reconcile.incident_overview import IncidentOverview, seen_incident, seen_incidents
from reconcile.incident_words import sentence_on, words
from reconcile.shops import row_of
from webhooks.current import current_services
from webhooks.page_words import language_of


def shown_incidents(stores: Sequence[str], state: str = "open") -> list[IncidentOverview]:
    """The incidents of these shops, worst first."""
    return [_in_words(one) for one in seen_incidents(current_services(), stores, state=state)]


def shown_incident(stores: Sequence[str], incident_id: int) -> IncidentOverview | None:
    """One incident with its history; None when these shops have no such one."""
    found = seen_incident(current_services(), stores, incident_id) if incident_id < 2**63 else None
    return _in_words(found) if found is not None else None


def _in_words(one: IncidentOverview) -> IncidentOverview:
    services, store = current_services(), one.incident.row.store
    shop, locale = services.shop(store), language_of(store)
    if locale == shop.locale:
        return one
    with services.ledger.read() as connection:
        row = row_of(connection, store)
    title, next_step = words(one.incident.row.cause, locale)
    sentence = sentence_on(one.incident, replace(shop, locale=locale), row, services.clock.now())
    return replace(one, title=title, next_step=next_step, sentence=sentence)
