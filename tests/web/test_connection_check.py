"""Every line of the connection check: each trouble that an admin may have is seen, and says what to do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import insert

from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop
from reconcile.connection_check import Line, look_at
from reconcile.evidence import Declared
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries
from reconcile.services import Services
from reconcile.shops import enrol
from reconcile.subscriptions import register
from sandbox import server as sandbox
from tests.contract.serving import served
from webhooks.app import create_app
from webhooks.connection_words import WORDS, said

START = datetime(2026, 11, 2, tzinfo=UTC)
HERE, OLD = "https://reconciler.example/webhooks/shopify", "https://old.example/webhooks/shopify"
OPENED = {
    "start": START.isoformat(), "webhook_url": None, "secret": "hush", "pos_token": "till", "client_id": "client",
    "client_secret": "client-secret", "access_token": "shpat_static", "scenario": {"seed": 3, "hours": 1, "orders": 5},
}  # fmt: skip


@pytest.fixture
def floor() -> Iterator[str]:
    with served(sandbox.create_app()) as url:
        requests.post(f"{url}/_control/reset", json=OPENED, timeout=60).raise_for_status()
        yield url


@pytest.fixture
def services(floor: str, ledger: Ledger) -> Services:
    shop = Shop(
        store="demo", domain="demo-shop.myshopify.com", webhook_secrets=("hush",), webhook_url=HERE,
        shopify={"access_token": "shpat_static", "base_url": floor},
        pos={"base_url": f"{floor}/heartland/api", "token": "till", "subdomain": "demo", "spacing_ms": 0},
    )  # fmt: skip
    made = make_services(Settings(shops={"demo": shop}, secret_key="a key for tests"), ManualClock(START), ledger)
    enrol(made)
    return made


def lines(services: Services, **changes: Any) -> dict[str, Line]:
    return {line.slug: line for line in look_at(replace(services.shop("demo"), **changes), services)}


def test_subscriptions_that_go_elsewhere_are_seen_and_moved(services: Services) -> None:
    shop = services.shop("demo")
    register(replace(shop, webhook_url=OLD), services)
    found = lines(services)
    assert found["subscriptions_missing"].good is False
    assert found["subscriptions_elsewhere"].facts == {"n": "10", "urls": OLD}
    assert register(shop, services)[1] == 0  # it may be another program's
    assert "subscriptions_elsewhere" in lines(services)
    assert register(shop, services, move=True) == ([], 10)
    found = lines(services)
    assert "subscriptions_elsewhere" not in found and found["subscriptions"].good is True


def test_webhooks_that_come_twice_are_seen(services: Services) -> None:
    row = {"store": "demo", "topic": "orders/updated", "received_at": services.clock.now()}
    with services.ledger.write() as connection:
        for webhook_id, event_id in (("1", "a"), ("2", "b"), ("3", None), ("4", None)):
            connection.execute(insert(deliveries).values(webhook_id=webhook_id, event_id=event_id, **row))
    assert "deliveries_twice" not in lines(services)
    with services.ledger.write() as connection:
        connection.execute(insert(deliveries).values(webhook_id="5", event_id="b", **row))
    assert lines(services)["deliveries_twice"].facts == {"topics": "orders/updated"}


def test_data_and_scopes_that_are_not_granted_are_named(services: Services, floor: str) -> None:
    requests.post(f"{floor}/_control/advance", json={"to": "2026-11-02T01:00:00+00:00"}, timeout=60)
    faults = {"denied_fields": ["email"], "scopes": ["read_orders"]}
    requests.post(f"{floor}/_control/fault", json={"shopify": faults}, timeout=60).raise_for_status()
    found = lines(services)
    assert found["protected_refused"].facts == {"fields": "email", "rules": "customer_incomplete"}
    assert found["no_scope_to_observe"].facts == {"scope": "write_orders"}


def test_a_location_that_the_token_does_not_see_is_named(services: Services) -> None:
    found = lines(services, declared=Declared(locations=("Main Street", "Far Away")))
    assert found["location_unseen"].facts == {"name": "Far Away"}


def test_a_shop_that_lets_nobody_in_is_said_once_for_each_side(services: Services, floor: str) -> None:
    found = lines(
        services, webhook_secrets=(), shopify={"access_token": "wrong", "base_url": floor},
        pos={"base_url": f"{floor}/heartland/api", "token": "wrong", "subdomain": "demo", "spacing_ms": 0},
    )  # fmt: skip
    bad = {slug for slug, line in found.items() if line.good is False}
    assert {"no_secrets", "shopify_refuses", "pos_refuses"} <= bad
    assert "subscriptions_missing" not in found  # nothing is concluded from a door that is shut


@pytest.mark.parametrize("slug", WORDS)
def test_every_line_that_is_not_good_says_what_to_do(services: Services, slug: str) -> None:
    facts = dict.fromkeys(
        ("n", "name", "currency", "zone", "why", "domain", "scope", "fields", "rules", "topics", "url", "urls", "seconds",
         "account", "locations", "what", "order", "reference", "pattern"), "x",
    )  # fmt: skip
    with create_app(services).app_context():
        line = said(Line(slug, False, facts), "demo")
    assert line.what and line.found and "%(" not in line.what + line.found + line.fix
    told = {"secrets", "shopify", "scope", "protected", "subscriptions", "clock", "pos", "reference"}  # all is well
    unknown = {"protected_unseen", "protected_unread", "subscriptions_unread", "no_clock", "reference_unread"}
    assert bool(line.fix) == (slug not in told | unknown)
