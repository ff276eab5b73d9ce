"""The pages: server-rendered, without scripts and without a request to any other host."""

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from reconcile.errors import NotThere, Refused
from reconcile.incident_overview import seen_incidents
from reconcile.ledger.paging import BadCursor
from reconcile.services import Services
from reconcile.shop_overview import overview
from webhooks import page_session, pages_orders, pages_requeue, pages_shop
from webhooks.current import current_services
from webhooks.errors import is_for_programs
from webhooks.page_session import my_stores, page, pages
from webhooks.page_words import FILTERS, GLOBALS, for_every_page

VIEWS = (pages_orders, pages_requeue, pages_shop)  # importing them gave `pages` their views
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # Flask-WTF asks for it: over https a form must come from our own page
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATUSES: dict[type[Exception], int] = {NotThere: 404, Refused: 409, BadCursor: 400}


def register(app: Flask, services: Services) -> None:
    """Every page, and the words and headers that all of them have."""
    page_session.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= FILTERS
    app.jinja_env.globals |= GLOBALS
    app.context_processor(for_every_page)
    app.after_request(_guarded)


def _guarded(response: Response) -> Response:
    if is_for_programs():
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@pages.errorhandler(HTTPException)
def http_problem(error: HTTPException) -> ResponseReturnValue:
    """An error as a page, with the same status."""
    if error.code is None or error.code < 400:
        return error
    return render_template("problem.html", title=error.name, text=error.description), error.code


@pages.errorhandler(NotThere)
@pages.errorhandler(Refused)
@pages.errorhandler(BadCursor)
def our_problem(error: Exception) -> ResponseReturnValue:
    """What may not be done, or is not there, with the reason."""
    title = {404: "Not there", 409: "This may not be done now", 400: "This page cannot be shown"}
    status = STATUSES[type(error)]
    text = "The address of this page is not one of ours." if status == 400 else str(error)
    return render_template("problem.html", title=title[status], text=text), status


@pages.get("/")
@page()
def front() -> ResponseReturnValue:
    """What is held back, worst first, and how every shop is."""
    services, stores = current_services(), my_stores()
    shops, incidents = overview(services, stores), seen_incidents(services, stores)
    held_back = sum(one.incident.orders for one in incidents)
    return render_template("front.html", shops=shops, incidents=incidents, held_back=held_back)
