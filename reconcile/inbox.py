"""Fold: deliveries become orders. Out of order, repeated and partial ones are harmless; a poison one is parked."""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, tuple_, update
from sqlalchemy.exc import OperationalError

from reconcile import eligibility
from reconcile.errors import ReconcilerError
from reconcile.evidence import Declared
from reconcile.inference import traits
from reconcile.ledger.tables import deliveries, orders, shops
from reconcile.model import Order
from reconcile.privacy import PRIVACY_TOPICS, forget
from reconcile.schedule import first_look
from reconcile.services import Services
from reconcile.shopify.payload import Mention, read_order, read_topic_ids
from reconcile.shopify.stored import order_from_json, order_to_json
from reconcile.shops import declared_of

logger = logging.getLogger(__name__)

BATCH = 500
LONGEST_NAME = 255
ORDER_TOPICS = frozenset(
    f"orders/{word}" for word in ("create", "updated", "paid", "fulfilled", "partially_fulfilled", "cancelled")
)
MENTION_TOPICS = frozenset({"orders/edited", "orders/delete", "refunds/create"})


@dataclass(frozen=True, slots=True)
class Read:
    """A delivery with what was read from it: an order, a mention of one, or why it could not be read."""

    delivery: Row[Any]
    found: Order | Mention | None = None
    error: str | None = None


def drain(services: Services, limit: int = BATCH) -> int:
    """Fold up to `limit` received deliveries, oldest first; answers how many there were.

    Two workers may drain at once: folding the same delivery twice changes nothing.
    """
    with services.ledger.read() as connection:
        waiting = connection.execute(
            select(deliveries).where(deliveries.c.state == "received").order_by(deliveries.c.id).limit(limit)
        ).all()
    read = [_read(services, row) for row in waiting]
    if read:
        _fold_all(services, read)
    return len(read)


def _fold_all(services: Services, read: Sequence[Read]) -> None:
    """Fold these together; where the ledger refuses one of them, each by itself, so that only that one is parked."""
    try:
        with services.ledger.write() as connection:
            _fold_batch(services, connection, read)
    except OperationalError:
        raise  # the ledger is in trouble, not a delivery
    except Exception as error:
        if len(read) == 1 and read[0].error is not None:
            raise
        logger.warning("%d deliveries cannot be folded together (%s)", len(read), type(error).__name__)
        refused = f"it cannot be kept: {type(getattr(error, 'orig', None) or error).__name__}"
        rest = read if len(read) > 1 else [replace(read[0], found=None, error=refused)]
        for item in rest:
            _fold_all(services, [item])


