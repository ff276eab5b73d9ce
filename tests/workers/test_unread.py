"""A POS that cannot be read: its orders say since when, and nothing is concluded from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconcile import loop
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.ledger.queries import order_of
from reconcile.services import Services
from tests.rows import an_order, keep
from workers.broker import free_port


@pytest.fixture
def unreachable(services: Services, clock: ManualClock) -> Services:
    """The same shop, whose POS is at an address where nobody answers."""
    pos = {"base_url": f"http://127.0.0.1:{free_port()}/api", "token": "t", "spacing_ms": 0, "subdomain": "demo"}
    shop = replace(services.shop("demo"), pos=pos, shopify={"access_token": "t"})
    return make_services(replace(services.settings, shops={"demo": shop}), clock, services.ledger)


def test_an_order_keeps_since_when_it_could_not_be_read(unreachable: Services, clock: ManualClock) -> None:
    first = clock.now()
    keep(unreachable.ledger, an_order(), next_look_at=first)
    for _ in range(2):
        assert loop.reconcile(unreachable.shop("demo"), unreachable).unread
        clock.advance(timedelta(minutes=5))
    with unreachable.ledger.read() as connection:
        row = order_of(connection, "demo", 1001)
    assert row is not None
    assert (row.standing, row.unread_since, row.case_state) == ("unread", first, None)
