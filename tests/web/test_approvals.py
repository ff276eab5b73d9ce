"""Somebody of the shop approves our app at the POS by a link, over real HTTP: no token passes through anybody's hands."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select

from reconcile import people
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings
from reconcile.errors import ConfigurationError, Refused, Unauthorised
from reconcile.ledger import Ledger
from reconcile.ledger.tables import events, kept
from reconcile.people import approvals, invites
from reconcile.services import Services
from tests.contract.lightspeed_r_account import SECRET, LightspeedRAccount, lightspeed_r
from tests.contract.lightspeed_x_account import LightspeedXAccount, lightspeed_x
from webhooks.app import create_app

HOME = "https://reconciler.example"
APP = {"client_id": "app", "client_secret": f"secret-{SECRET}"}
BACK = f"{HOME}{approvals.BACK_FROM_POS}"


@dataclass
class Place:
    """A shop whose POS is approved by a link, on one ledger; `account` is what the POS holds."""

    kind: str
    account: LightspeedRAccount | LightspeedXAccount
    ledger: Ledger
    clock: ManualClock

    def process(self) -> Services:
        """One of the installation's processes."""
        settings = Settings(shops={}, secret_key="a key for tests")
        return make_services(settings, self.clock, self.ledger, sleep=self.account.sleep)

    def table(self, **pos: Any) -> dict[str, Any]:
        own = {
            "kind": self.kind, "base_url": self.account.url, "grant": "authorization_code", "subdomain": "sandbox",
            "spacing_ms": 0, **APP, **pos,
        }  # fmt: skip
        return {
            "shop": "demo-shop.myshopify.com", "webhook_secrets": ["secret"], "shopify": {"access_token": "shpat"},
            "webhook_url": f"{HOME}/webhooks/shopify", "pos": own,
        }  # fmt: skip

    def away(self, browser: FlaskClient, link: str) -> str:
        """Follow the link to the POS's page of approval."""
        path = link.removeprefix(HOME)
        assert "Lightspeed" in browser.get(path).text
        return str(browser.get(f"{path}/pos").location)

    def back(self, away: str) -> str:
        """Approve there; answers where the POS sends the browser."""
        answer = requests.get(away, allow_redirects=False, timeout=10)
        assert answer.headers["Location"].startswith(f"{BACK}?"), answer.text
        return answer.headers["Location"].removeprefix(HOME)

    def approve(self, services: Services) -> str:
        browser = create_app(services).test_client()
        away = self.away(browser, invites.invite(services, "ann", "demo"))
        return browser.get(self.back(away), follow_redirects=True).text


@contextmanager
def account_of(kind: str) -> Iterator[LightspeedRAccount | LightspeedXAccount]:
    if kind == "lightspeed_r":
        with lightspeed_r() as of_r:
            yield of_r
        return
    with lightspeed_x() as of_x:
        of_x.books.domain_prefix = "sandbox"
        of_x.books.grants.client_id, of_x.books.grants.client_secret = APP.values()
        yield of_x


@pytest.fixture(params=["lightspeed_r", "lightspeed_x"])
def place(request: pytest.FixtureRequest, ledger: Ledger) -> Iterator[Place]:
    with account_of(request.param) as account:
        made = Place(request.param, account, ledger, account.clock)
        people.connect(made.process(), "ann", "demo", made.table())
        yield made


def identity(services: Services) -> str:
    services.clock.advance(timedelta(seconds=2))  # type: ignore[attr-defined]  # so many calls a second, R-Series says
    return services.pos(services.shop("demo")).identity().account


def test_somebody_approves_and_every_process_is_let_in(place: Place) -> None:
    worker, page = place.process(), place.process()
    with pytest.raises(Unauthorised, match="stores invite"):
        identity(worker)
    said = place.approve(page)
    assert "is connected" in said
    assert identity(page) in said
    assert identity(worker) == identity(place.process())
    place.clock.advance(timedelta(days=2))  # by then the pair was renewed
    assert identity(worker) == identity(page)


def test_what_was_granted_lies_nowhere_in_the_open(place: Place) -> None:
    place.approve(place.process())
    with place.ledger.read() as connection:
        values = connection.execute(select(kept.c.value)).scalars().all()
        told = " ".join(connection.execute(select(events.c.text)).scalars())
    pair = json.loads(invites.kept_of(place.process(), "demo").get(f"{place.kind}.tokens") or "")
    assert not any(pair[name].encode() in value for value in values for name in ("access", "refresh"))
    assert "approved at the POS" in told and pair["access"] not in told


