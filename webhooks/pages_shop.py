"""The pages on a shop: the checklist, declared against shown, and the statement day by day."""

import csv
import io
from datetime import date, timedelta

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from reconcile import people
from reconcile.inferred import inferred
from reconcile.ledger.queries_checks import checks_of
from reconcile.ledger.queries_live import LIVE_DAYS, live_figures
from reconcile.shops import declared_of, row_of
from reconcile.statement import MEASURES, Day, statement
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.languages import zone
from webhooks.page_session import my_store, page, pages
from webhooks.pages_lists import as_text

YESTERDAY = timedelta(days=1)
LONGEST_STATEMENT = timedelta(days=92)
RESULTS = ("fail", "warning", "unknown", "pass", "does_not_apply")


@pages.get("/checks/<store>")
@page()
def checklist(store: str) -> ResponseReturnValue:
    """The connector's checklist as it was last walked, worst first, and what the orders say of each switch."""
    services, shop = current_services(), current_services().shop(my_store(store))
    with services.ledger.read() as connection:
        shop_row = row_of(connection, store)
        rows = checks_of(connection, store)
        declared = declared_of(services, store, shop_row)
        switches = inferred(connection, shop, shop_row, declared, services.clock.now())
        live = live_figures(connection, store, services.clock.now() - LIVE_DAYS)
    worst = sorted(rows, key=lambda row: RESULTS.index(row.result))
    counts = {word: sum(row.result == word for row in rows) for word in RESULTS}
    running = shop_row.next_check_at is not None and shop_row.next_check_at <= services.clock.now()
    return render_template(
        "checks.html", store=store, rows=worst, shop_row=shop_row, switches=switches, counts=counts, running=running, live=live
    )  # fmt: skip


@pages.post("/checks/<store>")
@page("operator")
def check_again(store: str) -> ResponseReturnValue:
    """Walk the checklist now."""
    people.check_now(current_services(), caller().name, my_store(store))
    wake_workers()
    flash(_("The set-up is checked now; the result appears here."))
    return redirect(url_for("pages.checklist", store=store), 303)


@pages.get("/statement/<store>")
@page()
def shop_statement(store: str) -> ResponseReturnValue:
    """What Shopify sold and what the POS has, day by day."""
    since, until, days = _statement(store)
    return render_template("statement.html", store=store, days=days[::-1], since=since, until=until, measures=MEASURES)


@pages.get("/statement/<store>.csv")
@page()
def statement_csv(store: str) -> ResponseReturnValue:
    """The same, order by order where the two sides differ."""
    since, until, days = _statement(store)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["day", "currency", "order", "reason", "cause", "shopify", "pos", "net_difference"])
    for day in days:
        for one in day.differences:
            sides = (one.shopify["gross"], one.pos["gross"])
            writer.writerow([day.day, day.currency, as_text(one.name), one.reason, one.cause or "", *sides, one.net])
    name = f"statement-{store}-{since}-{until}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _statement(store: str) -> tuple[date, date, list[Day]]:
    services, shop = current_services(), current_services().shop(my_store(store))
    until = _day("until", services.clock.now().astimezone(zone(store)).date())
    since = _day("since", until - YESTERDAY)
    if not timedelta() <= until - since <= LONGEST_STATEMENT:
        raise BadRequest(_("A statement covers 1 to %(days)s days.", days=LONGEST_STATEMENT.days))
    with services.ledger.read() as connection:
        return since, until, statement(connection, shop, since, until, zone(store))


def _day(name: str, usual: date) -> date:
    try:
        return date.fromisoformat(request.args.get(name) or usual.isoformat())
    except ValueError:
        raise BadRequest(_("%(name)s: write a day, such as 2026-11-02.", name=name)) from None
