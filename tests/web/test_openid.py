"""Signing in at an OpenID Connect provider, over real HTTP: who gets in, as what, and who does not."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from reconcile.ledger.tables import events
from reconcile.openid import Grant, OpenId, openid_from
from reconcile.services import Services
from tests.web.callers import two_shops
from tests.web.openid_provider import Provider
from tests.web.visitors import FORM_TOKEN
from webhooks.app import create_app

GRANTS = (
    Grant(value="it", role="admin"), Grant(value="paris", role="operator", stores=frozenset({"demo"})),
    Grant(value="staff", role="viewer"),
)  # fmt: skip


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider("reconciler", "a secret")
    yield made
    made.close()


@pytest.fixture
def offered(services: Services, provider: Provider) -> Services:
    openid = OpenId(issuer=provider.issuer, client_id="reconciler", client_secret="a secret", grants=GRANTS)
    both = two_shops(services)
    return replace(both, settings=replace(both.settings, openid=openid))


@pytest.fixture
def browser(offered: Services) -> FlaskClient:
    return create_app(offered).test_client()


def signed_in(browser: FlaskClient, path: str = "/sign-in/openid") -> TestResponse:
    """Through the provider and back, as a browser goes."""
    sent = browser.get(path)
    assert sent.status_code == 302, sent.text
    back = requests.get(sent.headers["Location"], allow_redirects=False, timeout=10)
    address = urlsplit(back.headers["Location"])
    return browser.get(f"{address.path}?{address.query}")


def send(browser: FlaskClient, path: str, **fields: str) -> TestResponse:
    token = FORM_TOKEN.search(browser.get("/sign-in").text)
    assert token
    return browser.post(path, data={"csrf_token": token[1], **fields})


def test_a_person_comes_in_with_the_role_and_the_shops_of_the_claim(browser: FlaskClient, provider: Provider) -> None:
    provider.person["groups"] = ["staff", "paris"]
    answer = signed_in(browser, "/sign-in/openid?next=/orders")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders")
    seen = browser.get("/").text
    assert "ann@shop.example (operator)" in seen
    assert browser.get("/settings/demo").status_code == 200
    assert browser.get("/settings/other").status_code == 404
    assert send(browser, "/settings/demo/mode", mode="auto").status_code == 403


def test_what_a_person_does_is_in_the_audit_under_their_name(
    browser: FlaskClient, provider: Provider, offered: Services
) -> None:
    provider.person["groups"] = "it"  # a claim may be one text
    signed_in(browser)
    assert send(browser, "/settings/demo/mode", mode="assist").status_code == 303
    with offered.ledger.read() as connection:
        who = connection.execute(select(events.c.who).where(events.c.kind == "mode")).scalars().all()
    assert who == ["ann@shop.example"]


def test_an_address_that_is_not_verified_is_no_name(browser: FlaskClient, provider: Provider) -> None:
    provider.person |= {"groups": ["it"], "email_verified": False}
    signed_in(browser)
    assert "u-1 (admin)" in browser.get("/").text


@pytest.mark.parametrize("groups", [[], ["strangers"], None])
def test_whom_nothing_is_granted_stays_outside(
    browser: FlaskClient, provider: Provider, groups: list[str] | None
) -> None:
    provider.person["groups"] = groups
    answer = signed_in(browser)
    assert answer.status_code == 401
    assert "nothing is granted" in answer.text
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("spoilt", [{"iss": "http://evil"}, {"aud": "another"}, {"exp": 1}, {"nonce": "an older one"}])
def test_an_id_token_that_was_not_made_for_this_sign_in_is_refused(
    browser: FlaskClient, provider: Provider, spoilt: dict[str, str]
) -> None:
    provider.person["groups"] = ["it"]
    provider.spoil = spoilt
    assert signed_in(browser).status_code == 401
    assert browser.get("/").status_code == 303


def test_an_id_token_signed_by_somebody_else_is_refused(browser: FlaskClient, provider: Provider) -> None:
    provider.person["groups"] = ["it"]
    provider.sign_with_another_key()
    assert signed_in(browser).status_code == 401
    assert browser.get("/").status_code == 303


def test_a_callback_that_this_browser_did_not_ask_for_is_refused(
    browser: FlaskClient, offered: Services, provider: Provider
) -> None:
    provider.person["groups"] = ["it"]
    sent = browser.get("/sign-in/openid")
    back = urlsplit(requests.get(sent.headers["Location"], allow_redirects=False, timeout=10).headers["Location"])
    victim = create_app(offered).test_client()
    assert victim.get(f"{back.path}?{back.query}").status_code == 401
    assert victim.get("/").status_code == 303


def test_a_provider_that_does_not_answer_is_said_to_be_so(browser: FlaskClient, provider: Provider) -> None:
    provider.close()
    answer = browser.get("/sign-in/openid")
    assert answer.status_code == 401
    assert "does not answer" in answer.text


def test_a_grant_that_is_taken_away_ends_its_sessions(offered: Services, provider: Provider) -> None:
    provider.person["groups"] = ["it"]
    browser = create_app(offered).test_client()
    signed_in(browser)
    cookie = browser.get_cookie("reconciler")
    assert cookie is not None
    openid = offered.settings.openid
    assert openid is not None
    fewer = replace(offered, settings=replace(offered.settings, openid=replace(openid, grants=GRANTS[1:])))
    later = create_app(fewer).test_client()
    later.set_cookie("reconciler", cookie.value)
    assert later.get("/").status_code == 303


def test_it_is_offered_only_where_it_is_configured(services: Services, browser: FlaskClient) -> None:
    without = create_app(services).test_client()
    assert "/sign-in/openid" in browser.get("/sign-in").text
    assert "/sign-in/openid" not in without.get("/sign-in").text
    assert without.get("/sign-in/openid").status_code == without.get("/sign-in/openid/callback").status_code == 404


GIVEN = {
    "OPENID_ISSUER": "https://login.example/", "OPENID_CLIENT_ID": "reconciler", "OPENID_CLIENT_SECRET": "s",
    "OPENID_ROLES": "it=admin",
}  # fmt: skip


def test_the_environment_names_the_provider() -> None:
    problems: list[str] = []
    assert openid_from({}, problems) is None
    made = openid_from(GIVEN | {"OPENID_ROLES": "it=admin, paris=operator:demo+other"}, problems)
    assert problems == [] and made is not None
    assert made.issuer == "https://login.example"
    assert made.grants == (
        Grant(value="it", role="admin"), Grant(value="paris", role="operator", stores=frozenset({"demo", "other"})),
    )  # fmt: skip
    assert made.grant_of(["paris", "it"]) == made.grants[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"OPENID_CLIENT_SECRET": ""}, "OPENID_CLIENT_SECRET: missing"),
        ({"OPENID_ISSUER": "http://login.example"}, "https://"),
        ({"OPENID_ROLES": "it=owner"}, "OPENID_ROLES: it=owner"),
        ({"OPENID_ROLES": "it=viewer:"}, "no shop is named"),
    ],
)
def test_what_is_wrong_with_it_is_said(change: dict[str, str], problem: str) -> None:
    problems: list[str] = []
    openid_from(GIVEN | change, problems)
    assert len(problems) == 1 and problem in problems[0]
