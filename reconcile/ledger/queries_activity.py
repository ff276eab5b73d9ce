"""What people read of who did what: the events of people and of the policy, newest first, and the lists that people keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from reconcile.ledger.paging import Page, read_cursor, write_cursor
from reconcile.ledger.tables import BY_PEOPLE, deliveries, events, orders, views

NOT_SHOWN = ("body",)


def activity_page(
    connection: Connection,
    stores: Sequence[str],
    *,
    who: str | None = None,
    people_only: bool = False,
    kinds: Sequence[str] = (),
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """A page of what happened, with the name of the order it happened to."""
    before = read_cursor(cursor, int)[0] if cursor else None
    found = [row for store in stores for row in connection.execute(_of(store, who, people_only, kinds, before, limit))]
    found.sort(key=lambda row: row.id, reverse=True)
    return Page(rows=found[:limit], next=write_cursor(found[limit - 1].id) if len(found) > limit else None)


def _of(store: str, who: str | None, people_only: bool, kinds: Sequence[str], before: int | None, limit: int) -> Any:
    c, o = events.c, orders.c
    joined = events.outerjoin(orders, (o.store == c.store) & (o.order_id == c.order_id))
    query = select(*c, o.name.label("order_name")).select_from(joined).where(c.store == store)
    if who is not None:
        query = query.where(c.who == who)
    if people_only:
        query = query.where(BY_PEOPLE)
    if kinds:
        query = query.where(c.kind.in_(kinds))
    if before is not None:
        query = query.where(c.id < before)
    return query.order_by(c.id.desc()).limit(limit + 1)


def deliveries_of(connection: Connection, store: str, order_id: int) -> Sequence[Row[Any]]:
    """Every delivery on one order, newest first, without its body."""
    c = deliveries.c
    shown = [column for column in c if column.name not in NOT_SHOWN]
    query = select(*shown).where(c.store == store, c.order_id == order_id)
    return connection.execute(query.order_by(c.id.desc()).limit(200)).all()


def views_of(connection: Connection, who: str) -> Sequence[Row[Any]]:
    """The lists that a person keeps, by name."""
    return connection.execute(select(views).where(views.c.who == who).order_by(views.c.name)).all()


def keep_view(connection: Connection, who: str, name: str, query: str, now: datetime) -> None:
    """Keep a list under a name; the same name again replaces it."""
    drop_view(connection, who, name)
    connection.execute(insert(views).values(who=who, name=name, query=query, created_at=now))


def drop_view(connection: Connection, who: str, name: str) -> None:
    connection.execute(delete(views).where(views.c.who == who, views.c.name == name))
