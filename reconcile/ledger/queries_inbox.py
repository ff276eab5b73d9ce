"""What people read of the inbox: deliveries without their bodies, newest first, within the given shops."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from reconcile.ledger.paging import Page, read_cursor, write_cursor
from reconcile.ledger.tables import deliveries, orders

SHOWN = [column for column in deliveries.c if column.name != "body"]
WAITING = ("received", "parked")
LONGEST_NUMBER = 19  # digits


def deliveries_page(
    connection: Connection,
    stores: Sequence[str],
    *,
    state: str | None = None,
    topic: str | None = None,
    order: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """A page of the inbox. `order` is an order's number in Shopify, or its name."""
    c = deliveries.c
    query = select(*SHOWN).where(c.store.in_(stores))
    for column, value in ((c.state, state), (c.topic, topic)):
        query = query.where(column == value) if value is not None else query
    if order is not None:
        query = query.where(_of_order(connection, stores, order))
    if cursor:
        query = query.where(c.id < read_cursor(cursor, int)[0])
    found = connection.execute(query.order_by(c.id.desc()).limit(limit + 1)).all()
    return Page(rows=found[:limit], next=write_cursor(found[limit - 1].id) if len(found) > limit else None)


def _of_order(connection: Connection, stores: Sequence[str], order: str) -> ColumnElement[bool]:
    names = {order, f"#{order.lstrip('#')}"}
    found = select(orders.c.order_id).where(orders.c.store.in_(stores), orders.c.name.in_(names))
    numbers = set(connection.execute(found.limit(100)).scalars())
    if order.isascii() and order.isdigit() and len(order) < LONGEST_NUMBER:
        numbers.add(int(order))
    return deliveries.c.order_id.in_(numbers)


def delivery_of(connection: Connection, stores: Sequence[str], delivery_id: int) -> Row[Any] | None:
    c = deliveries.c
    return connection.execute(select(*SHOWN).where(c.id == delivery_id, c.store.in_(stores))).first()


def inbox_counts(connection: Connection, stores: Sequence[str]) -> dict[str, dict[str, int]]:
    """What waits in the inbox: shop → `received` and `parked` → count."""
    c = deliveries.c
    found = {store: dict.fromkeys(WAITING, 0) for store in stores}
    query = select(c.store, c.state, func.count().label("deliveries"))
    query = query.where(c.state.in_(WAITING), c.store.in_(stores)).group_by(c.store, c.state)
    for row in connection.execute(query):
        found[row.store][row.state] = row.deliveries
    return found
