"""The pages on deliveries: the inbox, one delivery with its reduced order, and the replay of parked ones."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from reconcile import people
from reconcile.inbox import MENTION_TOPICS, ORDER_TOPICS
from reconcile.ledger.queries import order_of
from reconcile.ledger.queries_inbox import deliveries_page, delivery_of
from reconcile.privacy import PRIVACY_TOPICS
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import my_stores, page, pages

SHOWN = 50
STATES = ("received", "folded", "parked")
TOPICS = tuple(sorted({*ORDER_TOPICS, *MENTION_TOPICS, *PRIVACY_TOPICS, "app/uninstalled"}))
LARGEST_ID = 2**63


@pages.get("/deliveries")
@page()
def deliveries() -> ResponseReturnValue:
    """The inbox, newest first."""
    given: dict[str, Any] = {name: request.args.get(name) or None for name in ("state", "topic", "cursor")}
    chosen = request.args.get("store")
    stores = [store for store in my_stores() if chosen in (None, "", store)]
    number = request.args.get("order", "").strip()
    with current_services().ledger.read() as connection:
        found = deliveries_page(connection, stores, order=number or None, limit=SHOWN, **given)
    wanted = {**given, "store": chosen or None, "order": number or None}
    return render_template("deliveries.html", found=found, wanted=wanted, states=STATES, topics=TOPICS)


@pages.get("/deliveries/<int:delivery_id>")
@page()
def delivery(delivery_id: int) -> ResponseReturnValue:
    """One delivery: when, what, what became of it, and the order it told of without the buyer."""
    with current_services().ledger.read() as connection:
        row = delivery_of(connection, my_stores(), delivery_id) if delivery_id < LARGEST_ID else None
        if row is None:
            raise NotFound(_("There is no such delivery, or it is not of a shop of your token."))
        order = order_of(connection, row.store, row.order_id) if row.order_id else None
    return render_template("delivery.html", row=row, order=order)


@pages.post("/deliveries/<int:delivery_id>/replay")
@page("operator")
def replay(delivery_id: int) -> ResponseReturnValue:
    """Fold a parked delivery again."""
    if delivery_id >= LARGEST_ID:
        raise NotFound(_("There is no such delivery, or it is not of a shop of your token."))
    people.replay(current_services(), caller().name, my_stores(), delivery_id)
    wake_workers()
    flash(_("The delivery is folded again."))
    return redirect(url_for("pages.deliveries", state="parked"), 303)