def test_the_browser_is_sent_with_what_the_vendor_documents(place: Place) -> None:
    services = place.process()
    away = place.away(create_app(services).test_client(), invites.invite(services, "ann", "demo"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away).query).items()}
    assert asked["response_type"] == "code" and asked["client_id"] == "app" and len(asked["state"]) >= 8
    if place.kind == "lightspeed_r":
        assert asked["code_challenge_method"] == "S256" and asked["scope"].startswith("employee:register_read ")
        assert "redirect_uri" not in asked  # it is the one that was registered
    else:
        assert asked["redirect_uri"] == BACK and "sales:read" in asked["scope"].split()


def test_a_link_is_good_once(place: Place) -> None:
    services = place.process()
    browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
    back = place.back(place.away(browser, link))
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 409
    assert browser.get(link.removeprefix(HOME)).status_code == 404


def test_another_browser_cannot_finish_what_this_one_began(place: Place) -> None:
    services = place.process()
    browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
    back = place.back(place.away(browser, link))
    assert create_app(services).test_client().get(back).status_code == 409
    assert browser.get(f"{back}x".replace("state=", "state=y")).status_code == 409
    with pytest.raises(Unauthorised):
        identity(services)


def test_who_does_not_approve_is_told_and_may_come_again(place: Place) -> None:
    services = place.process()
    browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
    state = parse_qs(urlsplit(place.away(browser, link)).query)["state"][0]
    answer = browser.get(f"{approvals.BACK_FROM_POS}?error=access_denied&state={state}")
    assert answer.status_code == 409 and "not approved" in answer.text
    assert browser.get(link.removeprefix(HOME)).status_code == 200


def test_a_code_that_is_too_old_gives_no_token_and_says_so(place: Place) -> None:
    services = place.process()
    browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
    back = place.back(place.away(browser, link))
    place.clock.advance(timedelta(minutes=11))
    answer = browser.get(back)
    assert answer.status_code == 502 and "did not give us access" in answer.text
    assert SECRET not in answer.text
    assert browser.get(link.removeprefix(HOME)).status_code == 200


def test_tokens_that_open_nothing_are_not_kept_and_those_before_stay(place: Place) -> None:
    services = place.process()
    place.approve(services)
    before = invites.kept_of(services, "demo").get(f"{place.kind}.tokens")
    browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
    back = place.back(place.away(browser, link))
    place.account.books.faults.garbage = "403"
    assert browser.get(back).status_code == 502
    assert invites.kept_of(services, "demo").get(f"{place.kind}.tokens") == before


def test_an_approval_at_another_account_is_refused(ledger: Ledger) -> None:
    with account_of("lightspeed_x") as account:
        place = Place("lightspeed_x", account, ledger, account.clock)
        services = place.process()
        people.connect(services, "ann", "demo", place.table(subdomain="their-own"))
        browser, link = create_app(services).test_client(), invites.invite(services, "ann", "demo")
        answer = browser.get(place.back(place.away(browser, link)))
    assert answer.status_code == 409 and "another account than their-own" in answer.text


def test_a_link_for_both_sides_is_good_until_both_have_approved(ledger: Ledger) -> None:
    with account_of("lightspeed_x") as account:
        place = Place("lightspeed_x", account, ledger, account.clock)
        services = place.process()
        by_link = {"client_id": "client", "client_secret": "secret", "grant": "authorization_code"}
        people.connect(services, "ann", "demo", place.table() | {"shopify": by_link})
        link = invites.invite(services, "ann", "demo")
        browser = create_app(services).test_client()
        path = link.removeprefix(HOME)
        assert f"{path}/go" in browser.get(path).text
        said = browser.get(place.back(place.away(browser, link)), follow_redirects=True).text
        assert f"{path}/go" in said and f"{path}/pos" not in said  # Shopify is left
        invites.settle(services, "demo", invites.SHOPIFY)
        assert browser.get(path).status_code == 404


def test_where_nothing_is_approved_there_is_no_way(place: Place) -> None:
    services = place.process()
    own = {**place.table(), "pos": {"kind": "heartland", "subdomain": "demo", "token": "till"}}
    people.reconnect(services, "ann", "demo", own, "pos")
    with pytest.raises(Refused, match=r"pos\.grant"):
        invites.invite(services, "ann", "demo")


def test_a_token_and_an_approval_contradict_each_other(place: Place) -> None:
    if place.kind == "lightspeed_x":
        with pytest.raises(ConfigurationError, match="not both"):
            people.read_table(place.process(), "demo", place.table(token="personal"))
    with pytest.raises(ConfigurationError, match="client_secret"):
        people.read_table(place.process(), "demo", place.table(client_secret=""))
