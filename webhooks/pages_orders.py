"""The pages on orders: the list, and one order with both sides, what was found, what was decided, and what one may do."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Row
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, NotFound

from reconcile import codec, people
from reconcile.ledger.queries import OrderFilter, actions_of, events_of, order_of, orders_page
from reconcile.model import Decision, Discrepancy, Finding
from reconcile.pos.stored import sale_from_json
from reconcile.rules import catalogue
from reconcile.shopify.stored import order_from_json
from reconcile.side_by_side import side_by_side
from reconcile.support import report
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.page_session import my_store, my_stores, page, pages

SHOWN = 25
TEXT_PARTS = ("store", "standing", "cause", "subject", "state", "q")
LONGEST_HOLD_H = 24 * 60


@pages.get("/orders")
@page()
def order_list() -> ResponseReturnValue:
    """The orders that the address asks for, newest first."""
    wanted = filter_from(request.args)
    with current_services().ledger.read() as connection:
        found = orders_page(connection, my_stores(), wanted, limit=SHOWN, cursor=request.args.get("cursor"))
    return render_template(
        "orders.html", found=found, wanted=asked(request.args), stores=my_stores(), causes=list(catalogue())
    )


def filter_from(given: MultiDict[str, str]) -> OrderFilter:
    """The filter in an address or a form; `until` is a day that is still included."""
    parts = asked(given)
    since, until = (_day(parts.get(name), name) for name in ("since", "until"))
    texts = {name: parts.get(name) for name in TEXT_PARTS}
    return OrderFilter(**texts, since=since, until=until + timedelta(days=1) if until else None)


def asked(given: MultiDict[str, str]) -> dict[str, str]:
    """The parts of the filter that say something."""
    parts = {name: given.get(name, "").strip() for name in (*TEXT_PARTS, "since", "until")}
    return {name: text for name, text in parts.items() if text}


def _day(text: str | None, name: str) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), UTC) if text else None
    except ValueError:
        raise BadRequest(f"{name}: write a day, such as 2026-11-02.") from None


@pages.get("/orders/<store>/<int:order_id>")
@page()
def one_order(store: str, order_id: int) -> ResponseReturnValue:
    """One order with everything the ledger holds of it."""
    with current_services().ledger.read() as connection:
        row = _row(connection, store, order_id)
        made = report(connection, current_services(), store, order_id)
        history = events_of(connection, store, order_id)
        touches = actions_of(connection, store, order_id)
    return render_template("order.html", row=row, history=history, touches=touches, report=made, **_read(row))


def _row(connection: Connection, store: str, order_id: int) -> Row[Any]:
    row = order_of(connection, my_store(store), order_id) if order_id < 2**63 else None
    if row is None:
        raise NotFound("There is no such order, or it is not of a shop of your token.")
    return row


def _read(row: Row[Any]) -> dict[str, Any]:
    order = order_from_json(row.body)
    sales = [sale_from_json(stored) for stored in row.sales]
    return {
        "order": order,
        "sales": sales,
        "sides": side_by_side(order, sales),
        "differences": [codec.from_json(Discrepancy, stored) for stored in row.discrepancies],
        "findings": [codec.from_json(Finding, stored) for stored in row.findings],
        "decision": codec.from_json(Decision, row.decision) if row.decision else None,
        "shop": current_services().shop(row.store),
    }


@pages.get("/orders/<store>/<int:order_id>/support.txt")
@page()
def support_text(store: str, order_id: int) -> ResponseReturnValue:
    """The report for the connector's support, to copy or to keep."""
    locale = request.args.get("locale") or None
    with current_services().ledger.read() as connection:
        _row(connection, store, order_id)
        made = report(connection, current_services(), store, order_id, locale)
    return Response(made.text if made else "", content_type="text/plain; charset=utf-8")


# --- what one may do ------------------------------------------------------------------------------------------------


@pages.post("/orders/<store>/<int:order_id>/requeue")
@page("operator")
def requeue_order(store: str, order_id: int) -> ResponseReturnValue:
    """Look at it now and decide again, in this person's name."""
    people.requeue(current_services(), caller().name, my_store(store), order_id)
    return _done(store, order_id, "Re-queued: it is looked at now.")


@pages.post("/orders/<store>/<int:order_id>/hold")
@page("operator")
def hold_order(store: str, order_id: int) -> ResponseReturnValue:
    """Leave it alone for a number of hours."""
    hours = request.form.get("hours", type=int) or 0
    if not 0 < hours <= LONGEST_HOLD_H:
        raise BadRequest(f"Hold it for 1 to {LONGEST_HOLD_H} hours.")
    until = current_services().clock.now() + timedelta(hours=hours)
    people.hold(current_services(), caller().name, my_store(store), order_id, until)
    return _done(store, order_id, f"Held until {until:%Y-%m-%d %H:%M} UTC.")


@pages.post("/orders/<store>/<int:order_id>/dismiss")
@page("operator")
def dismiss_order(store: str, order_id: int) -> ResponseReturnValue:
    """Close the case for good, with a reason."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        raise BadRequest("Say why the case is closed.")
    by_hand = "by_hand" in request.form
    people.dismiss(current_services(), caller().name, my_store(store), order_id, reason, by_hand=by_hand)
    return _done(store, order_id, "The case is closed.")


def _done(store: str, order_id: int, text: str) -> ResponseReturnValue:
    wake_workers()
    flash(text)
    return redirect(url_for("pages.one_order", store=store, order_id=order_id), 303)
