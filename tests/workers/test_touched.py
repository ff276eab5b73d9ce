"""A touched order that has arrived may arrive once more: it is looked at again, and the shop is stopped."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row, insert, select

from reconcile import loop
from reconcile.ledger import Ledger
from reconcile.ledger.queries import order_of
from reconcile.ledger.tables import actions, shops
from reconcile.model import OrderLine
from tests.contract.shops import FIRST_ID
from tests.rows import an_order, keep
from tests.workers.front import Front, front

ORDER = FIRST_ID + 1001


@pytest.fixture
def here(ledger: Ledger) -> Iterator[Front]:
    """An order that was touched five minutes ago, and has just arrived in the POS."""
    with front(ledger) as opened:
        placed = opened.shopify.now() - timedelta(hours=1)
        line = OrderLine(line_id=1, sku="MUG-01", title="Mug", quantity=1, current_quantity=1, price=Decimal(100))
        order = an_order(
            ORDER, name="#1001", number=1001, created_at=placed, updated_at=placed, total=Decimal("100.00"),
            tax=Decimal(0), current_tax=Decimal(0), shipping=Decimal(0), lines=(line,),
        )  # fmt: skip
        keep(ledger, order, next_look_at=opened.shopify.now(), touches=1, attempts=1, detailed_at=opened.shopify.now())
        touch = {
            "store": "demo", "order_id": ORDER, "number": 1, "tag": "reconciler-retry-1", "state": "done",
            "cause": "unexplained", "intended_at": opened.shopify.now() - timedelta(minutes=5),
        }  # fmt: skip
        with ledger.write() as connection:
            connection.execute(insert(actions).values(**touch))
        sell(opened)
        yield opened


def sell(here: Front) -> None:
    line = here.pos.sell("#1001").partition(":")[2]
    here.pos.books.set_order(int(line), created_at=here.shopify.now())


def look(here: Front) -> tuple[Row[Any], Row[Any], str | None]:
    """The order, the shop, and how the touch went."""
    loop.reconcile(here.shop, here.services)
    with here.services.ledger.read() as connection:
        order = order_of(connection, "demo", ORDER)
        shop = connection.execute(select(shops)).one()
        outcome = connection.execute(select(actions.c.outcome)).scalar_one()
    assert order is not None
    return order, shop, outcome


def test_a_second_sale_that_a_touch_brings_later_stops_the_shop(here: Front) -> None:
    order, shop, outcome = look(here)
    assert (order.standing, outcome, shop.touch) == ("matched", "arrived", "works")
    assert order.next_look_at == here.shopify.now() + timedelta(minutes=5)
    sell(here)
    here.shopify.pass_time(timedelta(minutes=6))
    order, shop, outcome = look(here)
    assert (order.standing, outcome, shop.touch) == ("differs", "doubled", "doubles")
    assert shop.stopped_at is not None


def test_one_that_stays_alone_is_left_in_peace_after_an_hour(here: Front) -> None:
    for minutes in (0, 5, 50):
        here.shopify.pass_time(timedelta(minutes=minutes))
        order, shop, outcome = look(here)
    assert (order.standing, order.next_look_at, outcome, shop.stopped_at) == ("matched", None, "arrived", None)
