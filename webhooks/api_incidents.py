"""The API on incidents: what is held back by what, and what a person says of it."""

from typing import Any

from werkzeug.exceptions import NotFound

from reconcile import people, support
from reconcile.incident_overview import IncidentOverview, seen_incident, seen_incidents
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.routes import ID, Part, seen_stores
from webhooks.schemas import IncidentsQuery, LocaleQuery, NoteBody
from webhooks.schemas_more import IncidentDetail, IncidentsAnswer

part = Part("incidents", "Open cases, grouped by what they have in common.")
ONE = f"/incidents/<{ID}:incident_id>"


@part.get("/incidents", IncidentsAnswer, query=IncidentsQuery)
def list_incidents(given: dict[str, Any]) -> dict[str, Any]:
    """Incidents, the one that holds back most first."""
    stores = seen_stores(given.get("store"))
    found = seen_incidents(current_services(), stores, state=given["state"], limit=given["limit"])
    return {"items": [_shown(one) for one in found]}


@part.get(ONE, IncidentDetail)
def one_incident(incident_id: int) -> dict[str, Any]:
    """One incident with its history."""
    return _incident(incident_id)


@part.get(f"{ONE}/support", query=LocaleQuery)
def support_report(given: dict[str, Any], incident_id: int) -> dict[str, Any]:
    """A report for the connector's support on all of its orders; in the shop's language, or `locale`."""
    services, store = current_services(), _seen(incident_id).incident.row.store
    with services.ledger.read() as connection:
        made = support.incident_report(connection, services, store, incident_id, given.get("locale"))
    if made is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return made.to_json()


@part.write("POST", f"{ONE}/acknowledge", IncidentDetail)
def acknowledge(incident_id: int) -> dict[str, Any]:
    """Somebody looks after it."""
    people.acknowledge(current_services(), caller().name, seen_stores(), incident_id)
    return _incident(incident_id)


@part.write("POST", f"{ONE}/note", IncidentDetail, body=NoteBody)
def write_note(given: dict[str, Any], incident_id: int) -> dict[str, Any]:
    """Leave a note for the next person."""
    people.note(current_services(), caller().name, seen_stores(), incident_id, given["note"])
    return _incident(incident_id)


@part.write("POST", f"{ONE}/fixed", IncidentDetail, status=202)
def say_fixed(incident_id: int) -> dict[str, Any]:
    """The cause has been fixed: one order goes first, the others once that one has arrived."""
    people.say_fixed(current_services(), caller().name, seen_stores(), incident_id)
    wake_workers()
    return _incident(incident_id)


def _incident(incident_id: int) -> dict[str, Any]:
    found = _seen(incident_id)
    return _shown(found) | {"events": found.history}


def _seen(incident_id: int) -> IncidentOverview:
    found = seen_incident(current_services(), seen_stores(), incident_id)
    if found is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return found


def _shown(one: IncidentOverview) -> dict[str, Any]:
    return {
        **one.incident.row._mapping,
        "title": one.title,
        "sentence": one.sentence,
        "orders": one.incident.orders,
        "value_at_risk": one.incident.at_risk,
        "next_step": one.next_step,
        "progress": one.progress,
        "touches": one.touches,
        "sample": one.incident.sample,
    }
