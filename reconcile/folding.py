"""Folding: versions of orders laid over what the ledger holds; read together, changed in memory, written together."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from reconcile import eligibility
from reconcile.evidence import Declared
from reconcile.ledger.batches import Values, update_many
from reconcile.ledger.tables import orders
from reconcile.model import Order
from reconcile.schedule import first_look
from reconcile.services import Services
from reconcile.shopify.stored import order_from_json, order_to_json, sought_in
from reconcile.shops import declared_of
from reconcile.traits import traits

LONGEST_NAME = 255

Key = tuple[str, int]


def known_orders(connection: Connection, keys: Collection[Key]) -> dict[Key, Row[Any]]:
    """The rows already in the ledger, locked until the transaction ends: what another worker folds meanwhile waits."""
    if not keys:
        return {}
    query = select(orders).where(tuple_(orders.c.store, orders.c.order_id).in_(keys))
    locked = query.order_by(orders.c.store, orders.c.order_id).with_for_update()
    return {(row.store, row.order_id): row for row in connection.execute(locked)}


class Folding:
    """The orders of one transaction. Nothing of what is folded is in the ledger before `write`."""

    def __init__(self, services: Services, connection: Connection, keys: Collection[Key]) -> None:
        self._services = services
        self._connection = connection
        self._now = services.clock.now()
        self._rows = {key: SimpleNamespace(**row._mapping) for key, row in known_orders(connection, keys).items()}
        self._new: dict[Key, Values] = {}
        self._changes: dict[Key, Values] = {}
        self._done: dict[Key, list[Callable[[Folding], object]]] = {}

    def known(self) -> dict[Key, Order]:
        """The orders as they stand now, by store and number."""
        return {key: order_from_json(row.body) for key, row in self._rows.items()}

    def fold(self, store: str, order: Order, *, found_by: str) -> bool:
        """Lay an order as last seen over what is known of it; the newest `updated_at` wins. Whether anything changed."""
        key, declared = (store, order.order_id), declared_of(self._services, store)
        self._done.setdefault(key, []).append(lambda other: other.fold(store, order, found_by=found_by))
        if key not in self._rows:
            self._new[key] = _first_version(store, order, declared, self._now, found_by)
            self._rows[key] = SimpleNamespace(reread=False, arrived_at=None, **self._new[key])
            return True
        trusted = found_by != "webhook"
        return self._change(key, _next_version(self._rows[key], order, declared, self._now, trusted=trusted))

    def read_again(self, key: Key, *, edited_at: datetime | None = None) -> bool:
        """Note that an order has to be read from Shopify before it is believed; False when nothing is known of it.

        `edited_at`: when an edit of it was committed, which no version of the order says.
        """
        if key not in self._rows:
            return False
        self._done.setdefault(key, []).append(lambda other: other.read_again(key, edited_at=edited_at))
        return self._change(key, {"reread": True, "next_look_at": self._now, **_edited(self._rows[key], edited_at)})

    def _change(self, key: Key, changes: Values) -> bool:
        vars(self._rows[key]).update(changes)
        (self._new if key in self._new else self._changes).setdefault(key, {}).update(changes)
        return bool(changes)

    def write(self) -> None:
        """Write what was folded, in the order of the keys: two transactions never wait for each other crosswise."""
        changed = sorted(self._changes.items())
        named = (({"store": store, "order_id": order_id}, changes) for (store, order_id), changes in changed)
        update_many(self._connection, orders, named)
        others = self._new.keys() - self._inserted()
        if others:  # another worker was first, perhaps with an older version
            self._fold_over(sorted(others))

    def _inserted(self) -> set[Key]:
        if not self._new:
            return set()
        rows = [{"reread": False, **self._new[key]} for key in sorted(self._new)]
        statement = self._services.ledger.insert(orders).on_conflict_do_nothing()
        found = self._connection.execute(statement.returning(orders.c.store, orders.c.order_id), rows)
        return {(store, order_id) for store, order_id in found}

    def _fold_over(self, keys: list[Key]) -> None:
        again = Folding(self._services, self._connection, keys)
        for key in keys:
            for what_was_done in self._done[key]:
                what_was_done(again)
        again.write()


def _first_version(store: str, order: Order, declared: Declared, now: datetime, found_by: str) -> Values:
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


def _edited(row: Any, at: datetime | None) -> Values:
    order = order_from_json(row.body)
    later = at is not None and (order.edited_at is None or order.edited_at < at)
    return {"body": order_to_json(replace(order, edited_at=at))} if later else {}


def _as_columns(order: Order) -> Values:
    return {
        "name": order.name[:LONGEST_NAME],
        "updated_at": order.updated_at,
        "total": order.total,
        "currency": order.currency[:3],
        "body": order_to_json(order),
        "sought": sought_in(order),
        "traits": sorted(traits(order)),
    }


def _next_version(row: Any, order: Order, declared: Declared, now: datetime, *, trusted: bool) -> Values:
    """What changes in the ledger when this version comes in; nothing for an older or a repeated one.

    `trusted`: read from Shopify just now, so that it settles two versions of the same second.
    """
    before = order_from_json(row.body)
    order = _with_details(before, order)
    if order.updated_at < before.updated_at:
        return {}
    if order.updated_at == before.updated_at and order != before and not trusted:
        return {"reread": True, "next_look_at": now}
    changes: Values = {} if order == before else _as_columns(order)
    if row.reread and trusted:
        changes["reread"] = False
    # What it waited for matters only until it is in the POS: a payment that follows makes nothing late or early.
    since = row.eligible_at if row.arrived_at else eligibility.eligible_at(before, row.eligible_at, order, declared)
    if order == before or eligibility.is_echo(before, order):
        return changes if since == row.eligible_at else changes | {"eligible_at": since}
    due = first_look(order.updated_at, now)
    changes |= {"eligible_at": since, "changed_at": order.updated_at}
    changes["next_look_at"] = due if row.next_look_at is None else min(due, row.next_look_at)
    return changes


def _with_details(before: Order, order: Order) -> Order:
    """Keep what a webhook's body does not carry: payments, locations, hold, the moment of an edit."""
    kept = {
        name: getattr(before, name)
        for name in ("payments", "assigned_locations", "on_hold", "edited_at")
        if getattr(order, name) is None and getattr(before, name) is not None
    }
    return replace(order, **kept) if kept else order
