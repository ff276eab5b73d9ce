"""The pages on re-queueing many orders: what it would do, then doing it, then how each order fares."""

from collections import Counter

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from reconcile import people
from reconcile.ledger.queries import OrderFilter
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import my_stores, page, pages
from webhooks.wanted import asked, filter_from

Key = tuple[str, int]
MOST_REASONS = 5


@pages.post("/requeue")
@page("operator")
def preview_requeue() -> ResponseReturnValue:
    """What would be re-queued; nothing is changed yet."""
    wanted = _wanted()
    seen = people.preview(current_services(), my_stores(), wanted)
    chosen = request.form.getlist("order") if not isinstance(wanted, OrderFilter) else []
    return render_template("requeue.html", seen=seen, chosen=chosen, wanted=asked(request.form))


@pages.post("/requeue/confirmed")
@page("operator")
def requeue_all() -> ResponseReturnValue:
    """Re-queue what the page before showed."""
    batch_id = people.requeue_many(current_services(), caller().name, my_stores(), _wanted())
    wake_workers()
    return redirect(url_for("pages.batch", batch_id=batch_id), 303)


def _wanted() -> OrderFilter | list[Key]:
    """The orders that were ticked, or all that the filter names."""
    if "all" in request.form:
        return filter_from(request.form)
    keys = [_key(text) for text in request.form.getlist("order")]
    if not keys:
        raise BadRequest(_("Tick at least one order."))
    return keys


def _key(text: str) -> Key:
    store, _slash, number = text.rpartition("/")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise BadRequest(_("%(key)s names no order.", key=text[:40]))
    return store, int(number)


@pages.get("/batches/<batch_id>")
@page()
def batch(batch_id: str) -> ResponseReturnValue:
    """How each order of a re-queue fares."""
    seen = people.progress_of(current_services(), my_stores(), batch_id)
    reasons = Counter(item.reason for item in seen.items if item.result == "skipped")
    return render_template("batch.html", batch=seen, reasons=reasons.most_common(MOST_REASONS))


@pages.post("/batches/<batch_id>/cancel")
@page("operator")
def cancel_batch(batch_id: str) -> ResponseReturnValue:
    """Cancel what still waits."""
    people.cancel_batch(current_services(), caller().name, my_stores(), batch_id)
    flash(_("What still waited is cancelled."))
    return redirect(url_for("pages.batch", batch_id=batch_id), 303)
