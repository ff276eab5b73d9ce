"""Fold: whatever comes, in whatever order and however often, the ledger ends the same and nothing is lost."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Row, func, insert, select

from reconcile import inbox
from reconcile.folding import Folding
from reconcile.ledger.tables import deliveries, events, orders, shops
from reconcile.model import Order, Payment
from reconcile.services import Services
from reconcile.shopify.payload import read_order

CREATED = "2026-11-02T08:00:00Z"


def body(updated_at: str = CREATED, **changes: Any) -> dict[str, Any]:
    order = {
        "id": 1001, "name": "#1001", "created_at": CREATED, "updated_at": updated_at, "currency": "EUR",
        "total_price": "20.00", "financial_status": "paid", "email": "ann@example.com", "tags": "",
        "customer": {"id": 5, "email": "ann@example.com", "first_name": "Ann", "last_name": "Archer"},
        "line_items": [{"id": 7, "sku": "TEA-1", "title": "Tea", "quantity": 2, "price": "10.00"}],
    }  # fmt: skip
    return order | changes


def deliver(services: Services, content: Any, topic: str = "orders/updated", webhook_id: str | None = None) -> int:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with services.ledger.write() as connection:
        count = connection.execute(select(func.count()).select_from(deliveries)).scalar_one()
        values = {
            "store": "demo", "webhook_id": webhook_id or f"w{count}", "topic": topic,
            "received_at": services.clock.now(), "body": services.vault.seal(raw),
        }  # fmt: skip
        statement = insert(deliveries).values(**values).returning(deliveries.c.id)
        return int(connection.execute(statement).scalar_one())


def order_row(services: Services) -> Row[Any]:
    with services.ledger.read() as connection:
        return connection.execute(select(orders)).one()


def delivery_row(services: Services, number: int) -> Row[Any]:
    with services.ledger.read() as connection:
        return connection.execute(select(deliveries).where(deliveries.c.id == number)).one()


VERSIONS = [
    body(),
    body("2026-11-02T08:00:05Z", total_price="25.00"),
    body("2026-11-02T08:00:09Z", total_price="30.00", financial_status="partially_refunded"),
]


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
def test_the_newest_version_wins_in_any_order_and_however_often(services: Services, arrival: tuple[int, ...]) -> None:
    for number in (*arrival, arrival[0], arrival[1]):
        deliver(services, VERSIONS[number])
        inbox.drain(services)
    assert str(order_row(services).total) == "30.00"
    assert order_row(services).body["financial_status"] == "partially_refunded"


def test_one_batch_may_carry_an_order_many_times(services: Services) -> None:
    for version in (VERSIONS[1], VERSIONS[0], VERSIONS[2], VERSIONS[2]):
        deliver(services, version)
    assert inbox.drain(services) == 4
    assert str(order_row(services).total) == "30.00"
    assert inbox.drain(services) == 0


def test_two_versions_of_the_same_second_are_settled_by_asking_shopify(services: Services) -> None:
    deliver(services, VERSIONS[1])
    deliver(services, VERSIONS[1] | {"total_price": "26.00"})
    inbox.drain(services)
    assert order_row(services).reread is True
    assert order_row(services).next_look_at == services.clock.now()


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{",
        b'{"id": "no number"}',
        b'{"id": 1}' + b"[" * 100_000,
        b"0" * 9000,
    ],
    ids=["empty", "cut", "list", "text", "null", "not utf-8", "id", "deep", "huge number"],
)
def test_a_poison_payload_is_parked_with_its_error_and_blocks_nothing(services: Services, poison: bytes) -> None:
    bad = deliver(services, poison)
    good = deliver(services, body())
    inbox.drain(services)
    parked = delivery_row(services, bad)
    assert parked.state == "parked" and parked.error
    assert services.vault.open(parked.body) == poison  # kept, so that it can be replayed
    assert delivery_row(services, good).state == "folded"
    assert order_row(services).name == "#1001"


def test_a_folded_body_is_dropped_and_no_personal_data_stays(services: Services) -> None:
    number = deliver(services, body(shipping_address={"first_name": "Ann", "last_name": "Archer", "city": "Toulouse"}))
    inbox.drain(services)
    assert delivery_row(services, number).body is None
    stored = json.dumps(order_row(services).body)
    assert not [word for word in ("ann@example.com", "Ann", "Archer", "Toulouse") if word in stored]


def test_our_own_echo_moves_neither_the_eligibility_nor_the_next_look(services: Services) -> None:
    deliver(services, body())
    inbox.drain(services)
    before = order_row(services)
    deliver(services, body("2026-11-02T08:30:00Z", tags="reconciler-retry-1"))
    inbox.drain(services)
    after = order_row(services)
    assert (after.eligible_at, after.changed_at, after.next_look_at) == (
        before.eligible_at, before.changed_at, before.next_look_at,
    )  # fmt: skip
    assert after.body["tags"] == ["reconciler-retry-1"]


def test_an_order_becomes_eligible_when_it_is_paid(services: Services) -> None:
    deliver(services, body(financial_status="pending"))
    deliver(services, body("2026-11-02T08:40:00Z"), topic="orders/paid")
    inbox.drain(services)
    assert order_row(services).eligible_at.isoformat() == "2026-11-02T08:40:00+00:00"


def paid_an_hour_later() -> Order:
    """As Shopify shows an order that waited for its payment until nine."""
    order = read_order(json.dumps(body("2026-11-02T09:00:00Z")).encode())
    came = datetime(2026, 11, 2, 9, tzinfo=UTC)
    paid = Payment(kind="sale", status="success", gateway="bank deposit", amount=order.total, created_at=came)
    return replace(order, payments=(paid,))


def fold(services: Services, order: Order, found_by: str) -> None:
    with services.ledger.write() as connection:
        folding = Folding(services, connection, [("demo", order.order_id)])
        folding.fold("demo", order, found_by=found_by)
        folding.write()


def test_an_order_that_is_first_seen_paid_was_eligible_from_its_payment_on(services: Services) -> None:
    fold(services, paid_an_hour_later(), "sweep")
    assert order_row(services).eligible_at == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_when_it_was_paid_is_learned_from_shopify_before_it_is_called_late(services: Services) -> None:
    deliver(services, body("2026-11-02T09:00:00Z"), "orders/paid")
    inbox.drain(services)
    assert order_row(services).eligible_at.isoformat() == "2026-11-02T08:00:00+00:00"
    fold(services, paid_an_hour_later(), "look")
    assert order_row(services).eligible_at.isoformat() == "2026-11-02T09:00:00+00:00"


def test_a_refund_of_a_known_order_has_it_read_from_shopify(services: Services) -> None:
    deliver(services, body())
    deliver(services, {"id": 9, "order_id": 1001}, topic="refunds/create")
    inbox.drain(services)
    assert order_row(services).reread is True
    assert order_row(services).next_look_at == services.clock.now()


def test_a_refund_of_an_unknown_order_brings_the_sweep_forward(services: Services) -> None:
    deliver(services, {"id": 9, "order_id": 1001}, topic="refunds/create")
    inbox.drain(services)
    with services.ledger.read() as connection:
        assert connection.execute(select(shops.c.next_sweep_at)).scalar_one() == services.clock.now()


def test_an_unknown_topic_is_kept_and_folds_to_nothing(services: Services) -> None:
    number = deliver(services, {"anything": 1}, topic="themes/publish")
    inbox.drain(services)
    assert delivery_row(services, number).state == "folded"


@pytest.mark.parametrize("topic", ["app/uninstalled", "shop/redact", "customers/redact"])
def test_what_would_end_something_acts_only_when_its_body_fits(services: Services, topic: str) -> None:
    number = deliver(services, b"[]", topic=topic)
    inbox.drain(services)
    assert delivery_row(services, number).state == "parked"
    with services.ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(events)).scalar_one() == 0


def test_a_redacted_customer_leaves_an_order_that_can_still_be_folded(services: Services) -> None:
    deliver(services, body())
    deliver(services, {"orders_to_redact": [1001]}, topic="customers/redact")
    inbox.drain(services)
    assert "customer" not in order_row(services).body
    deliver(services, body("2026-11-02T08:40:00Z", total_price="21.00"))
    inbox.drain(services)
    assert str(order_row(services).total) == "21.00"


def test_an_uninstall_stops_nothing_before_shopify_has_confirmed_it(services: Services) -> None:
    deliver(services, {"id": 1, "domain": "demo.myshopify.com"}, topic="app/uninstalled")
    inbox.drain(services)
    with services.ledger.read() as connection:
        shop = connection.execute(select(shops)).one()
    assert shop.stopped_at is None and shop.next_sweep_at == services.clock.now()


def test_workers_that_drain_at_once_fold_every_delivery_once(services: Services) -> None:
    for number in range(60):
        deliver(services, body() | {"id": number + 1, "name": f"#{number + 1}"})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: inbox.drain(services), range(4)))
    with services.ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(orders)).scalar_one() == 60
        states = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
    assert [tuple(state) for state in states] == [("folded", 60)]


def test_the_first_look_is_two_minutes_after_a_fresh_order(services: Services) -> None:
    deliver(services, body(created_at="2026-11-02T09:00:00Z", updated_at="2026-11-02T09:00:00Z"))
    inbox.drain(services)
    assert order_row(services).next_look_at == services.clock.now() + timedelta(minutes=2)


@pytest.mark.parametrize("late", [0, 1], ids=["the older is written last", "the newer is written last"])
def test_of_what_two_workers_fold_at_once_the_newest_version_stands(services: Services, late: int) -> None:
    deliver(services, VERSIONS[0])
    inbox.drain(services)
    first, last = (VERSIONS[2], VERSIONS[1]) if late == 0 else (VERSIONS[1], VERSIONS[2])
    assert total_after_both(services, first, last) == "30.00"


def test_of_two_workers_that_see_an_order_first_the_newest_version_stands(services: Services) -> None:
    assert total_after_both(services, VERSIONS[0], VERSIONS[2]) == "30.00"


def total_after_both(services: Services, first: dict[str, Any], last: dict[str, Any]) -> str:
    """One worker has folded the first and not committed yet when another one begins with the last."""
    deliver(services, last)
    with ThreadPoolExecutor(1) as pool:
        with services.ledger.write() as connection:
            folding = Folding(services, connection, [("demo", 1001)])
            folding.fold("demo", read_order(json.dumps(first).encode()), found_by="webhook")
            folding.write()
            other = pool.submit(inbox.drain, services)
            time.sleep(0.3)
        assert other.result(timeout=20) == 1
    return str(order_row(services).total)


def test_an_edit_in_the_same_batch_as_its_order_has_it_read_again(services: Services) -> None:
    deliver(services, body())
    deliver(services, {"order_edit": {"id": 1, "order_id": 1001}}, "orders/edited")
    assert inbox.drain(services) == 2
    row = order_row(services)
    assert (row.reread, row.next_look_at) == (True, services.clock.now())


def test_an_edit_says_when_and_no_later_version_of_the_order_takes_that_away(services: Services) -> None:
    edit = {"order_edit": {"id": 1, "order_id": 1001, "committed_at": "2026-11-02T08:20:00Z"}}
    deliver(services, body())
    deliver(services, edit, "orders/edited")
    deliver(services, body("2026-11-02T08:20:01Z", current_total_price="10.00"))
    deliver(services, edit, "orders/edited")
    inbox.drain(services)
    row = order_row(services)
    assert row.body["edited_at"] == "2026-11-02T08:20:00+00:00"
    assert (row.body["current_total"], row.reread) == ("10.00", True)


def test_an_order_that_changes_after_it_was_taken_for_deleted_is_there_again(services: Services) -> None:
    deliver(services, body())
    inbox.drain(services)
    gone = replace(read_order(json.dumps(body("2026-11-02T08:30:00Z")).encode()), deleted_at=services.clock.now())
    with services.ledger.write() as connection:
        folding = Folding(services, connection, [("demo", 1001)])
        folding.fold("demo", gone, found_by="look")
        folding.write()
    assert order_row(services).body["deleted_at"]
    deliver(services, body("2026-11-02T08:40:00Z"))
    inbox.drain(services)
    assert order_row(services).body["deleted_at"] is None
    assert order_row(services).next_look_at is not None


def test_a_redaction_overwrites_no_version_that_is_folded_meanwhile(services: Services) -> None:
    deliver(services, body())
    inbox.drain(services)
    deliver(services, {"orders_to_redact": [1001]}, topic="customers/redact")
    with ThreadPoolExecutor(1) as pool:
        with services.ledger.write() as connection:
            folding = Folding(services, connection, [("demo", 1001)])
            folding.fold("demo", read_order(json.dumps(VERSIONS[1]).encode()), found_by="webhook")
            folding.write()
            other = pool.submit(inbox.drain, services)
            time.sleep(0.3)
        assert other.result(timeout=20) == 1
    row = order_row(services)
    assert (row.body["total"], "customer" in row.body) == ("25.00", False)


def test_what_one_worker_has_in_hand_another_leaves_alone(services: Services) -> None:
    if services.ledger.is_sqlite:
        pytest.skip("one writer at a time: there is nothing to share out")
    for number in range(6):
        deliver(services, body() | {"id": number + 1, "name": f"#{number + 1}"})
    with services.ledger.write() as connection:
        first = select(deliveries.c.id).order_by(deliveries.c.id).limit(4).with_for_update()
        assert len(connection.execute(first).all()) == 4
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(inbox.drain, services).result(timeout=20) == 2
    assert inbox.drain(services) == 4
