"""The pages on orders: the list, and one order with both sides, what was found, what was decided, and what one may do."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, Row
from werkzeug.exceptions import BadRequest, NotFound

from reconcile import codec, people
from reconcile.ledger.queries import SORTS, OrderFilter, actions_of, counted, events_of, order_of, orders_page
from reconcile.ledger.queries_activity import deliveries_of, views_of
from reconcile.ledger.queries_checks import checks_of
from reconcile.model import Decision, Discrepancy, Finding
from reconcile.pos.stored import sale_from_json
from reconcile.shopify.stored import order_from_json
from reconcile.side_by_side import side_by_side
from reconcile.support import report
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.languages import marked
from webhooks.page_session import my_store, my_stores, page, pages
from webhooks.page_words import moment
from webhooks.timeline import timeline
from webhooks.wanted import asked, filter_from, sort_from

SHOWN = 25
COUNTED = 1_000  # of each standing: more is said to be "1000+"
LONGEST_HOLD_H = 24 * 60
READY_MADE = (
    (marked("Need a person"), {"state": "needs_person"}), (marked("Missing"), {"standing": "missing"}),
    (marked("Pending"), {"standing": "pending"}), (marked("Differ"), {"standing": "differs"}),
    (marked("Being touched"), {"state": "retrying"}), (marked("Held"), {"state": "held"}),
)  # fmt: skip


@pages.get("/orders")
@page()
def order_list() -> ResponseReturnValue:
    """The orders that the address asks for, newest first unless it says otherwise."""
    wanted, sort, stores = filter_from(request.args), sort_from(request.args), my_stores()
    with current_services().ledger.read() as connection:
        cursor = request.args.get("cursor")
        found = orders_page(connection, stores, wanted, limit=SHOWN, cursor=cursor, sort=sort)
        older = _named(connection, stores, wanted.q) if wanted.q and not found.rows and not cursor else []
        # Counting what a text is found in would read every order there is.
        counts = {} if wanted.q else counted(connection, stores, wanted, COUNTED)
        kept = [(row.name, dict(parse_qsl(row.query))) for row in views_of(connection, caller().name)]
    return render_template(
        "orders.html", found=found, older=older, wanted=asked(request.args), stores=stores, counts=counts, most=COUNTED,
        sort=sort, sorts=list(SORTS), kept=kept, ready_made=READY_MADE,
    )  # fmt: skip


def _named(connection: Connection, stores: list[str], name: str) -> list[Row[Any]]:
    """The orders of exactly this name, of all time."""
    names = (name, f"#{name}")
    return [row for one in names for row in orders_page(connection, stores, OrderFilter(name=one), limit=SHOWN).rows]


@pages.get("/orders/<store>/<int:order_id>")
@page()
def one_order(store: str, order_id: int) -> ResponseReturnValue:
    """One order with everything the ledger holds of it."""
    with current_services().ledger.read() as connection:
        row = _row(connection, store, order_id)
        made = report(connection, current_services(), store, order_id)
        touches = actions_of(connection, store, order_id)
        told = deliveries_of(connection, store, order_id)
        history = timeline(events_of(connection, store, order_id), told, touches)
        checks = [one for one in checks_of(connection, store) if one.result not in ("pass", "does_not_apply")]
    return render_template(
        "order.html", row=row, history=history, touches=touches, report=made, checks=checks, **_read(row)
    )


def _row(connection: Connection, store: str, order_id: int) -> Row[Any]:
    row = order_of(connection, my_store(store), order_id) if order_id < 2**63 else None
    if row is None:
        raise NotFound(_("There is no such order, or it is not of a shop of your token."))
    return row


def _read(row: Row[Any]) -> dict[str, Any]:
    order = order_from_json(row.body)
    sales = [sale_from_json(stored) for stored in row.sales]
    titles = {line.sku.casefold(): line.title for line in order.lines if line.sku}
    return {
        "titles": titles,
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


@pages.post("/orders/<store>/<int:order_id>/look")
@page("operator")
def look_at_order(store: str, order_id: int) -> ResponseReturnValue:
    """Read both sides again now."""
    people.look_now(current_services(), caller().name, my_store(store), order_id)
    return _done(store, order_id, _("It is looked at now; what is seen appears here."))


@pages.post("/orders/<store>/<int:order_id>/requeue")
@page("operator")
def requeue_order(store: str, order_id: int) -> ResponseReturnValue:
    """Look at it now and decide again, in this person's name."""
    people.requeue(current_services(), caller().name, my_store(store), order_id)
    return _done(store, order_id, _("Re-queued: it is looked at now."))


@pages.post("/orders/<store>/<int:order_id>/hold")
@page("operator")
def hold_order(store: str, order_id: int) -> ResponseReturnValue:
    """Leave it alone for a number of hours."""
    hours = request.form.get("hours", type=int) or 0
    if not 0 < hours <= LONGEST_HOLD_H:
        raise BadRequest(_("Hold it for 1 to %(hours)s hours.", hours=LONGEST_HOLD_H))
    until = current_services().clock.now() + timedelta(hours=hours)
    people.hold(current_services(), caller().name, my_store(store), order_id, until)
    return _done(store, order_id, _("Held until %(until)s.", until=moment(until, store)))


@pages.post("/orders/<store>/<int:order_id>/dismiss")
@page("operator")
def dismiss_order(store: str, order_id: int) -> ResponseReturnValue:
    """Close the case for good, with a reason."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        raise BadRequest(_("Say why the case is closed."))
    by_hand = "by_hand" in request.form
    people.dismiss(current_services(), caller().name, my_store(store), order_id, reason, by_hand=by_hand)
    return _done(store, order_id, _("The case is closed."))


def _done(store: str, order_id: int, text: str) -> ResponseReturnValue:
    wake_workers()
    flash(text)
    return redirect(url_for("pages.one_order", store=store, order_id=order_id), 303)
