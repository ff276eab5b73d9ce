"""Tokens: who gets in, as whom, and for how long."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from reconcile.clock import ManualClock
from reconcile.errors import ConfigurationError
from reconcile.ledger.tables import tokens as table
from reconcile.services import Services
from webhooks import tokens
from webhooks.app import create_app
from webhooks.auth import require
from webhooks.tokens import Role


@pytest.fixture
def app(services: Services) -> Flask:
    """The application, with one small view for each role."""
    made = create_app(services)
    for role in Role:

        @require(role)
        def whoami() -> dict[str, Any]:
            return {"name": g.caller.name, "role": g.caller.role, "stores": sorted(g.caller.stores)}

        made.add_url_rule(f"/api/for-{role.value}", f"for_{role.value}", whoami)
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, authorization: str | None, role: str = "viewer") -> tuple[int, Any]:
    sent = {"Authorization": authorization} if authorization is not None else {}
    answer = client.get(f"/api/for-{role}", headers=sent)
    return answer.status_code, answer.json


def test_a_token_says_who_calls(client: FlaskClient, services: Services) -> None:
    secret = tokens.create(services, Role.OPERATOR, ["demo"], "Ann")
    assert ask(client, f"Bearer {secret}") == (200, {"name": "Ann", "role": "operator", "stores": ["demo"]})
    assert ask(client, f"bearer  {secret} ")[0] == 200


@pytest.mark.parametrize("held", list(Role))
@pytest.mark.parametrize("needed", list(Role))
def test_a_role_covers_the_lesser_ones(client: FlaskClient, services: Services, held: Role, needed: Role) -> None:
    status, answer = ask(client, f"Bearer {tokens.create(services, held)}", needed)
    if list(Role).index(held) >= list(Role).index(needed):
        assert status == 200
    else:
        assert (status, answer["error"]) == (403, "forbidden")


WRONG = ["Bearer ", "Bearer", "", "Basic YTpi", "Bearer orc_unknown", "Bearer é", "Bearer a b", "Bearer \x00"]


@pytest.mark.parametrize("authorization", [None, *WRONG])
def test_without_a_valid_token_nobody_gets_in(client: FlaskClient, authorization: str | None) -> None:
    status, answer = ask(client, authorization)
    assert status == 401
    assert set(answer) == {"error", "message", "details"}
    assert answer["error"] == "unauthorised"


def test_the_answer_names_the_scheme(client: FlaskClient) -> None:
    assert client.get("/api/for-viewer").headers["WWW-Authenticate"].lower().startswith("bearer")


def test_the_ledger_does_not_hold_the_token(services: Services) -> None:
    secret = tokens.create(services, Role.VIEWER)
    with services.ledger.read() as connection:
        row = connection.execute(select(table)).one()
    assert len(secret) >= 43
    assert secret[len(row.prefix) :] not in repr(row)
    assert tokens.create(services, Role.VIEWER) != secret


def test_a_revoked_token_is_dead_at_once(client: FlaskClient, services: Services) -> None:
    secret = tokens.create(services, Role.ADMIN, name="Ann")
    other = tokens.create(services, Role.ADMIN, name="Bob")
    assert [token.name for token in tokens.revoke(services, "Ann")] == ["Ann"]
    assert ask(client, f"Bearer {secret}")[0] == 401
    assert ask(client, f"Bearer {other}")[0] == 200
    with pytest.raises(ConfigurationError, match="Ann"):
        tokens.revoke(services, "Ann")


def test_a_token_ends_at_its_end(client: FlaskClient, services: Services, clock: ManualClock) -> None:
    secret = tokens.create(services, Role.VIEWER, lasts=timedelta(days=1))
    clock.advance(timedelta(days=1, seconds=-1))
    assert ask(client, f"Bearer {secret}")[0] == 200
    clock.advance(timedelta(seconds=1))
    assert ask(client, f"Bearer {secret}")[0] == 401


def test_a_session_of_a_revoked_token_is_over(services: Services) -> None:
    tokens.create(services, Role.VIEWER, name="Ann")
    (token,) = tokens.listed(services)
    assert tokens.by_id(services, token.id) is not None
    tokens.revoke(services, str(token.id))
    assert tokens.by_id(services, token.id) is None
    assert tokens.by_id(services, token.id + 1) is None


def test_its_use_is_noted_once_a_minute(client: FlaskClient, services: Services, clock: ManualClock) -> None:
    secret = tokens.create(services, Role.VIEWER)
    first = clock.now()
    seen = []
    for _ in range(4):
        assert ask(client, f"Bearer {secret}")[0] == 200
        seen.append(tokens.listed(services)[0].last_used_at)
        clock.advance(timedelta(seconds=25))
    assert seen == [first, first, first, first + timedelta(seconds=75)]


def test_no_token_for_a_shop_that_does_not_exist(services: Services) -> None:
    with pytest.raises(ConfigurationError, match=r"stores\.other"):
        tokens.create(services, Role.VIEWER, ["demo", "other"])
    assert tokens.listed(services) == []
