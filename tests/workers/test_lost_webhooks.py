"""Webhooks that are lost: what first told of an order stands, and a later change is no proof that its first one came."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from reconcile import inbox
from reconcile.clock import ManualClock
from reconcile.http import Http
from reconcile.incident_words import WEBHOOKS_LOST
from reconcile.ledger.tables import deliveries, incidents, orders
from reconcile.services import Services
from reconcile.shopify.admin import Admin, StaticToken
from reconcile.sweep import sweep
from tests.contract.shops import DOMAIN, FIRST_ID, STATIC, Storefront, storefront

NUMBERS = range(1001, 1011)
MINUTE = timedelta(minutes=1)
Told = list[dict[str, Any]]


@pytest.fixture
def front() -> Iterator[Storefront]:
    with storefront() as opened:
        yield opened


@pytest.fixture
def live(services: Services, front: Storefront) -> Services:
    """The shop's services, its Shopify being the storefront."""
    http = Http(front.url, sleep=front.sleep)
    admin = Admin(http, shop=DOMAIN, credentials=StaticToken(STATIC), clock=front, sleep=front.sleep)
    return replace(services, admin=lambda shop: admin)


@pytest.fixture
def wait(front: Storefront, clock: ManualClock) -> Callable[[timedelta], Told]:
    """Let time pass on both clocks; answers the webhooks that are sent meanwhile."""

    def pass_time(by: timedelta) -> Told:
        sent = front.pass_time(by)
        clock.set(front.now())
        return sent

    return pass_time


def receive(services: Services, told: Iterable[dict[str, Any]]) -> None:
    with services.ledger.write() as connection:
        for one in told:
            headers = {name.title(): value for name, value in one["headers"].items()}
            connection.execute(insert(deliveries).values(
                store="demo", webhook_id=headers["X-Shopify-Webhook-Id"], topic=headers["X-Shopify-Topic"],
                received_at=services.clock.now(), body=services.vault.seal(one["body"].encode()),
            ))  # fmt: skip
    inbox.drain(services)


def looked_for(services: Services) -> None:
    assert sweep(services.shop("demo"), services).error is None


def found_by(services: Services) -> set[str]:
    with services.ledger.read() as connection:
        return set(connection.execute(select(orders.c.found_by)).scalars())


def open_incidents(services: Services) -> list[str]:
    query = select(incidents.c.cause).where(incidents.c.state != "resolved")
    with services.ledger.read() as connection:
        return list(connection.execute(query).scalars())


def place_all(front: Storefront, pass_time: Callable[[timedelta], Told]) -> Told:
    pass_time(MINUTE)  # the shop is connected before its first order
    for number in NUMBERS:
        front.place(number)
    return pass_time(MINUTE)


def test_a_change_that_is_told_of_does_not_hide_that_the_order_was_not(
    live: Services, front: Storefront, wait: Callable[[timedelta], Told]
) -> None:
    place_all(front, wait)  # and not one of these webhooks comes through
    looked_for(live)
    for number in NUMBERS:
        front.shop.change(FIRST_ID + number, "orders/fulfilled", fulfillment_status="fulfilled")
    changes = wait(MINUTE)
    assert changes
    receive(live, changes)
    wait(11 * MINUTE)
    looked_for(live)
    assert found_by(live) == {"sweep"}
    assert open_incidents(live) == [WEBHOOKS_LOST]


def test_a_webhook_that_was_only_slower_than_the_sweep_is_not_lost(
    live: Services, front: Storefront, wait: Callable[[timedelta], Told]
) -> None:
    slow = place_all(front, wait)
    looked_for(live)
    receive(live, slow)
    wait(11 * MINUTE)
    looked_for(live)
    assert found_by(live) == {"sweep"}
    assert open_incidents(live) == []


def test_webhooks_that_come_again_end_the_incident(
    live: Services, front: Storefront, wait: Callable[[timedelta], Told]
) -> None:
    place_all(front, wait)
    looked_for(live)
    wait(11 * MINUTE)
    looked_for(live)
    assert open_incidents(live) == [WEBHOOKS_LOST]
    for number in range(2000, 2060):
        front.place(number)
        receive(live, wait(MINUTE / 6))
    wait(11 * MINUTE)
    looked_for(live)
    assert open_incidents(live) == []
