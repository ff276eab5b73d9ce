"""Errors as people read them: a page of ours, in their language, that says what happened and what to do next."""

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, default_exceptions

from webhooks.languages import gettext
from webhooks.languages import marked as _
from webhooks.page_session import signed_in

OTHER = (_("This was not possible"), _("Go back and try again; if it stays so, tell whoever runs this service."))
WORDS: dict[int, tuple[str, str]] = {
    400: (_("This was not understood"), _("Go back, load the page again and send it once more.")),
    401: (_("Sign in first"), _("Your session has ended.")),
    403: (_("This is not yours to do"), _("Ask an admin for a token with a higher role.")),
    404: (
        _("There is nothing here"),
        _("The address may be mistyped, or what it showed is gone. An order is found by its name in the list of orders."),
    ),
    405: (_("This address only takes forms"), _("Open the page that the form is on, and send it from there.")),
    409: (_("This may not be done now"), ""),
    413: (_("That is too much at once"), _("A form may hold one megabyte. Pick fewer orders, or write less.")),
    429: (_("Too many tries"), _("Wait a minute, then try again.")),
    500: (
        _("Something went wrong on our side"),
        _("It is in the log. Load the page again; if it stays so, tell whoever runs this service when it happened."),
    ),
    503: (
        _("The ledger does not answer"),
        _("Nothing was changed and no order is lost: Shopify sends again. Load the page again in a few seconds."),
    ),
}  # fmt: skip
STALE = _("This page is older than your session: load it again and send the form once more.")


def problem(status: int, text: str = "") -> ResponseReturnValue:
    """The page on a status; `text`, already in the person's language, says more than the status does."""
    title, general = WORDS.get(status, OTHER)
    if status >= 500:
        g.zones = {}  # the frame asks the ledger for the shops' clocks: not one that has just failed
    elif "caller" not in g:
        g.caller = signed_in()  # at an address of no view nobody has asked yet
    said = text or (gettext(general) if general else "")
    return render_template("problem.html", title=gettext(title), text=said, status=status), status


def http_problem(error: HTTPException) -> ResponseReturnValue:
    """The page on an error of HTTP; our own say why, those of the library say it in English only."""
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, CSRFError):
        return problem(error.code, gettext(STALE))
    ours = error.description and error.description != default_exceptions[error.code].description
    return problem(error.code, str(error.description) if ours else "")
