"""What people do with many orders at once: re-queue them, follow how each fares, cancel what still waits."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, tuple_, update

from reconcile import codec
from reconcile.errors import NotThere, Refused
from reconcile.ledger.queries import OrderFilter, conditions
from reconcile.ledger.tables import batch_items, batches, orders
from reconcile.model import CaseState, Standing
from reconcile.people.obstacles import Key, Obstacle, obstacles
from reconcile.people.orders import AT_ONCE, SETTLED, put_back, tell
from reconcile.services import Services

MOST = 5_000  # of one transaction: the front door waits for it
SAMPLE = 20
SHOWN = ("store", "order_id", "name", "total", "currency", "standing", "cause", "sales")
NEEDED = [*(orders.c[name] for name in SHOWN), orders.c.body["deleted_at"].as_string().label("deleted_at")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    row: Row[Any]
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a re-queue of many would do."""

    count: int  # orders that would be re-queued
    skipped: int
    sample: Sequence[Candidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """How one order of a batch fares: `waiting`, `touched`, `arrived`, `skipped` or `cancelled`, and why."""

    store: str
    order_id: int
    name: str
    result: str
    reason: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    batch_id: str
    by: str
    created_at: datetime
    cancelled_at: datetime | None
    counts: dict[str, int]
    items: Sequence[BatchItem]

    @property
    def done(self) -> bool:
        """Nothing of it waits any more, and every touch has been judged by an arrival."""
        return not self.counts.get("waiting") and not self.counts.get("touched")


def preview(services: Services, stores: Sequence[str], wanted: OrderFilter | Sequence[Key]) -> Preview:
    """What `requeue_many` would do now; nothing is changed."""
    with services.ledger.read() as connection:
        found = _candidates(services, connection, stores, wanted)
    able = [one for one in found if one.obstacle is None]
    unable = [one for one in found if one.obstacle is not None]
    return Preview(count=len(able), skipped=len(unable), sample=(able + unable)[:SAMPLE])


def requeue_many(services: Services, who: str, stores: Sequence[str], wanted: OrderFilter | Sequence[Key]) -> str:
    """Re-queue all that the filter names, or these orders; answers the batch's id. Who may not be is skipped, and says why."""
    now = services.clock.now()
    batch_id = str(uuid.uuid4())
    with services.ledger.write() as connection:
        found = _candidates(services, connection, stores, wanted)
        asked = {"stores": sorted(_within(stores, wanted)), "asked": _as_json(wanted)}
        connection.execute(insert(batches).values(id=batch_id, by=who, created_at=now, filter=asked))
        items = [_item(batch_id, one, now) for one in found]
        if items:
            connection.execute(insert(batch_items), items)
        put_back(connection, [(o.row.store, o.row.order_id) for o in found if o.obstacle is None], who, now, batch_id)
    return batch_id


def _item(batch_id: str, one: Candidate, now: datetime) -> dict[str, Any]:
    result: dict[str, Any] = {"result": "waiting", "reason": "", "at": None}
    if one.obstacle is not None:
        result = {"result": "skipped", "reason": one.obstacle.reason, "at": now}
    return {"batch_id": batch_id, "store": one.row.store, "order_id": one.row.order_id, **result}


def _candidates(
    services: Services, connection: Connection, stores: Sequence[str], wanted: OrderFilter | Sequence[Key]
) -> list[Candidate]:
    if isinstance(wanted, OrderFilter):
        rows = _matching(connection, _within(stores, wanted), wanted)
    else:
        rows = _named(connection, stores, wanted)
    in_the_way = obstacles(services, connection, {row.store for row in rows}, services.clock.now())
    return [Candidate(row=row, obstacle=in_the_way.of(row)) for row in rows]


def _within(stores: Sequence[str], wanted: OrderFilter | Sequence[Key]) -> set[str]:
    if isinstance(wanted, OrderFilter):
        return {store for store in stores if wanted.store in (None, store)}
    return {store for store, _ in wanted}


def _matching(connection: Connection, stores: Iterable[str], wanted: OrderFilter) -> list[Row[Any]]:
    if wanted.is_empty:
        raise Refused("An empty filter would re-queue everything: name at least one part of it.", "empty_filter")
    query = select(*NEEDED).where(orders.c.store.in_(list(stores)), *conditions(wanted))
    if wanted.standing is None:
        query = query.where(orders.c.standing.not_in([standing.value for standing in SETTLED]))
    found = list(connection.execute(query.order_by(orders.c.created_at).limit(MOST + 1)))
    if len(found) > MOST:
        raise Refused(f"The filter names more than {MOST} orders: narrow it.", "too_many")
    return found


def _named(connection: Connection, stores: Sequence[str], keys: Sequence[Key]) -> list[Row[Any]]:
    found: dict[Key, Row[Any]] = {}
    seen = [key for key in dict.fromkeys(keys) if key[0] in stores]
    for start in range(0, len(seen), AT_ONCE):
        where = tuple_(orders.c.store, orders.c.order_id).in_(seen[start : start + AT_ONCE])
        found |= {(row.store, row.order_id): row for row in connection.execute(select(*NEEDED).where(where))}
    absent = [f"{store}/{order_id}" for store, order_id in dict.fromkeys(keys) if (store, order_id) not in found]
    if absent:
        raise NotThere(f"There is no order {', '.join(absent[:10])}{' …' if len(absent) > 10 else ''}.")
    return [found[key] for key in seen]


def _as_json(wanted: OrderFilter | Sequence[Key]) -> Any:
    return codec.to_json(wanted) if isinstance(wanted, OrderFilter) else [list(key) for key in wanted]


# --- follow and cancel ----------------------------------------------------------------------------------------------


def progress_of(services: Services, stores: Sequence[str], batch_id: str) -> BatchProgress:
    """How the batch fares, order by order; read from the orders themselves wherever those know better."""
    with services.ledger.read() as connection:
        batch = _batch(connection, stores, batch_id)
        found = [_fares(batch, row) for row in _items(connection, batch_id)]
    return BatchProgress(
        batch_id=batch.id, by=batch.by, created_at=batch.created_at, cancelled_at=batch.cancelled_at,
        counts=dict(Counter(item.result for item in found)), items=found,
    )  # fmt: skip


def cancel_batch(services: Services, who: str, stores: Sequence[str], batch_id: str) -> None:
    """Cancel what still waits; what was touched was touched."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        batch = _batch(connection, stores, batch_id)
        if batch.cancelled_at is not None:
            return
        connection.execute(update(batches).where(batches.c.id == batch_id).values(cancelled_at=now))
        c = batch_items.c
        waiting = update(batch_items).where(c.batch_id == batch_id, c.result == "waiting")
        cancelled = connection.execute(
            waiting.values(result="cancelled", reason=f"cancelled by {who}", at=now).returning(c.store, c.order_id)
        )
        keys: list[Key] = [(row.store, row.order_id) for row in cancelled]
        for start in range(0, len(keys), AT_ONCE):
            some = tuple_(orders.c.store, orders.c.order_id).in_(keys[start : start + AT_ONCE])
            mine = (some, orders.c.batch_id == batch_id, orders.c.requeued_by.is_not(None))
            connection.execute(update(orders).where(*mine).values(requeued_by=None, next_look_at=now))
        tell(connection, who, now, "requeue", f"re-queue cancelled with batch {batch_id}", *keys)


def _batch(connection: Connection, stores: Sequence[str], batch_id: str) -> Row[Any]:
    row = connection.execute(select(batches).where(batches.c.id == batch_id)).first()
    if row is None or not set(row.filter["stores"]) <= set(stores):
        raise NotThere(f"There is no batch {batch_id}.")
    return row


def _items(connection: Connection, batch_id: str) -> list[Row[Any]]:
    c, o = batch_items.c, orders.c
    joined = batch_items.outerjoin(orders, (o.store == c.store) & (o.order_id == c.order_id))
    seen = [o.name, o.standing, o.decision, o.looked_at, o.case_state, o.closing, o.requeued_by, o.touches]
    query = select(c.store, c.order_id, c.result, c.reason, c.at, *seen).select_from(joined)
    return list(connection.execute(query.where(c.batch_id == batch_id).order_by(c.store, c.order_id)))


def _fares(batch: Row[Any], row: Row[Any]) -> BatchItem:
    result, reason = _result(batch, row)
    return BatchItem(
        store=row.store, order_id=row.order_id, name=row.name or str(row.order_id), result=result, reason=reason,
        at=row.at or row.looked_at,
    )  # fmt: skip


def _result(batch: Row[Any], row: Row[Any]) -> tuple[str, str]:
    if row.result not in ("waiting", "touched"):
        return row.result, row.reason
    if row.standing == Standing.MATCHED:
        return "arrived", row.reason if row.result == "touched" else "it arrived by itself"
    if row.standing in (Standing.PENDING, Standing.DIFFERS):
        return (
            "skipped" if row.result == "waiting" else "arrived",
            "the POS has a record of it, but not as it should be",
        )
    if row.standing == Standing.EXCLUDED:
        return "skipped", "the connector is not meant to carry it"
    if row.case_state == CaseState.CLOSED:
        return "cancelled", f"the case was closed: {row.closing}"
    looked_since = row.looked_at is not None and row.looked_at >= batch.created_at
    if row.result == "waiting" and looked_since and row.decision:
        return "waiting", str(row.decision.get("reason", ""))
    return row.result, row.reason
