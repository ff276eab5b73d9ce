"""The sweep: what is asked for meanwhile is not forgotten, and an uninstall of long ago ends nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, func, insert, select, update

from reconcile import people
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, orders, shops
from reconcile.sweep import sweep
from tests.rows import an_order, keep
from tests.workers.front import Front, front


@pytest.fixture
def here(ledger: Ledger) -> Iterator[Front]:
    with front(ledger) as opened:
        yield opened


def shop_row(here: Front) -> Row[Any]:
    with here.services.ledger.read() as connection:
        return connection.execute(select(shops)).one()


def test_a_sweep_reads_what_changed_and_moves_the_watermark(here: Front) -> None:
    here.shopify.place(1001)
    result = sweep(here.shop, here.services)
    assert (result.seen, result.changed) == (1, 1)
    assert shop_row(here).watermark == here.shopify.now()


def test_an_earlier_sweep_that_is_asked_for_while_one_runs_is_not_forgotten(here: Front) -> None:
    here.shopify.place(1001)
    since = here.shopify.now() - timedelta(days=30)
    sweep(here.shop, here.services, on_page=lambda _: people.sweep_since(here.services, "ann", "demo", since))
    row = shop_row(here)
    assert (row.watermark, row.next_sweep_at) == (since, here.shopify.now())


def uninstall(here: Front, minutes_ago: int) -> None:
    at = here.shopify.now() - timedelta(minutes=minutes_ago)
    rows = [
        {"store": "demo", "webhook_id": topic, "topic": topic, "received_at": at, "state": "folded"}
        for topic in ("app/uninstalled", "shop/redact")
    ]
    with here.services.ledger.write() as connection:
        connection.execute(insert(deliveries), rows)


@pytest.mark.parametrize(("minutes_ago", "left"), [(90, 1), (30, 0)], ids=["an earlier one", "this one"])
def test_a_refused_token_ends_only_the_installation_that_was_uninstalled(
    here: Front, minutes_ago: int, left: int
) -> None:
    keep(here.services.ledger, an_order())
    with here.services.ledger.write() as connection:
        connection.execute(update(shops).values(swept_at=here.shopify.now() - timedelta(hours=1)))
    uninstall(here, minutes_ago)
    here.shopify.side.access.tokens.clear()
    assert sweep(here.shop, here.services).error
    with here.services.ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(orders)).scalar_one() == left
    assert (shop_row(here).stopped_at is None) is bool(left)
