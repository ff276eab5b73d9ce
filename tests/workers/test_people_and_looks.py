"""A person, or a delivery, and a look at the same order at the same moment: neither's word is lost."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, update

from reconcile import people
from reconcile.cases import unless_changed
from reconcile.errors import Refused
from reconcile.ledger.lease import lease
from reconcile.ledger.queries import order_of
from reconcile.ledger.tables import actions, incidents, orders
from reconcile.rounds import open_round
from reconcile.services import Services
from reconcile.shops import change, row_for_change
from reconcile.shops import row_of as shop_row
from reconcile.touches import TouchBook, open_book
from tests.rows import an_order, keep

SEEN: dict[str, Any] = {"standing": "missing", "case_state": "needs_person", "closing": None, "looks": 3}
CAUSE = ("archived_orders_off", "Download Archived Orders")


def row_of(services: Services) -> Row[Any]:
    with services.ledger.read() as connection:
        row = order_of(connection, "demo", 1001)
    assert row is not None
    return row


def written(services: Services, before: Row[Any]) -> dict[str, Any]:
    now = services.clock.now()
    return unless_changed(before, row_of(services), SEEN | {"next_look_at": now + timedelta(hours=1)}, now)


def test_a_look_that_nobody_crossed_writes_everything(services: Services) -> None:
    keep(services.ledger, an_order())
    assert written(services, row_of(services)) == SEEN | {"next_look_at": services.clock.now() + timedelta(hours=1)}


@pytest.mark.parametrize("what", ["requeue", "dismiss", "hold", "delivery"])
def test_what_came_while_it_looked_stands_and_is_looked_at_again_at_once(services: Services, what: str) -> None:
    keep(services.ledger, an_order())
    before, now = row_of(services), services.clock.now()
    if what == "requeue":
        people.requeue(services, "ann", "demo", 1001)
    elif what == "dismiss":
        people.dismiss(services, "ann", "demo", 1001, "refunded by phone")
    elif what == "hold":
        people.hold(services, "ann", "demo", 1001, now + timedelta(hours=3))
    else:
        with services.ledger.write() as connection:
            connection.execute(update(orders).values(changed_at=now))
    assert written(services, before) == {"standing": "missing", "looks": 3, "next_look_at": now}


def touch(services: Services, order_id: int, minutes_ago: int, outcome: str | None = None, number: int = 1) -> None:
    at = services.clock.now() - timedelta(minutes=minutes_ago)
    values = {
        "store": "demo", "order_id": order_id, "number": number, "tag": f"reconciler-retry-{number}", "state": "done",
        "cause": CAUSE[0], "subject": CAUSE[1], "intended_at": at, "outcome": outcome,
    }  # fmt: skip
    with services.ledger.write() as connection:
        connection.execute(insert(actions).values(**values))


def said_fixed(services: Services, minutes_ago: int) -> None:
    at = services.clock.now() - timedelta(minutes=minutes_ago)
    values = {
        "store": "demo",
        "cause": CAUSE[0],
        "subject": CAUSE[1],
        "state": "acknowledged",
        "opened_at": at,
        "since": at,
    }
    with services.ledger.write() as connection:
        connection.execute(insert(incidents).values(fixed_at=at, fixed_by="ann", **values))


def book_of(services: Services) -> TouchBook:
    with services.ledger.read() as connection:
        return open_book(connection, "demo", services.clock.now())


def test_a_re_queue_is_no_way_around_a_canary_that_is_under_way(services: Services) -> None:
    touch(services, 1001, minutes_ago=5)
    now = services.clock.now()
    assert book_of(services).group(*CAUSE, now, requeued_at=now).room == 0


def test_a_re_queue_forgets_a_canary_that_failed(services: Services) -> None:
    touch(services, 1001, minutes_ago=5, outcome="not_arrived")
    now = services.clock.now()
    assert book_of(services).group(*CAUSE, now, requeued_at=None).room == 0
    assert book_of(services).group(*CAUSE, now, requeued_at=now).room == 1


def test_fixed_is_believed_until_a_touch_shows_otherwise(services: Services) -> None:
    assert not book_of(services).said_fixed(*CAUSE)
    touch(services, 1001, minutes_ago=90, outcome="not_arrived")
    said_fixed(services, minutes_ago=60)
    assert book_of(services).said_fixed(*CAUSE)
    touch(services, 1002, minutes_ago=30, outcome="not_arrived")
    assert not book_of(services).said_fixed(*CAUSE)
    touch(services, 1003, minutes_ago=10, outcome="arrived")
    assert book_of(services).said_fixed(*CAUSE)


def test_an_order_is_left_over_when_two_touches_were_in_vain_while_others_came(services: Services) -> None:
    def left_over(order_id: int) -> bool:
        return book_of(services).left_over(order_id, *CAUSE, services.clock.now())

    for number, last in ((1001, 90), (1003, 50)):
        touch(services, number, minutes_ago=150, outcome="not_arrived")
        touch(services, number, minutes_ago=last, outcome="not_arrived", number=2)
    assert not left_over(1001), "nothing shows that it is fixed"
    touch(services, 1002, minutes_ago=90, outcome="arrived")
    touch(services, 1004, minutes_ago=90)
    touch(services, 1005, minutes_ago=90, outcome="not_arrived")
    assert [left_over(number) for number in (1001, 1002, 1003, 1004, 1005)] == [True, False, False, False, False]
    assert not book_of(services).left_over(1001, "sku_unknown", "MUG-01", services.clock.now())


def test_a_limit_that_an_admin_sets_is_in_force_at_the_next_look(services: Services) -> None:
    keep(services.ledger, an_order(), next_look_at=services.clock.now() + timedelta(days=1), case_state="needs_person")
    people.set_limits(services, "ada", "demo", {"attempts": 0, "pending_after": "5m"})
    assert row_of(services).next_look_at == services.clock.now(), "what is open is decided again"
    with lease(services.ledger, "demo") as held:
        assert held is not None
        shop = open_round(services.shop("demo"), services, held, 10).shop
    assert (shop.limits.attempts, shop.limits.touches_an_hour, shop.pending_after) == (0, 60, timedelta(minutes=5))


def test_a_touch_settles_as_long_as_an_admin_says(services: Services) -> None:
    keep(services.ledger, an_order())
    touch(services, 1001, minutes_ago=12)
    people.requeue(services, "ann", "demo", 1001)
    people.set_limits(services, "ada", "demo", {"settle": "30m"})
    with pytest.raises(Refused, match="still settling"):
        people.requeue(services, "ann", "demo", 1001)


def test_of_two_admins_who_declare_at_once_neither_is_lost(services: Services) -> None:
    with ThreadPoolExecutor(1) as pool:
        with services.ledger.write() as connection:
            before = row_for_change(connection, "demo").declared
            other = pool.submit(people.declare, services, "bo", "demo", {"download_orders": True})
            time.sleep(0.3)
            change(connection, "demo", declared={**before, "download_refunds": False})
        other.result(timeout=20)
    with services.ledger.read() as connection:
        assert shop_row(connection, "demo").declared == {"download_refunds": False, "download_orders": True}