def _read(services: Services, row: Row[Any]) -> Read:
    try:
        body = services.vault.open(row.body)
        if row.topic in ORDER_TOPICS:
            return Read(row, read_order(body))
        if row.topic in MENTION_TOPICS:
            return Read(row, read_topic_ids(row.topic, body))
        if row.topic in PRIVACY_TOPICS or row.topic == "app/uninstalled":
            return Read(row, None, _wrong_shape(body))
    except ReconcilerError as error:
        return Read(row, error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a body does to its reader, the others have to be read
        return Read(row, error=f"it cannot be read: {type(error).__name__}")
    return Read(row)  # a topic we did not ask for: kept as history, nothing to fold


def _wrong_shape(body: bytes) -> str | None:
    try:
        return None if isinstance(json.loads(body), dict) else "the body is no JSON object"
    except ValueError as error:
        return f"the body is no JSON: {error}"


def _fold_batch(services: Services, connection: Connection, read: Sequence[Read]) -> None:
    now = services.clock.now()
    # Everybody takes the rows of shops first, then those of orders, each in the same order: nobody waits crosswise.
    _note_deliveries(connection, read)
    named = [item for item in read if item.found is not None]
    known = known_orders(connection, {(item.delivery.store, item.found.order_id) for item in named if item.found})
    for item in sorted(read, key=_place):
        store = item.delivery.store
        if isinstance(item.found, Order):
            fold(services, connection, store, item.found, found_by="webhook", known=known)
        elif isinstance(item.found, Mention):
            _note_mention(connection, store, item.found, now, known)
        elif item.error is None and item.delivery.topic in (*PRIVACY_TOPICS, "app/uninstalled"):
            forget(services, connection, item.delivery)
    _close_deliveries(connection, read, now)


def _place(item: Read) -> tuple[str, bool, int]:
    """Orders by their number; what names none, such as a redaction, comes after the orders that it may speak of."""
    return item.delivery.store, item.found is None, 0 if item.found is None else item.found.order_id


def known_orders(connection: Connection, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row[Any]]:
    """The rows already in the ledger, locked until the transaction ends: what another worker folds meanwhile waits."""
    if not keys:
        return {}
    query = select(orders).where(tuple_(orders.c.store, orders.c.order_id).in_(keys))
    locked = query.order_by(orders.c.store, orders.c.order_id).with_for_update()
    return {(row.store, row.order_id): row for row in connection.execute(locked)}


def fold(
    services: Services,
    connection: Connection,
    store: str,
    order: Order,
    *,
    found_by: str,
    known: dict[tuple[str, int], Row[Any]],
) -> bool:
    """Write an order as last seen; the newest `updated_at` wins. Answers whether anything changed.

    `known` holds the rows already in the ledger (`known_orders`, in this transaction) and is kept true, so that one
    batch may carry an order many times.
    """
    now, key = services.clock.now(), (store, order.order_id)
    declared = declared_of(services, store)
    if key not in known:
        values = _first_version(store, order, declared, now, found_by)
        statement = services.ledger.insert(orders).values(**values).on_conflict_do_nothing().returning(orders)
        inserted = connection.execute(statement).first()
        if inserted is not None:
            known[key] = inserted
            return True
        known |= known_orders(connection, [key])  # another worker was first, perhaps with an older version
    row = known[key]
    changes = _next_version(row, order, declared, now, trusted=found_by != "webhook")
    if not changes:
        return False
    changed = update(orders).where(orders.c.store == store, orders.c.order_id == order.order_id)
    known[key] = connection.execute(changed.values(**changes).returning(orders)).one()
    return True


def _first_version(store: str, order: Order, declared: Declared, now: datetime, found_by: str) -> dict[str, Any]:
    return {
        "store": store,
        "order_id": order.order_id,
        "first_seen_at": now,
        "found_by": found_by,
        "created_at": order.created_at,
        "eligible_at": eligibility.eligible_at(None, None, order, declared),
        "changed_at": order.created_at,
        "next_look_at": first_look(order.created_at, now),
        **_as_columns(order),
    }


def _as_columns(order: Order) -> dict[str, Any]:
    return {
        "name": order.name[:LONGEST_NAME],
        "updated_at": order.updated_at,
        "total": order.total,
        "currency": order.currency[:3],
        "body": order_to_json(order),
        "traits": sorted(traits(order)),
    }


def _next_version(row: Row[Any], order: Order, declared: Declared, now: datetime, *, trusted: bool) -> dict[str, Any]:
    """What changes in the ledger when this version comes in; nothing for an older or a repeated one.

    `trusted`: read from Shopify just now, so that it settles two versions of the same second.
    """
    before = order_from_json(row.body)
    order = _with_details(before, order)
    late = {"found_by": "webhook"} if row.found_by == "sweep" and not trusted else {}  # its webhook was not lost
    if order.updated_at < before.updated_at:
        return late
    if order.updated_at == before.updated_at and order != before and not trusted:
        return {"reread": True, "next_look_at": now, **late}
    changes: dict[str, Any] = late if order == before else _as_columns(order) | late
    if row.reread and trusted:
        changes["reread"] = False
    if order == before or eligibility.is_echo(before, order):
        return changes
    # What it waited for matters only until it is in the POS: a payment that follows makes nothing late or early.
    since = row.eligible_at if row.arrived_at else eligibility.eligible_at(before, row.eligible_at, order, declared)
    due = first_look(order.updated_at, now)
    changes |= {"eligible_at": since, "changed_at": order.updated_at}
    changes["next_look_at"] = due if row.next_look_at is None else min(due, row.next_look_at)
    return changes


def _with_details(before: Order, order: Order) -> Order:
    """Keep what a webhook's body does not carry: payments, locations, hold, the moment of an edit."""
    kept = {
        name: getattr(before, name)
        for name in ("payments", "assigned_locations", "on_hold", "edited_at", "deleted_at")
        if getattr(order, name) is None and getattr(before, name) is not None
    }
    return replace(order, **kept) if kept else order


def _note_mention(
    connection: Connection, store: str, mention: Mention, now: datetime, known: dict[tuple[str, int], Row[Any]]
) -> None:
    """An edit, a refund or a delete names an order: read it from Shopify before anything is believed of it."""
    if (store, mention.order_id) in known:
        statement = update(orders).where(orders.c.store == store, orders.c.order_id == mention.order_id)
        connection.execute(statement.values(reread=True, next_look_at=now))
    else:
        connection.execute(update(shops).where(shops.c.store == store).values(next_sweep_at=now))


def _close_deliveries(connection: Connection, read: Sequence[Read], now: datetime) -> None:
    for item in read:
        values: dict[str, Any] = {"state": "parked", "error": item.error, "folded_at": now}
        if item.error is None:
            order_id = item.found.order_id if item.found is not None else None
            values = {"state": "folded", "error": None, "folded_at": now, "order_id": order_id, "body": None}
        where = (deliveries.c.id == item.delivery.id, deliveries.c.state == "received")
        connection.execute(update(deliveries).where(*where).values(**values))


def _note_deliveries(connection: Connection, read: Sequence[Read]) -> None:
    latest = {item.delivery.store: item.delivery.received_at for item in read}  # they come oldest first
    for store, at in sorted(latest.items()):
        is_later = or_(shops.c.last_delivery_at.is_(None), shops.c.last_delivery_at < at)  # a replayed one is not
        connection.execute(update(shops).where(shops.c.store == store, is_later).values(last_delivery_at=at))
