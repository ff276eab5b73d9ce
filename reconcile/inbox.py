"""Fold: deliveries become orders. Out of order, repeated and partial ones are harmless; a poison one is parked."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from reconcile.errors import ReconcilerError
from reconcile.folding import Folding
from reconcile.ledger.batches import Values, update_many
from reconcile.ledger.tables import deliveries, shops
from reconcile.ledger.types import Moment
from reconcile.model import Order
from reconcile.privacy import PRIVACY_TOPICS, forget
from reconcile.services import Services
from reconcile.shopify.payload import Mention, MentionKind, read_order, read_topic_ids

logger = logging.getLogger(__name__)

BATCH = 500
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

    On PostgreSQL workers share them out. On SQLite two may fold the same ones, which changes nothing: its one write
    lock, taken first, would keep the front door waiting while bodies are read.
    """
    if services.ledger.is_sqlite:
        with services.ledger.read() as connection:
            read = _received(services, connection, limit)
        _fold_all(services, read)
        return len(read)
    read = []
    with _one_by_one_if_refused(services, read), services.ledger.write() as connection:
        read += _received(services, connection, limit)
        _fold_batch(services, connection, read)
    return len(read)


def _received(services: Services, connection: Connection, limit: int) -> list[Read]:
    waiting = select(deliveries).where(deliveries.c.state == "received").order_by(deliveries.c.id).limit(limit)
    rows = connection.execute(waiting.with_for_update(skip_locked=True)).all()
    return [_read(services, row) for row in rows]


def _fold_all(services: Services, read: Sequence[Read]) -> None:
    """Fold these together; where the ledger refuses one of them, each by itself, so that only that one is parked."""
    with _one_by_one_if_refused(services, read), services.ledger.write() as connection:
        _fold_batch(services, connection, read)


@contextmanager
def _one_by_one_if_refused(services: Services, read: Sequence[Read]) -> Iterator[None]:
    try:
        yield
    except (OperationalError, ProgrammingError):
        raise  # the ledger is in trouble, or waits for its upgrade: it is not the delivery
    except Exception as error:
        if not read or (len(read) == 1 and read[0].error is not None):
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
    if not read:
        return
    # Everybody takes the rows of shops first, then those of orders, each in the same order: nobody waits crosswise.
    _note_deliveries(connection, read)
    keys = {(item.delivery.store, item.found.order_id) for item in read if item.found is not None}
    folding = Folding(services, connection, keys)
    for item in read:
        store = item.delivery.store
        if isinstance(item.found, Order):
            folding.fold(store, item.found, found_by="webhook")
        elif isinstance(item.found, Mention) and not _note_mention(folding, store, item.found):
            _find_by_sweep(connection, store, services.clock.now())
    folding.write()
    for item in read:  # a redaction comes after the orders that it may speak of
        if item.error is None and item.delivery.topic in (*PRIVACY_TOPICS, "app/uninstalled"):
            forget(services, connection, item.delivery)
    _close_deliveries(connection, read, services.clock.now())


def _note_mention(folding: Folding, store: str, found: Mention) -> bool:
    edited_at = found.at if found.kind is MentionKind.EDITED else None
    return folding.read_again((store, found.order_id), edited_at=edited_at)


def _find_by_sweep(connection: Connection, store: str, now: datetime) -> None:
    """An edit, a refund or a delete names an order that is not known here: Shopify is asked what has changed."""
    connection.execute(update(shops).where(shops.c.store == store).values(next_sweep_at=now))


def _close_deliveries(connection: Connection, read: Sequence[Read], now: datetime) -> None:
    for item in read:
        _log(item)
    rows = [({"id": item.delivery.id, "state": "received"}, _closed(item) | {"folded_at": now}) for item in read]
    update_many(connection, deliveries, rows)


def _log(item: Read) -> None:
    level = logging.WARNING if item.error is not None else logging.DEBUG
    if logger.isEnabledFor(level):
        of, told = item.delivery, f"parked: {item.error}" if item.error is not None else "folded"
        ids = {"store": of.store, "delivery_id": of.id, "delivery": of.webhook_id, "topic": of.topic}
        order = {"order_id": item.found.order_id} if item.found is not None else {}
        logger.log(level, "%s", told, extra=ids | order)


def _closed(item: Read) -> Values:
    if item.error is not None:
        return {"state": "parked", "error": item.error}
    order_id = item.found.order_id if item.found is not None else None
    return {"state": "folded", "error": None, "order_id": order_id, "body": None}


def _note_deliveries(connection: Connection, read: Sequence[Read]) -> None:
    latest = {item.delivery.store: item.delivery.received_at for item in read}  # they come oldest first
    at = bindparam("at", type_=Moment)
    is_later = or_(shops.c.last_delivery_at.is_(None), shops.c.last_delivery_at < at)  # a replayed one is not
    noted = update(shops).where(shops.c.store == bindparam("of"), is_later).values(last_delivery_at=at)
    connection.execute(noted, [{"of": store, "at": moment} for store, moment in sorted(latest.items())])
