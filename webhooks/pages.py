"""The pages: server-rendered, whole without a script, and without a request to any other host."""

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from reconcile.errors import NotThere, Refused
from reconcile.ledger.paging import BadCursor
from reconcile.services import Services
from webhooks import (
    languages,
    page_session,
    pages_activity,
    pages_connect,
    pages_inbox,
    pages_incidents,
    pages_install,
    pages_lists,
    pages_orders,
    pages_overview,
    pages_requeue,
    pages_settings,
    pages_shop,
)
from webhooks.current import is_for_programs
from webhooks.facts_shown import difference, fact
from webhooks.languages import gettext as _
from webhooks.page_said import said
from webhooks.page_session import pages
from webhooks.page_words import FILTERS, GLOBALS, for_every_page
from webhooks.problems import problem

VIEWS = (
    pages_activity,
    pages_connect,
    pages_inbox,
    pages_incidents,
    pages_install,
    pages_lists,
    pages_orders,
    pages_overview,
    pages_requeue,
    pages_settings,
    pages_shop,
)  # importing them gave `pages` their views
pages.app_context_processor(for_every_page)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # Flask-WTF asks for it: over https a form must come from our own page
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATUSES: dict[type[Exception], int] = {NotThere: 404, Refused: 409, BadCursor: 400}


def register(app: Flask, services: Services) -> None:
    """Every page, and the words and headers that all of them have."""
    languages.register(app)
    page_session.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= FILTERS | {"fact": fact, "difference": difference}
    app.jinja_env.globals |= GLOBALS
    app.after_request(_guarded)


def _guarded(response: Response) -> Response:
    if is_for_programs():
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@pages.errorhandler(NotThere)
@pages.errorhandler(Refused)
@pages.errorhandler(BadCursor)
def our_problem(error: Exception) -> ResponseReturnValue:
    """What may not be done, or is not there, with the reason."""
    status = STATUSES[type(error)]
    return problem(status, _("The address of this page is not one of ours.") if status == 400 else said(str(error)))
