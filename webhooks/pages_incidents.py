"""The pages on incidents: what one cause holds back, what to do about it, and whether that worked."""

from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Row
from werkzeug.exceptions import BadRequest, NotFound

from reconcile import people
from reconcile.incident_overview import IncidentOverview
from reconcile.inferred import inferred
from reconcile.ledger.queries_checks import checks_of
from reconcile.ledger.queries_measures import arrived_of_incident
from reconcile.shops import declared_of, row_of
from reconcile.stock import StockLine, wrong_stock
from reconcile.support import incident_report
from webhooks import tokens
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.incidents_shown import shown_incident, shown_incidents
from webhooks.languages import gettext as _
from webhooks.page_session import my_stores, page, pages
from webhooks.page_words import evidence_of, then_of
from webhooks.timeline import timeline

STATES = ("open", "resolved", "all")
LONGEST_NOTE = 2000
STOCK_OF = 200  # orders whose lines are read for the stock affected


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far an incident's orders have come."""

    arrived: int
    on_their_way: int
    held_back: int

    @property
    def total(self) -> int:
        return self.arrived + self.held_back


@pages.get("/incidents")
@page()
def incident_list() -> ResponseReturnValue:
    """Every incident, worst first."""
    wanted = request.args.get("state", "open")
    state = wanted if wanted in STATES else "open"
    return render_template("incidents.html", incidents=shown_incidents(my_stores(), state), state=state, states=STATES)


@pages.get("/incidents/<int:incident_id>")
@page()
def incident(incident_id: int) -> ResponseReturnValue:
    """What one cause holds back, what to do about it, and how far that has come."""
    seen = _seen(incident_id)
    row, services = seen.incident.row, current_services()
    with services.ledger.read() as connection:
        made = incident_report(connection, services, row.store, incident_id)
        course = Course(
            arrived=arrived_of_incident(connection, row), on_their_way=seen.touches.outstanding, held_back=seen.incident.orders
        )  # fmt: skip
        shown = {
            "checks": _checks(connection, row),
            "switch": _switch(connection, row),
            "stock": _stock(connection, row),
        }
    return render_template(
        "incident.html", seen=seen, row=row, report=made, course=course, names=_names(row.store),
        history=timeline(seen.history), stock_of=STOCK_OF,
        then=then_of(row.cause, row.store), evidence=evidence_of(row.cause, row.store), **shown,
    )  # fmt: skip


def _seen(incident_id: int) -> IncidentOverview:
    seen = shown_incident(my_stores(), incident_id)
    if seen is None:
        raise NotFound(_("There is no such incident, or it is not of a shop of your token."))
    return seen


def _checks(connection: Connection, row: Row[Any]) -> list[Row[Any]]:
    """The lines of the checklist that speak of the same thing, and every one that fails."""
    found = checks_of(connection, row.store)
    return [one for one in found if one.result in ("fail", "warning") or (row.subject and row.subject in one.title)]


def _switch(connection: Connection, row: Row[Any]) -> Any:
    """What is declared of the setting that the incident is about, and what the orders show of it."""
    services = current_services()
    shop, shop_row = services.shop(row.store), row_of(connection, row.store)
    declared = declared_of(services, row.store, shop_row)
    found = inferred(connection, shop, shop_row, declared, services.clock.now())
    return next((one for one in found if row.subject and row.subject in (one.setting, one.value)), None)


def _stock(connection: Connection, row: Row[Any]) -> list[StockLine]:
    """The units that its first orders keep the POS from deducting, or made it deduct too often."""
    if row.state == "resolved":
        return []
    return wrong_stock(connection, row.store, row.cause, row.subject, STOCK_OF)


def _names(store: str) -> list[str]:
    """Who may look after something of this shop."""
    now = current_services().clock.now()
    valid = [token for token in tokens.listed(current_services()) if token.is_valid(now)]
    return sorted({token.name for token in valid if not token.stores or store in token.stores})


@pages.get("/incidents/<int:incident_id>/support.txt")
@page()
def incident_text(incident_id: int) -> ResponseReturnValue:
    """The report for the connector's support on all orders of an incident."""
    services, locale, seen = current_services(), request.args.get("locale") or None, _seen(incident_id)
    with services.ledger.read() as connection:
        made = incident_report(connection, services, seen.incident.row.store, incident_id, locale)
    return Response(made.text if made else "", content_type="text/plain; charset=utf-8")


@pages.post("/incidents/<int:incident_id>/acknowledge")
@page("operator")
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Somebody looks after it."""
    people.acknowledge(current_services(), caller().name, my_stores(), incident_id)
    return _of_incident(incident_id, _("Acknowledged."))


@pages.post("/incidents/<int:incident_id>/assign")
@page("operator")
def assign(incident_id: int) -> ResponseReturnValue:
    """Somebody else looks after it."""
    to = request.form.get("given_to", "").strip()[:128]
    if not to:
        raise BadRequest(_("Say who looks after it."))
    people.assign(current_services(), caller().name, my_stores(), incident_id, to)
    return _of_incident(incident_id, _("%(who)s looks after it.", who=to))


@pages.post("/incidents/<int:incident_id>/fixed")
@page("operator")
def fixed(incident_id: int) -> ResponseReturnValue:
    """A person says that the cause is gone: the set-up is checked at once, and one order is touched first."""
    people.say_fixed(current_services(), caller().name, my_stores(), incident_id)
    people.check_now(current_services(), caller().name, _seen(incident_id).incident.row.store)
    wake_workers()
    return _of_incident(
        incident_id, _("Noted. The set-up and the orders are looked at now; one order is released first.")
    )


@pages.post("/incidents/<int:incident_id>/note")
@page("operator")
def note(incident_id: int) -> ResponseReturnValue:
    """What the next person should know."""
    text = request.form.get("text", "").strip()[:LONGEST_NOTE]
    if not text:
        raise BadRequest(_("The note is empty."))
    people.note(current_services(), caller().name, my_stores(), incident_id, text)
    return _of_incident(incident_id, _("The note is kept."))


def _of_incident(incident_id: int, text: str) -> ResponseReturnValue:
    flash(text)
    return redirect(url_for("pages.incident", incident_id=incident_id), 303)
