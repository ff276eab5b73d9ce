"""The JSON API: its parts put together, its errors, and its description."""

import warnings

from flask import Flask, Response
from flask_smorest import Api

from reconcile.errors import NotThere, Refused
from reconcile.ledger.paging import BadCursor
from reconcile.services import Services
from webhooks import api_batches, api_docs, api_inbox, api_incidents, api_orders, api_stores, api_stores_do
from webhooks.errors import error_answer
from webhooks.schemas import ErrorSchema

PARTS = (api_orders, api_batches, api_incidents, api_stores, api_stores_do, api_inbox)
ASKED_WRONGLY = ("until", "empty_filter", "idempotency_key")  # refusals that no waiting would change


class OwnErrors(Api):  # type: ignore[misc]
    """The API without the library's own shape of errors: `webhooks.errors` answers them."""

    ERROR_SCHEMA = ErrorSchema

    def _register_error_handlers(self) -> None:
        return None


def register(app: Flask, services: Services) -> None:
    """Give the application its API under /api/v1."""
    app.config.update(
        API_TITLE="Order Reconciler", API_VERSION="v1", OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1", OPENAPI_JSON_PATH="openapi.json",
    )  # fmt: skip
    api = OwnErrors(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Multiple schemas resolved")
        for module in PARTS:
            api.register_blueprint(module.part.blueprint)
    app.add_url_rule("/api/v1/docs", "api_docs_page", lambda: api_docs.page(api))
    app.register_error_handler(NotThere, _not_there)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(BadCursor, _bad_cursor)


def _not_there(error: NotThere) -> Response:
    return error_answer(404, "not_found", str(error))


def _refused(error: Refused) -> Response:
    if error.limit in ASKED_WRONGLY:
        return error_answer(422, "invalid", str(error), {error.limit: [str(error)]})
    return error_answer(409, "refused", str(error), {"limit": error.limit} if error.limit else None)


def _bad_cursor(_: BadCursor) -> Response:
    text = "This is no cursor of ours: send the `next` of a page as it is."
    return error_answer(422, "invalid", text, {"cursor": [text]})
