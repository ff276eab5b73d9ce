"""What a person takes from a list of orders: a spreadsheet of it, or its filter under a name."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from reconcile.ledger.queries import OrderFilter, orders_page
from reconcile.ledger.queries_activity import drop_view, keep_view
from webhooks.auth import caller
from webhooks.current import current_services
from webhooks.languages import gettext as _
from webhooks.page_session import my_stores, page, pages
from webhooks.plain import moment
from webhooks.wanted import asked, filter_from, sort_from

AT_ONCE = 1_000
MOST_ROWS = 100_000  # of one spreadsheet
LONGEST_NAME = 64
COLUMNS = (
    "store", "order_id", "name", "standing", "cause", "certainty", "case_state", "total", "currency", "created_at",
    "eligible_at", "arrived_at", "looked_at", "touches",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: the name of an order is a buyer's or an app's to choose."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


@pages.get("/orders.csv")
@page()
def orders_csv() -> ResponseReturnValue:
    """Every order of the filter, in the order of the list."""
    rows = _lines(my_stores(), filter_from(request.args), sort_from(request.args))
    headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
    return Response(stream_with_context(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _lines(stores: list[str], wanted: OrderFilter, sort: str) -> Iterator[str]:
    ledger = current_services().ledger
    yield _line(COLUMNS)
    cursor, written = None, 0
    while written < MOST_ROWS:
        with ledger.read() as connection:  # one page each: no transaction stays open as long as somebody downloads
            found = orders_page(connection, stores, wanted, limit=AT_ONCE, cursor=cursor, sort=sort)
        yield "".join(_line([_cell(getattr(row, name)) for name in COLUMNS]) for row in found.rows)
        written += len(found.rows)
        cursor = found.next
        if cursor is None:
            return


def _cell(value: object) -> str:
    return moment(value) if isinstance(value, datetime) else as_text(value)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


@pages.post("/views")
@page()
def keep_list() -> ResponseReturnValue:
    """Keep the filter in force under a name."""
    name = request.form.get("name", "").strip()[:LONGEST_NAME]
    if not name:
        raise BadRequest(_("Give the list a name."))
    wanted: dict[str, Any] = dict(asked(request.form))
    services = current_services()
    with services.ledger.write() as connection:
        keep_view(connection, caller().name, name, urlencode(wanted), services.clock.now())
    flash(_("The list is kept as “%(name)s”.", name=name))
    return redirect(url_for("pages.order_list", **wanted), 303)


@pages.post("/views/drop")
@page()
def drop_list() -> ResponseReturnValue:
    """Forget a kept list; the orders stay as they are."""
    with current_services().ledger.write() as connection:
        drop_view(connection, caller().name, request.form.get("name", ""))
    return redirect(url_for("pages.order_list"), 303)
