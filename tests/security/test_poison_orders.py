"""A signed order may say anything: it is folded, or parked with its error; it never stands in the way of the others."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from reconcile import inbox
from reconcile.ledger.tables import deliveries, orders
from reconcile.services import Services
from reconcile.vault import Vault

PLACED = "2026-11-02T08:00:00Z"
LINE = {"id": 7, "sku": "TEA-1", "title": "Tea", "quantity": 2, "price": "10.00"}


def order(number: int = 1001, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "name": f"#{number}", "created_at": PLACED, "updated_at": PLACED, "currency": "EUR",
        "total_price": "20.00", "financial_status": "paid", "tags": "", "line_items": [LINE],
    } | changes  # fmt: skip


POISON: dict[str, dict[str, Any]] = {
    "a total no column can hold": {"total_price": "1e30"},
    "a total that is no number": {"total_price": "NaN"},
    "an endless total": {"total_price": "Infinity"},
    "a total with ten thousand digits": {"total_price": "9" * 10_000},
    "an id no column can hold": {"id": 2**63},
    "an id below zero": {"id": -1},
    "a long name": {"name": "#" + "9" * 5_000},
    "a name with a zero byte": {"name": "#10\x0001"},
    "a product with a zero byte": {"line_items": [LINE | {"sku": "TEA\x00", "title": "\x00"}]},
    "a tag with a zero byte": {"tags": "one, t\x00o"},
    "half a character": {"name": "#\ud800", "line_items": [LINE | {"title": "\udfff"}]},
    "a long currency": {"currency": "EUROS AND MORE"},
    "the first year there is": {"created_at": "0001-01-01T00:00:00+14:00", "updated_at": "0001-01-01T00:00:00+14:00"},
    "the last year there is": {"updated_at": "9999-12-31T23:59:59-14:00"},
    "a quantity no column can hold": {"line_items": [LINE | {"quantity": 10**40}]},
    "a price of a billion digits": {"line_items": [LINE | {"price": "1e999999999"}]},
    "ten thousand lines": {"line_items": [LINE | {"id": number} for number in range(10_000)]},
    "ten thousand tags": {"tags": ", ".join(f"tag{number}" for number in range(10_000))},
    "deep metadata": {"note_attributes": json.loads("[" * 400 + "]" * 400)},
}


def deliver(services: Services, content: Any, vault: Vault | None = None) -> int:
    body = (vault or services.vault).seal(json.dumps(content).encode())
    values = {"store": "demo", "topic": "orders/create", "received_at": services.clock.now(), "body": body}
    with services.ledger.write() as connection:
        count = len(connection.execute(select(deliveries.c.id)).all())
        made = connection.execute(insert(deliveries).values(webhook_id=f"w{count}", **values))
    return int(made.inserted_primary_key[0])


def state_of(services: Services, number: int) -> tuple[str, str | None]:
    with services.ledger.read() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.id == number)).one()
    return row.state, row.error


@pytest.mark.parametrize("what", POISON)
def test_a_poison_order_stands_in_nobodys_way(services: Services, what: str) -> None:
    before, bad, after = (
        deliver(services, order(1)), deliver(services, order(1001, **POISON[what])), deliver(services, order(2))
    )  # fmt: skip
    inbox.drain(services)
    state, error = state_of(services, bad)
    assert state == "folded" or (state == "parked" and error)
    assert state_of(services, before)[0] == state_of(services, after)[0] == "folded"
    with services.ledger.read() as connection:
        assert {1, 2} <= set(connection.execute(select(orders.c.order_id)).scalars())
    assert inbox.drain(services) == 0


def test_a_body_that_was_sealed_with_a_lost_key_is_parked_and_can_be_replayed(services: Services) -> None:
    bad, good = deliver(services, order(), Vault("another key")), deliver(services, order(2))
    inbox.drain(services)
    state, error = state_of(services, bad)
    assert (state, "SECRET_KEY" in (error or "")) == ("parked", True)
    assert state_of(services, good) == ("folded", None)
