"""What people read of orders: the list, the counts, one order with its history; only ever within the given shops."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, func, literal, select, tuple_

from reconcile.ledger.paging import BadCursor, Page, read_cursor, write_cursor
from reconcile.ledger.tables import actions, events, orders
from reconcile.model import CaseState, Standing

OPEN_STATES = tuple(state.value for state in CaseState if state is not CaseState.CLOSED)
SETTLED = (Standing.MATCHED, Standing.EXCLUDED)
HEAVY = {"body", "sought", "traits", "sales", "findings", "discrepancies"}  # what only one order's own page shows
LISTED = [column for column in orders.c if column.name not in HEAVY]
EVENTS_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list of orders is narrowed to. `state="open"` is every case that is not closed; `q` a part of the name
    or of a SKU, `name` the whole name; `since` and `until` are about `created_at`, the latter excluded; `least` and
    `most` about the total."""

    store: str | None = None
    standing: str | None = None
    cause: str | None = None
    subject: str | None = None
    state: str | None = None
    q: str | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, part.name) is None for part in fields(self))


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the list: the column that decides, and whether its greatest value comes first."""

    column: str
    down: bool = True


SORTS = {
    "newest": Sort("created_at"),
    "oldest": Sort("created_at", down=False),
    "largest": Sort("total"),
    "smallest": Sort("total", down=False),
}


def orders_page(
    connection: Connection,
    stores: Sequence[str],
    wanted: OrderFilter,
    *,
    limit: int = 50,
    cursor: str | None = None,
    sort: str = "newest",
) -> Page:
    """The newest orders first, or as `sort` says. Each shop is read along its own index and the shops are merged:
    no sort of it all."""
    order = SORTS[sort]
    after = _after(cursor, order) if cursor else None
    chosen = [store for store in stores if wanted.store in (None, store)]
    found = [row for store in chosen for row in connection.execute(first_of(store, wanted, limit, after, order))]
    found.sort(key=lambda row: (getattr(row, order.column), row.store, row.order_id), reverse=order.down)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return Page(rows=shown, next=_cursor(last, order) if last else None)


def _cursor(row: Row[Any], order: Sort) -> str:
    at = getattr(row, order.column)
    # The form of the default order is as old as the API: a cursor that somebody keeps stays good.
    return write_cursor(at if isinstance(at, datetime) else str(at), row.store, row.order_id)


def _after(cursor: str, order: Sort) -> list[Any]:
    kind = Decimal if order.column == "total" else datetime
    at, store, order_id = read_cursor(cursor, str if kind is Decimal else datetime, str, int)
    try:
        return [Decimal(at) if kind is Decimal else at, store, order_id]
    except InvalidOperation:
        raise BadCursor(cursor) from None


def first_of(
    store: str,
    wanted: OrderFilter,
    limit: int,
    after: list[Any] | None,
    order: Sort = SORTS["newest"],
) -> Any:
    c = orders.c
    column = c[order.column]
    query = select(*([c.order_id] if wanted.q else LISTED)).where(c.store == store, *conditions(wanted))
    if after:
        at, last_store, last_id = after
        value = literal(at, column.type)
        if store == last_store:
            here, there = tuple_(column, c.order_id), tuple_(value, literal(last_id))
            query = query.where(here < there if order.down else here > there)
        elif (store < last_store) is order.down:
            query = query.where(column <= value if order.down else column >= value)
        else:
            query = query.where(column < value if order.down else column > value)
    query = _sorted(query, orders, order).limit(limit + 1)
    return _whole(query, store, order) if wanted.q else query


def _sorted(query: Select[Any], of: FromClause, order: Sort) -> Select[Any]:
    columns = (of.c[order.column], of.c.order_id)
    return query.order_by(*(column.desc() if order.down else column for column in columns))


def _whole(numbers: Select[Any], store: str, order: Sort) -> Select[Any]:
    """The orders of these numbers: a text is looked for along its index alone, and only what is shown is read whole."""
    shown = orders.alias("shown")
    columns = [shown.c[column.name] for column in LISTED]
    found = select(*columns).where(shown.c.store == store, shown.c.order_id.in_(numbers))
    return _sorted(found, shown, order)


def counted(connection: Connection, stores: Sequence[str], wanted: OrderFilter, most: int) -> dict[str, int]:
    """How many orders of the filter stand where; at most so many of each, so that it costs little on any ledger."""
    chosen = [store for store in stores if wanted.store in (None, store)]
    narrowed = conditions(replace(wanted, standing=None))
    if wanted.cause or wanted.state:
        return _counted_together(connection, chosen, narrowed, most)
    found: dict[str, int] = {}
    for standing in Standing:
        one = select(literal(1)).where(orders.c.store.in_(chosen), orders.c.standing == standing.value, *narrowed)
        count = connection.execute(select(func.count()).select_from(one.limit(most).subquery())).scalar_one()
        if count:
            found[standing.value] = count
    return found


def _counted_together(
    connection: Connection, stores: Sequence[str], narrowed: list[ColumnElement[bool]], most: int
) -> dict[str, int]:
    """A cause or a state of the case is rarer than a standing: its own index is read, once for all standings.

    Newest first, so that the planner takes that index also where a few values make it look like a poor one.
    """
    c, found = orders.c, Counter[str]()
    for store in stores:
        one = select(c.standing).where(c.store == store, *narrowed).order_by(c.created_at.desc())
        found.update(connection.execute(one.limit(most * len(Standing))).scalars())
    return {standing: min(count, most) for standing, count in found.items()}


def conditions(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """The filter in SQL, but for the shop."""
    c = orders.c
    equal = {"name": c.name, "standing": c.standing, "cause": c.cause, "subject": c.subject, "state": c.case_state}
    found: list[ColumnElement[bool]] = []
    for name, column in equal.items():
        value = getattr(wanted, name)
        if name == "state" and value == "open":
            found.append(column.in_(OPEN_STATES))
        elif value is not None:
            found.append(column == value)
    if wanted.since is not None:
        found.append(c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(c.created_at < wanted.until)
    if wanted.least is not None:
        found.append(c.total >= wanted.least)
    if wanted.most is not None:
        found.append(c.total <= wanted.most)
    if wanted.q:
        found.append(c.sought.contains(wanted.q.lower(), autoescape=True))
    return found


def standings_lately(connection: Connection, stores: Sequence[str], since: datetime) -> dict[str, dict[str, int]]:
    """How many orders stand where, of those placed since then and of older ones that are not settled: shop → standing → count.

    Counted along the index, standing by standing: what is settled and old is never passed.
    """
    c = orders.c
    found: dict[str, dict[str, int]] = {store: {} for store in stores}
    for standing in Standing:
        lately = [c.created_at >= since] if standing in SETTLED else []
        query = select(c.store, func.count().label("orders"))
        query = query.where(c.store.in_(stores), c.standing == standing.value, *lately).group_by(c.store)
        for row in connection.execute(query):
            found[row.store][standing.value] = row.orders
    return found


def order_of(connection: Connection, store: str, order_id: int) -> Row[Any] | None:
    """One order with everything the ledger holds of it."""
    return connection.execute(select(orders).where(orders.c.store == store, orders.c.order_id == order_id)).first()


def actions_of(connection: Connection, store: str, order_id: int) -> Sequence[Row[Any]]:
    """Every touch of the order, oldest first."""
    where = and_(actions.c.store == store, actions.c.order_id == order_id)
    return connection.execute(select(actions).where(where).order_by(actions.c.id)).all()


def events_of(connection: Connection, store: str, order_id: int) -> Sequence[Row[Any]]:
    """The order's history, newest first."""
    where = and_(events.c.store == store, events.c.order_id == order_id)
    return connection.execute(select(events).where(where).order_by(events.c.id.desc()).limit(EVENTS_SHOWN)).all()
