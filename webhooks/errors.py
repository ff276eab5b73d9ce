"""Errors as programs read them: `{"error": slug, "message": sentence, "details": {…}}`, and nothing that is secret.

People get a page (`webhooks.problems`).
"""

import logging
from typing import Any

from flask import Flask, Response, json, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from reconcile import errors
from webhooks.current import is_for_programs
from webhooks.page_said import said
from webhooks.problems import http_problem, problem

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
SLUGS = {
    400: "invalid_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}
# Our own errors; their texts are written for the operator. The nearest class counts.
STATUSES: dict[type[errors.ReconcilerError], tuple[int, str]] = {
    errors.NotThere: (404, "not_found"),
    errors.Refused: (409, "refused"),
    errors.ConfigurationError: (422, "invalid"),
    errors.Throttled: (503, "remote_throttled"),
    errors.Retryable: (503, "remote_unavailable"),
    errors.Unauthorised: (502, "remote_refused_credentials"),
    errors.Rejected: (502, "remote_refused"),
    errors.OutcomeUnknown: (502, "remote_outcome_unknown"),
    errors.LeaseLost: (409, "conflict"),
    errors.ReconcilerError: (500, "internal_error"),
}


def error_answer(status: int, slug: str, message: str, details: dict[str, Any] | None = None) -> Response:
    """The one shape of every error."""
    text = json.dumps({"error": slug, "message": message, "details": details or {}})
    response = Response(text, status, mimetype="application/json")
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def register(app: Flask) -> None:
    """JSON wherever programs call, a page elsewhere; call it after the API is registered, which brings its own."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(errors.ReconcilerError, _our_error)
    app.register_error_handler(DBAPIError, _ledger_error)
    app.register_error_handler(PoolTimeout, _ledger_error)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if not is_for_programs():
        return http_problem(error)
    if error.code is None or error.code < 400:
        return error
    slug = SLUGS.get(error.code, "error")
    response = error_answer(error.code, slug, error.description or error.name, _details(error))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _details(error: HTTPException) -> dict[str, Any]:
    """What a schema found wrong, by field; flask-smorest leaves it in `error.data`."""
    said = getattr(error, "data", None) or {}
    messages = said.get("messages") or said.get("errors") or {}
    if isinstance(messages, dict) and set(messages) <= {"json", "query", "form", "headers", "files"}:
        return {field: why for part in messages.values() if isinstance(part, dict) for field, why in part.items()}
    return messages if isinstance(messages, dict) else {"problems": messages}


def _our_error(error: errors.ReconcilerError) -> ResponseReturnValue:
    status, slug = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    if status >= 500:
        logger.warning("%s %s: %s", request.method, request.path, error)
    if not is_for_programs():
        return problem(status, said(str(error)))
    if isinstance(error, errors.ConfigurationError):
        return error_answer(status, slug, "; ".join(error.problems), {"problems": error.problems})
    return error_answer(status, slug, str(error), {"limit": error.limit} if isinstance(error, errors.Refused) else None)


def _ledger_error(error: Exception) -> ResponseReturnValue:
    # Not the error's own text: SQLAlchemy puts the statement's values into it.
    cause = getattr(error, "orig", None) or type(error).__name__
    logger.error("%s %s: the ledger failed: %s", request.method, request.path, cause)
    if not is_for_programs():
        return problem(503)
    message = "The ledger does not answer; nothing was changed. Try again in a few seconds."
    return error_answer(503, "ledger_unavailable", message)
