"""Nothing of a person, and no secret, in the ledger, the logs or the metrics: planted words are searched for."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from reconcile import inbox
from reconcile.ledger.tables import deliveries, metadata, orders
from reconcile.services import Services
from tests.figures import Note
from tests.web.callers import Api
from tests.web.sender import headers as signed
from tests.web.sender import send
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

PLANTED = {
    "first_name": "Zephyrine", "last_name": "Quackenbush", "email": "zephyrine.q@planted.example", "phone": "+15559876543",
    "address1": "77 Wormwood Crescent", "address2": "Flat Xylophone", "city": "Llanfairpwll", "company": "Planted Widgets Ltd",
    "zip": "QX7 9ZZ", "latitude": "48.8588443", "browser_ip": "203.0.113.77", "user_agent": "PlantedBrowser/7.7",
    "token": "0a1b2c3d4e5f-planted-order-token", "status": "https://shop.example/planted-status-url/authenticate?key=abc",
    "note": "please ring Bartholomew next door", "card": "4242 planted 4242", "gift": "planted-gift-attribute",
    "receipt": "planted-receipt-json",
}  # fmt: skip


def person() -> dict[str, Any]:
    names = ("first_name", "last_name", "phone", "address1", "address2", "city", "company", "zip", "latitude")
    return {name: PLANTED[name] for name in names} | {
        "name": f"{PLANTED['first_name']} {PLANTED['last_name']}", "country_code": "GB", "province_code": "WLS",
    }  # fmt: skip


def order(number: int = 1001, updated_at: str = "2026-11-02T08:00:00Z", **changes: Any) -> dict[str, Any]:
    """An order with a person in every field that the documented payload has for one."""
    buyer = {"id": 5, "email": PLANTED["email"], "phone": PLANTED["phone"], "note": PLANTED["note"]}
    return {
        "id": number, "name": f"#{number}", "created_at": "2026-11-02T08:00:00Z", "updated_at": updated_at,
        "currency": "EUR", "total_price": "20.00", "financial_status": "paid", "tags": "", "email": PLANTED["email"],
        "contact_email": PLANTED["email"], "phone": PLANTED["phone"], "browser_ip": PLANTED["browser_ip"],
        "token": PLANTED["token"], "checkout_token": PLANTED["token"], "cart_token": PLANTED["token"],
        "order_status_url": PLANTED["status"], "landing_site": PLANTED["status"], "note": PLANTED["note"],
        "note_attributes": [{"name": "gift", "value": PLANTED["gift"]}],
        "client_details": {"browser_ip": PLANTED["browser_ip"], "user_agent": PLANTED["user_agent"]},
        "billing_address": person(), "shipping_address": person(),
        "customer": buyer | person() | {"default_address": person(), "addresses": [person()]},
        "payment_details": {"credit_card_number": PLANTED["card"], "credit_card_name": PLANTED["first_name"]},
        "shipping_lines": [{"id": 1, "title": "Post", "price": "0.00", "phone": PLANTED["phone"]}],
        "fulfillments": [{"id": 3, "status": "success", "destination": person(), "email": PLANTED["email"]}],
        "transactions": [{"id": 4, "receipt": {"text": PLANTED["receipt"]}}],
        "line_items": [{
            "id": 7, "sku": "TEA-1", "title": "Tea", "quantity": 2, "price": "10.00",
            "properties": [{"name": "engraving", "value": PLANTED["gift"]}], "destination_location": person(),
        }],
    } | changes  # fmt: skip


def deliver(door: FlaskClient, content: Any, topic: str, webhook_id: str) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    assert send(door, body, signed(body, topic=topic, webhook_id=webhook_id)).status_code == 200


def everything_in(services: Services) -> str:
    """Every value of every row of every table."""
    with services.ledger.read() as connection:
        rows = [
            repr(value)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]
    return "\n".join(rows)


def found_in(text: str) -> list[str]:
    return [name for name, word in PLANTED.items() if word in text]


def test_no_planted_word_is_in_the_ledger_the_logs_or_the_metrics(
    services: Services, caplog: pytest.LogCaptureFixture, tmp_path: Path, note: Note
) -> None:
    caplog.set_level(logging.DEBUG)
    door = create_app(services).test_client()
    deliver(door, order(), "orders/create", "1")
    deliver(door, order(updated_at="2026-11-02T08:01:00Z", total_price="21.00"), "orders/updated", "2")
    deliver(door, {"id": 9, "order_id": 1001, "note": PLANTED["note"], "transactions": []}, "refunds/create", "3")
    deliver(door, {"anything": PLANTED["email"]}, "customers/update", "4")
    deliver(door, order(total_price=PLANTED["email"]), "orders/updated", "5")  # parked, with an error
    deliver(door, b'{"email": "' + PLANTED["email"].encode() + b'", ', "orders/updated", "6")  # parked too
    deliver(door, order(created_at=PLANTED["first_name"]), "orders/paid", "7")
    on_arrival = everything_in(services)
    inbox.drain(services)
    secret = tokens.create(services, Role.ADMIN, name="Ann")
    door.get("/api/v1/orders", headers={"Authorization": f"Bearer {secret}"})
    api = Api(services, "admin")
    told = "".join(json.dumps(api.get(path)) for path in ("orders", "orders/demo/1001", "deliveries"))
    told += door.get("/metrics").text
    for text in (on_arrival, everything_in(services), caplog.text, told, in_files(services)):
        assert found_in(text) == []
        assert secret not in text
    with services.ledger.read() as connection:
        states = dict(tuple(row) for row in connection.execute(select(deliveries.c.webhook_id, deliveries.c.state)))
        [kept] = connection.execute(select(orders.c.body)).scalars()
        bodies = dict(tuple(row) for row in connection.execute(select(deliveries.c.webhook_id, deliveries.c.body)))
    assert {states["5"], states["6"], states["7"]} == {"parked"}
    assert [bodies[number] for number in "1234"] == [None] * 4
    assert kept["order_id"] == 1001  # there is something that it was searched for in
    note("planted words of a person", words=len(PLANTED), places_searched=5, found=0)


def in_files(services: Services) -> str:
    """What a thief of the ledger's files would read, pages that were freed included."""
    if not services.ledger.is_sqlite:
        return ""
    path = Path(services.ledger.url.database or "")
    return "".join(one.read_bytes().decode("latin-1") for one in path.parent.glob(f"{path.name}*"))


def test_a_redacted_buyer_leaves_nothing_but_the_order(services: Services) -> None:
    door = create_app(services).test_client()
    deliver(door, order(), "orders/create", "1")
    body = {
        "shop_domain": "demo.myshopify.com", "customer": {"id": 5, "email": PLANTED["email"], "phone": PLANTED["phone"]},
        "orders_to_redact": [1001],
    }  # fmt: skip
    deliver(door, body, "customers/redact", "2")
    deliver(door, {**body, "orders_requested": [1001]}, "customers/data_request", "3")
    inbox.drain(services)
    assert found_in(everything_in(services)) == []
    with services.ledger.read() as connection:
        [kept] = connection.execute(select(orders.c.body)).scalars()
    assert "customer" not in kept
