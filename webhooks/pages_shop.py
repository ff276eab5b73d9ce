"""The pages on a shop: incidents, the checklist, the statement, the inbox, and its stop switch."""

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, NotFound

from reconcile import people
from reconcile.incident_overview import seen_incident
from reconcile.ledger.queries_inbox import deliveries_page
from reconcile.ledger.tables import checks
from reconcile.shops import row_of
from reconcile.statement import MEASURES, statement
from reconcile.support import incident_report
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.page_session import my_store, my_stores, page, pages

SHOWN = 50
WEEK = timedelta(days=6)
LONGEST_STATEMENT = timedelta(days=92)
DELIVERY_STATES = ("received", "folded", "parked")


@pages.get("/incidents/<int:incident_id>")
@page()
def incident(incident_id: int) -> ResponseReturnValue:
    """What one cause holds back, what to do about it, and how far that has come."""
    services = current_services()
    seen = seen_incident(services, my_stores(), incident_id) if incident_id < 2**63 else None
    if seen is None:
        raise NotFound("There is no such incident, or it is not of a shop of your token.")
    with services.ledger.read() as connection:
        made = incident_report(connection, services, seen.incident.row.store, incident_id)
    return render_template("incident.html", seen=seen, row=seen.incident.row, report=made)


@pages.get("/incidents/<int:incident_id>/support.txt")
@page()
def incident_text(incident_id: int) -> ResponseReturnValue:
    """The report for the connector's support on all orders of an incident."""
    services, locale = current_services(), request.args.get("locale") or None
    seen = seen_incident(services, my_stores(), incident_id) if incident_id < 2**63 else None
    if seen is None:
        raise NotFound("There is no such incident, or it is not of a shop of your token.")
    with services.ledger.read() as connection:
        made = incident_report(connection, services, seen.incident.row.store, incident_id, locale)
    return Response(made.text if made else "", content_type="text/plain; charset=utf-8")


@pages.post("/incidents/<int:incident_id>/acknowledge")
@page("operator")
def acknowledge(incident_id: int) -> ResponseReturnValue:
    """Somebody looks after it."""
    people.acknowledge(current_services(), caller().name, my_stores(), incident_id)
    return _of_incident(incident_id, "Acknowledged.")


@pages.post("/incidents/<int:incident_id>/fixed")
@page("operator")
def fixed(incident_id: int) -> ResponseReturnValue:
    """A person says that the cause is gone: one order is touched first."""
    people.say_fixed(current_services(), caller().name, my_stores(), incident_id)
    wake_workers()
    return _of_incident(incident_id, "Noted. Its orders are looked at now; one is released first.")


@pages.post("/incidents/<int:incident_id>/note")
@page("operator")
def note(incident_id: int) -> ResponseReturnValue:
    """What the next person should know."""
    text = request.form.get("text", "").strip()[:2000]
    if not text:
        raise BadRequest("The note is empty.")
    people.note(current_services(), caller().name, my_stores(), incident_id, text)
    return _of_incident(incident_id, "The note is kept.")


def _of_incident(incident_id: int, text: str) -> ResponseReturnValue:
    flash(text)
    return redirect(url_for("pages.incident", incident_id=incident_id), 303)


@pages.get("/checks/<store>")
@page()
def checklist(store: str) -> ResponseReturnValue:
    """The connector's checklist, as it was last walked."""
    with current_services().ledger.read() as connection:
        query = select(checks).where(checks.c.store == my_store(store)).order_by(checks.c.position)
        rows, shop_row = connection.execute(query).all(), row_of(connection, store)
    return render_template("checks.html", store=store, rows=rows, shop_row=shop_row)


@pages.post("/checks/<store>")
@page("operator")
def check_again(store: str) -> ResponseReturnValue:
    """Walk the checklist now."""
    people.check_now(current_services(), caller().name, my_store(store))
    wake_workers()
    flash("The set-up is checked now; look again in a moment.")
    return redirect(url_for("pages.checklist", store=store), 303)


@pages.post("/stores/<store>/stop")
@page("operator")
def stop(store: str) -> ResponseReturnValue:
    """Nothing more is written for this shop."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        raise BadRequest("Say why the shop is stopped.")
    people.stop_store(current_services(), caller().name, my_store(store), reason)
    flash(f"{store} is stopped: from now on everything is only recorded.")
    return redirect(url_for("pages.front"), 303)


@pages.post("/stores/<store>/release")
@page("operator")
def release(store: str) -> ResponseReturnValue:
    """Take the stop away."""
    people.release(current_services(), caller().name, my_store(store))
    wake_workers()
    flash(f"{store} is released.")
    return redirect(url_for("pages.front"), 303)


@pages.get("/statement/<store>")
@page()
def shop_statement(store: str) -> ResponseReturnValue:
    """What Shopify sold and what the POS has, day by day."""
    services = current_services()
    today = services.clock.now().date()
    until = _day("until", today)
    since = _day("since", until - WEEK)
    if not timedelta() <= until - since <= LONGEST_STATEMENT:
        raise BadRequest(f"A statement covers 1 to {LONGEST_STATEMENT.days} days.")
    with services.ledger.read() as connection:
        days = statement(connection, services.shop(my_store(store)), since, until)
    return render_template("statement.html", store=store, days=days[::-1], since=since, until=until, measures=MEASURES)


def _day(name: str, usual: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name) or usual.isoformat())
    except ValueError:
        raise BadRequest(f"{name}: write a day, such as 2026-11-02.") from None


@pages.get("/deliveries")
@page()
def deliveries() -> ResponseReturnValue:
    """The inbox, newest first."""
    given: dict[str, Any] = {name: request.args.get(name) or None for name in ("state", "topic", "cursor")}
    with current_services().ledger.read() as connection:
        found = deliveries_page(connection, my_stores(), limit=SHOWN, **given)
    return render_template("deliveries.html", found=found, wanted=given, states=DELIVERY_STATES)


@pages.post("/deliveries/<int:delivery_id>/replay")
@page("operator")
def replay(delivery_id: int) -> ResponseReturnValue:
    """Fold a parked delivery again."""
    if delivery_id >= 2**63:
        raise NotFound("There is no such delivery.")
    people.replay(current_services(), caller().name, my_stores(), delivery_id)
    wake_workers()
    flash("The delivery is folded again.")
    return redirect(url_for("pages.deliveries", state="parked"), 303)
