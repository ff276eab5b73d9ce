"""A ledger with a past: matched orders of the last two years, copied inside the database from one."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, func, insert, literal, select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, events, orders
from tests.rows import a_sale, an_order, keep

UNTIL, PAST = datetime.now(UTC) - timedelta(days=3), timedelta(days=730)
TIMES = ("created_at", "updated_at", "eligible_at", "changed_at", "first_seen_at", "looked_at", "arrived_at")
OLD = timedelta(days=365)  # history before that is purged
AT_ONCE = 500_000


def fill(ledger: Ledger, store: str, count: int) -> None:
    """So many matched orders, spread evenly over two years, each with its delivery and an event; numbers below zero."""
    order = an_order(-1, created_at=UNTIL, updated_at=UNTIL)
    arrived = UNTIL + timedelta(minutes=1)
    keep(ledger, order, [a_sale(order)], store=store, looked_at=UNTIL, arrived_at=arrived, looks=1)
    step = PAST / count // timedelta(microseconds=1)
    for first in range(1, count, AT_ONCE):
        _copy(ledger, store, first, min(first + AT_ONCE, count), step)
    with ledger.write() as connection:
        connection.exec_driver_sql("ANALYZE")


def _copy(ledger: Ledger, store: str, first: int, end: int, step: int) -> None:
    number = select(literal(first, BigInteger).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < end - 1))
    n, one = number.c.n, orders.c
    from_the_first = orders.join(number, literal(True))
    mine = (one.store == store, one.order_id == -1)
    shifted = {name: one[name] - n * step for name in TIMES} | {"order_id": one.order_id - n}
    copied = [shifted.get(column.name, column) for column in one]
    at = one.created_at - n * step
    delivery = (
        one.store,
        func.concat("past-", n),
        literal("orders/create"),
        at,
        literal("folded"),
        at,
        one.order_id - n,
    )
    event = (one.store, one.order_id - n, at, literal("standing"), literal("waiting → matched"))
    with ledger.write() as connection:
        for table, names, values in (
            (orders, [column.name for column in one], copied),
            (deliveries, ["store", "webhook_id", "topic", "received_at", "state", "folded_at", "order_id"], delivery),
            (events, ["store", "order_id", "at", "kind", "text"], event),
        ):
            chosen = select(*values).select_from(from_the_first).where(*mine)
            connection.execute(insert(table).from_select(names, chosen, include_defaults=False))
