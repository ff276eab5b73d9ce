"""A merchant installs the app by a link, over real HTTP: the sandbox's Shopify asks, approves, grants and renews."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select

from reconcile import people
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings
from reconcile.errors import Refused, Unauthorised
from reconcile.ledger import Ledger
from reconcile.ledger.tables import events, kept
from reconcile.people import approvals, invites
from reconcile.services import Services
from reconcile.shopify.admin import TOPICS
from reconcile.shopify.installed import TOKENS
from sandbox import server as sandbox
from tests.contract.serving import served
from webhooks.app import create_app

START = datetime(2026, 11, 2, tzinfo=UTC)
HOME = "https://reconciler.example"
OPENED = {
    "start": START.isoformat(), "webhook_url": None, "secret": "client-secret", "pos_token": "till", "client_id": "client",
    "client_secret": "client-secret", "scenario": {"seed": 3, "hours": 1, "orders": 5},
}  # fmt: skip


@pytest.fixture
def floor() -> Iterator[str]:
    with served(sandbox.create_app()) as url:
        requests.post(f"{url}/_control/reset", json=OPENED, timeout=60).raise_for_status()
        yield url


class Shelf:
    """The installation's processes, on one ledger and one clock that is the sandbox's too."""

    def __init__(self, floor: str, ledger: Ledger) -> None:
        self.floor = floor
        self.ledger = ledger
        self.clock = ManualClock(START)
        self.page = self.process()
        table = {
            "shop": "demo-shop.myshopify.com", "webhook_secrets": ["client-secret"], "mode": "auto",
            "webhook_url": f"{HOME}/webhooks/shopify",
            "shopify": {
                "client_id": "client", "client_secret": "client-secret", "grant": "authorization_code", "base_url": floor,
            },
            "pos": {"kind": "heartland", "subdomain": "demo", "base_url": f"{floor}/heartland/api", "token": "till"},
        }  # fmt: skip
        people.connect(self.page, "ann", "demo", table)

    def process(self) -> Services:
        return make_services(Settings(shops={}, secret_key="a key for tests"), self.clock, self.ledger)

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.control("advance", to=self.clock.now().isoformat())

    def control(self, what: str, **body: Any) -> None:
        requests.post(f"{self.floor}/_control/{what}", json=body, timeout=60).raise_for_status()

    def browser(self) -> FlaskClient:
        return create_app(self.page).test_client()

    def approve(self, browser: FlaskClient, link: str) -> str:
        """Follow the link to Shopify and approve; answers where Shopify sends the browser."""
        path = link.removeprefix(HOME)
        assert "read_orders" in browser.get(path).text
        away = browser.get(f"{path}/go").location
        assert away.startswith(f"{self.floor}/admin/oauth/authorize?")
        back = requests.get(away, allow_redirects=False, timeout=10).headers["Location"]
        assert back.startswith(f"{HOME}{approvals.BACK}?")
        return back.removeprefix(HOME)

    def install(self) -> str:
        browser = self.browser()
        back = self.approve(browser, invites.invite(self.page, "ann", "demo"))
        return browser.get(back, follow_redirects=True).text

    def facts(self, services: Services) -> str:
        return services.admin(services.shop("demo")).shop_facts().domain


@pytest.fixture
def shelf(floor: str, ledger: Ledger) -> Shelf:
    return Shelf(floor, ledger)


@pytest.mark.parametrize("hmac_over", ["encoded", "plain"])
@pytest.mark.parametrize("offline", ["expiring", "permanent"])
def test_a_merchant_installs_the_app_and_every_process_is_let_in(shelf: Shelf, hmac_over: str, offline: str) -> None:
    shelf.control("fault", shopify={"hmac_over": hmac_over, "offline": offline})
    worker = shelf.process()
    with pytest.raises(Unauthorised, match="stores invite"):
        shelf.facts(worker)
    said = shelf.install()
    assert "is connected" in said
    assert "read_locations" in said  # which the sandbox does not grant
    assert shelf.facts(worker) == "demo-shop.myshopify.com"
    admin = worker.admin(worker.shop("demo"))
    assert {one.topic for one in admin.subscriptions()} == set(TOPICS)
    shelf.pass_time(timedelta(days=2))
    assert shelf.facts(worker) == shelf.facts(shelf.process()) == "demo-shop.myshopify.com"


def test_what_was_granted_lies_nowhere_in_the_open(shelf: Shelf) -> None:
    shelf.install()
    with shelf.ledger.read() as connection:
        values = connection.execute(select(kept.c.value)).scalars().all()
        told = " ".join(connection.execute(select(events.c.text)).scalars())
    assert values and not any(b"shpca_" in value or b"shprt_" in value for value in values)
    assert "the app was installed" in told and "shpca_" not in told


def test_a_token_is_renewed_before_it_ends_and_the_other_process_takes_the_newer_one(shelf: Shelf) -> None:
    shelf.install()
    one, other = shelf.process(), shelf.process()
    for _ in range(4):
        assert shelf.facts(one) == "demo-shop.myshopify.com"
        shelf.pass_time(timedelta(minutes=59))
        assert shelf.facts(other) == "demo-shop.myshopify.com"
        assert shelf.facts(one) == "demo-shop.myshopify.com"  # its own token was ended by the other's renewal


def test_a_renewal_whose_answer_is_lost_is_asked_again(shelf: Shelf) -> None:
    shelf.install()
    worker = shelf.process()
    shelf.pass_time(timedelta(minutes=59))
    shelf.control("fault", shopify={"lose_tokens_next": True})
    with pytest.raises(Exception, match="could not be reached"):
        shelf.facts(worker)
    assert shelf.facts(worker) == "demo-shop.myshopify.com"


def test_an_app_that_was_taken_away_says_what_to_do(shelf: Shelf) -> None:
    shelf.install()
    worker = shelf.process()
    stored = invites.kept_of(worker, "demo")
    stored.put(TOKENS, json.dumps(json.loads(stored.get(TOKENS) or "") | {"access": "gone", "refresh": "gone"}))
    with pytest.raises(Unauthorised, match="let the merchant install the app"):
        shelf.facts(worker)
    assert "is connected" in shelf.install()
    assert shelf.facts(worker) == "demo-shop.myshopify.com"


# --- opened from Shopify's admin ------------------------------------------------------------------------------------


def opened(shelf: Shelf, secret: str = "client-secret", **values: str) -> str:
    """The app's address, as Shopify opens it in a shop's admin."""
    query = {"shop": "demo-shop.myshopify.com", "timestamp": str(int(shelf.clock.now().timestamp())), **values}
    message = urlencode(sorted(query.items()))
    query["hmac"] = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return f"/connect/app?{urlencode(query)}"


def test_a_merchant_who_installed_the_app_in_shopify_needs_no_link(shelf: Shelf) -> None:
    browser = shelf.browser()
    away = browser.get(opened(shelf)).location
    back = requests.get(away, allow_redirects=False, timeout=10).headers["Location"]
    assert "is connected" in browser.get(back.removeprefix(HOME), follow_redirects=True).text
    assert shelf.facts(shelf.process()) == "demo-shop.myshopify.com"


def test_only_shopify_opens_the_app(shelf: Shelf) -> None:
    for path, status in (
        (opened(shelf, secret="guessed"), 409), (opened(shelf, timestamp="1"), 409), ("/connect/app", 404),
        (opened(shelf, shop="other.myshopify.com"), 404), (opened(shelf) + "&more=1", 409),
    ):  # fmt: skip
        assert shelf.browser().get(path).status_code == status, path


# --- the link -------------------------------------------------------------------------------------------------------


def test_a_link_is_good_once_for_a_week_and_until_a_newer_one(shelf: Shelf) -> None:
    first, second = (invites.invite(shelf.page, "ann", "demo") for _ in range(2))
    browser = shelf.browser()
    assert browser.get(first.removeprefix(HOME)).status_code == 404
    back = shelf.approve(browser, second)
    assert browser.get(back, follow_redirects=True).status_code == 200
    assert browser.get(back).status_code == 409
    assert browser.get(second.removeprefix(HOME)).status_code == 404
    third = invites.invite(shelf.page, "ann", "demo")
    shelf.clock.advance(timedelta(days=7))
    assert "expired" in browser.get(third.removeprefix(HOME)).text


@pytest.mark.parametrize("token", ["x", "gAAAAA", "%20", "a" * 5000])
def test_a_link_that_is_none_is_not_there(shelf: Shelf, token: str) -> None:
    answer = shelf.browser().get(f"/connect/{token}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_what_is_sealed_for_another_purpose_is_no_link(shelf: Shelf) -> None:
    sealed = shelf.page.vault.seal(json.dumps({"shop": "demo"}).encode()).decode()
    assert shelf.browser().get(f"/connect/{sealed}").status_code == 404


def test_a_link_speaks_french_to_who_reads_it(shelf: Shelf) -> None:
    path = invites.invite(shelf.page, "ann", "demo").removeprefix(HOME)
    said = shelf.browser().get(path, headers={"Accept-Language": "fr"}).text
    assert "Installer" in said or "installer" in said


# --- what is not Shopify's answer -----------------------------------------------------------------------------------


def changed(back: str, **values: str) -> str:
    parts = urlsplit(back)
    query = dict(part.split("=", 1) for part in parts.query.split("&")) | values
    return f"{parts.path}?" + "&".join(f"{name}={value}" for name, value in query.items())


@pytest.mark.parametrize(
    "values",
    [
        {"hmac": "0" * 64}, {"hmac": ""}, {"code": "another"}, {"shop": "other.myshopify.com"}, {"timestamp": "1"},
        {"state": "guessed"}, {"more": "1"},
    ],
)  # fmt: skip
def test_an_answer_that_was_changed_installs_nothing(shelf: Shelf, values: dict[str, str]) -> None:
    browser = shelf.browser()
    link = invites.invite(shelf.page, "ann", "demo")
    answer = browser.get(changed(shelf.approve(browser, link), **values))
    assert answer.status_code == 409, answer.text
    with pytest.raises(Unauthorised):
        shelf.facts(shelf.page)
    assert browser.get(link.removeprefix(HOME)).status_code == 200


def test_another_browser_cannot_finish_what_this_one_began(shelf: Shelf) -> None:
    back = shelf.approve(shelf.browser(), invites.invite(shelf.page, "ann", "demo"))
    assert shelf.browser().get(back).status_code == 409


def test_an_answer_that_comes_late_is_refused(shelf: Shelf) -> None:
    browser = shelf.browser()
    back = shelf.approve(browser, invites.invite(shelf.page, "ann", "demo"))
    shelf.clock.advance(timedelta(minutes=11))
    assert browser.get(back).status_code == 409


def test_a_code_that_shopify_does_not_take_is_said_to_the_merchant(shelf: Shelf) -> None:
    browser = shelf.browser()
    link = invites.invite(shelf.page, "ann", "demo")
    back = shelf.approve(browser, link)
    code = dict(part.split("=", 1) for part in urlsplit(back).query.split("&"))["code"]
    body = {"client_id": "client", "client_secret": "client-secret", "code": code}
    requests.post(f"{shelf.floor}/admin/oauth/access_token", json=body, timeout=10).raise_for_status()
    answer = browser.get(back)
    assert answer.status_code == 502
    assert "client-secret" not in answer.text


def test_only_a_shop_whose_app_is_installed_by_a_link_gets_one(shelf: Shelf) -> None:
    shop = replace(shelf.page.shop("demo"), shopify={"access_token": "shpat"})
    services = replace(shelf.page, settings=replace(shelf.page.settings, shops={"demo": shop}))
    with pytest.raises(Refused, match="authorization_code"):
        invites.invite(services, "ann", "demo")
