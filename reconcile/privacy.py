"""The topics that end something: an uninstall, and the three that privacy law asks for."""

import json
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from reconcile import history
from reconcile.ledger.tables import orders, shops
from reconcile.services import Services

PRIVACY_TOPICS = frozenset({"customers/data_request", "customers/redact", "shop/redact"})


def forget(services: Services, connection: Connection, delivery: Row[Any]) -> None:
    """Do what the topic asks, if the body fits it; the HMAC covers the body only, so the shape is checked here.

    Nothing that is asked for can lose an order that Shopify still has: an uninstall and a shop's redaction only
    take effect after Shopify itself has refused our token (sweep.py).
    """
    body = json.loads(services.vault.open(delivery.body))
    now = services.clock.now()
    note = {"store": delivery.store, "at": now, "who": "shopify"}
    if delivery.topic == "customers/redact" and isinstance(body.get("orders_to_redact"), list):
        count = _reduce(connection, delivery.store, [i for i in body["orders_to_redact"] if isinstance(i, int)])
        text = f"customers/redact: the buyer's facts were dropped from {count} orders"
        history.tell(connection, note | {"kind": "privacy", "text": text})
    elif delivery.topic == "customers/data_request" and isinstance(body.get("orders_requested"), list):
        text = "customers/data_request: no personal data is kept; per order only which address parts are missing"
        history.tell(connection, note | {"kind": "privacy", "text": text})
    elif delivery.topic in ("shop/redact", "app/uninstalled") and isinstance(body, dict):
        text = f"{delivery.topic}: Shopify is asked at once whether the app is still installed"
        history.tell(connection, note | {"kind": "uninstall", "text": text})
        connection.execute(update(shops).where(shops.c.store == delivery.store).values(next_sweep_at=now))


def _reduce(connection: Connection, store: str, order_ids: list[int]) -> int:
    named = select(orders.c.order_id, orders.c.body).where(orders.c.store == store, orders.c.order_id.in_(order_ids))
    rows = connection.execute(named.order_by(orders.c.order_id).with_for_update()).all()
    for row in rows:
        body = {key: value for key, value in row.body.items() if key != "customer"}
        where = (orders.c.store == store, orders.c.order_id == row.order_id)
        connection.execute(update(orders).where(*where).values(body=body))
    return len(rows)


def erase_shop(connection: Connection, store: str) -> None:
    """Drop a shop's orders: after `shop/redact`, once Shopify has refused the token."""
    connection.execute(delete(orders).where(orders.c.store == store))
