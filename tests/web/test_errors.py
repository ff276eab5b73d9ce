"""Errors as programs read them: one shape, the right status, and nothing that is nobody's business."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from flask import Flask, abort
from sqlalchemy import text

from reconcile import errors
from reconcile.services import Services
from webhooks import tokens
from webhooks.app import create_app


def ask(services: Services, fail: Callable[[], Any], path: str = "/api/fails") -> tuple[int, Any, Flask]:
    app = create_app(services)
    app.add_url_rule(path, "fails", fail)
    answer = app.test_client().get(path)
    return answer.status_code, answer.json if answer.is_json else answer.text, app


def failing(error: Exception) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (errors.NotThere("no such order"), 404, "not_found"),
        (errors.Refused("the POS has a record", "record"), 409, "refused"),
        (errors.ConfigurationError(["declared.x: there is no such setting"]), 422, "invalid"),
        (errors.Retryable("the POS did not answer"), 503, "remote_unavailable"),
        (errors.Throttled("slower", timedelta(seconds=2)), 503, "remote_throttled"),
        (errors.Untrustworthy("rows nobody asked for"), 503, "remote_unavailable"),
        (errors.Unauthorised("the token was refused"), 502, "remote_refused_credentials"),
        (errors.Rejected("invalid_tag"), 502, "remote_refused"),
        (errors.OutcomeUnknown("no answer"), 502, "remote_outcome_unknown"),
        (errors.LeaseLost("another worker"), 409, "conflict"),
    ],
)
def test_our_own_errors_keep_their_words(services: Services, error: Exception, status: int, slug: str) -> None:
    found, answer, _ = ask(services, failing(error))
    assert (found, answer["error"]) == (status, slug)
    assert set(answer) == {"error", "message", "details"}
    assert answer["message"] in (str(error), "declared.x: there is no such setting")


def test_what_nobody_foresaw_tells_nothing(services: Services) -> None:
    status, answer, _ = ask(services, failing(RuntimeError("password=hunter2")))
    assert (status, answer["error"]) == (500, "internal_error")
    assert "hunter2" not in str(answer)


def test_a_ledger_that_fails_is_503_without_its_statement(services: Services) -> None:
    def fail() -> None:
        with services.ledger.read() as connection:
            connection.execute(text("SELECT 'hunter2' FROM nowhere"))

    status, answer, _ = ask(services, fail)
    assert (status, answer["error"]) == (503, "ledger_unavailable")
    assert "hunter2" not in str(answer)
    assert "nowhere" not in str(answer)


def test_503_says_when_to_come_again(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/api/fails", "fails", failing(errors.Retryable("later")))
    assert app.test_client().get("/api/fails").headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("status", "slug"), [(400, "invalid_request"), (404, "not_found"), (415, "unsupported_media_type"), (418, "error")]
)
def test_what_flask_refuses_has_the_same_shape(services: Services, status: int, slug: str) -> None:
    found, answer, _ = ask(services, lambda: abort(status))
    assert (found, answer["error"]) == (status, slug)


@pytest.mark.parametrize("path", ["/api/v1/nothing-here", "/webhooks/nothing-here"])
def test_a_wrong_address_too(services: Services, path: str) -> None:
    answer = create_app(services).test_client().get(path)
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (404, "not_found")


def test_a_body_that_is_too_large_for_the_api(services: Services) -> None:
    secret = tokens.create(services, tokens.Role.OPERATOR)
    answer = create_app(services).test_client().post(
        "/api/v1/requeue", data=b"x" * 1_100_000, headers={"Authorization": f"Bearer {secret}"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.json is not None
    assert (answer.status_code, answer.json["error"]) == (413, "too_large")
