"""Every route, page or API, against everybody who may not use it; and forms that none of our pages made."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from reconcile.clock import ManualClock
from reconcile.services import Services
from tests.figures import Note
from tests.security.routes import OPEN, Route, planted, routes, written
from tests.web.callers import two_shops
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def made(services: Services) -> Services:
    return two_shops(services)


@pytest.fixture
def app(made: Services) -> Flask:
    return create_app(made)


@pytest.fixture
def every(app: Flask, made: Services) -> list[Route]:
    found = list(routes(app, planted(made)))
    assert len(found) > 40
    return found


def call(client: FlaskClient, route: Route, secret: str | None, form_token: str | None = None) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    if route.is_api:
        return client.open(route.path, method=route.method, headers=headers, json={})
    data = {"csrf_token": form_token} if form_token else {}
    return client.open(route.path, method=route.method, headers=headers, data=data if route.method == "POST" else None)


def sign_in(app: Flask, secret: str) -> tuple[FlaskClient, str]:
    browser = app.test_client()
    found = FORM_TOKEN.search(browser.get("/sign-in").text)
    assert found
    answer = browser.post("/sign-in", data={"csrf_token": found[1], "token": secret})
    assert answer.status_code == 303
    renewed = FORM_TOKEN.search(browser.get("/sign-in").text)
    assert renewed
    return browser, renewed[1]


def is_refused(route: Route, answer: TestResponse) -> bool:
    if route.is_api:
        return answer.status_code == 401
    if route.path == "/sign-out":
        return answer.status_code in (303, 400)
    away = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
    return away or (route.method == "POST" and answer.status_code == 400)


STATES = ("none", "unknown", "expired", "revoked")


@pytest.mark.parametrize("state", STATES)
def test_without_a_token_in_force_every_route_is_closed(
    app: Flask, made: Services, clock: ManualClock, every: list[Route], state: str, note: Note
) -> None:
    secret: str | None = {"none": None, "unknown": "orc_" + "x" * 43}.get(state)
    browser, form_token = app.test_client(), None
    if state in ("expired", "revoked"):
        secret = tokens.create(made, Role.ADMIN, name="gone", lasts=timedelta(hours=1))
        browser, form_token = sign_in(app, secret)
        if state == "expired":
            clock.advance(timedelta(hours=2))
        else:
            tokens.revoke(made, "gone")
    before = written(made)
    let_in = [str(route) for route in every if not is_refused(route, call(browser, route, secret, form_token))]
    assert let_in == []
    assert written(made) == before
    note("a route without a token in force", calls=len(every), let_in=0)


def test_a_token_of_another_shop_reaches_nothing_of_this_one(
    app: Flask, made: Services, every: list[Route], note: Note
) -> None:
    secret = tokens.create(made, Role.ADMIN, ["other"], "stranger")
    browser, form_token = sign_in(app, secret)
    before = written(made)
    reached = []
    tried = [route for route in every if "<" in route.rule]
    for route in tried:
        answer = call(browser, route, secret, form_token)
        # 400, 422: what it sent was refused before anything was looked up, as for a shop that is not there.
        if answer.status_code not in (400, 404, 422) or "#1001" in answer.text:
            reached.append(f"{route} {answer.status_code}")
    assert reached == []
    listed = [route for route in every if "<" not in route.rule and route.method == "GET"]
    assert [str(route) for route in listed if "#1001" in call(browser, route, secret).text] == []
    assert written(made) == before
    note("a token of another shop", calls=len(tried) + len(listed), reached=0)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_a_lesser_role_changes_nothing_that_is_not_its_own(
    app: Flask, made: Services, every: list[Route], role: Role, note: Note
) -> None:
    secret = tokens.create(made, role, name="small")
    browser, form_token = sign_in(app, secret)
    admins = ("/mode", "/declared", "/touch", "/tokens", "/tokens/revoke", "/link")
    own = ("/sign-out", "/preferences", "/views", "/views/drop")  # of the person, not of a shop
    tried = [route for route in every if route.method != "GET" and route.rule not in own]
    if role is Role.OPERATOR:
        tried = [route for route in tried if route.rule.endswith(admins)]
    before = written(made)
    statuses = {str(route): call(browser, route, secret, form_token).status_code for route in tried}
    assert {told: status for told, status in statuses.items() if status != 403} == {}
    assert written(made) == before
    note("a role that is too small", calls=len(tried), let_in=0)


def spoiled(token: str) -> str:
    """One character of the signature is another; not its last, of which four spellings mean the same."""
    return f"{token[:-2]}{'B' if token[-2] == 'A' else 'A'}{token[-1]}"


def test_a_form_that_none_of_our_pages_made_is_refused(
    app: Flask, made: Services, every: list[Route], note: Note
) -> None:
    browser, form_token = sign_in(app, tokens.create(made, Role.ADMIN, name="Ann"))
    _, of_another = sign_in(app, tokens.create(made, Role.ADMIN, name="Bob"))
    before = written(made)
    forms = [route for route in every if not route.is_api and route.method == "POST"]
    for route in forms:
        for token in (None, "", of_another, spoiled(form_token)):
            assert call(browser, route, None, token).status_code == 400, route
    assert written(made) == before
    note("forged forms", calls=4 * len(forms), accepted=0)


def test_signing_in_gives_a_session_that_nobody_could_have_planted(app: Flask, made: Services) -> None:
    browser = app.test_client()
    found = FORM_TOKEN.search(browser.get("/sign-in").text)
    assert found
    planted_cookie = browser.get_cookie("reconciler")
    assert planted_cookie is not None
    browser.post("/sign-in", data={"csrf_token": found[1], "token": tokens.create(made, Role.ADMIN)})
    renewed = browser.get_cookie("reconciler")
    assert renewed is not None and renewed.value != planted_cookie.value and renewed.http_only
    stale = app.test_client()
    stale.set_cookie("reconciler", planted_cookie.value)
    assert stale.get("/").status_code == 303


TARGETS = [
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
    "http:evil.example", "/%0d%0aLocation:%20https://evil.example", "https:/evil.example", "///evil.example", "/\r\nX: y",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_signing_in_leads_to_no_other_host(app: Flask, made: Services, target: str) -> None:
    browser = app.test_client()
    found = FORM_TOKEN.search(browser.get("/sign-in", query_string={"next": target}).text)
    assert found
    secret = tokens.create(made, Role.VIEWER)
    answer = browser.post("/sign-in", data={"csrf_token": found[1], "token": secret, "next": target})
    location: Any = answer.headers["Location"]
    assert answer.status_code == 303
    assert location.startswith("/") and not location.startswith(("//", "/\\")) and "\n" not in location


def test_what_is_open_is_known(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules()} >= OPEN
