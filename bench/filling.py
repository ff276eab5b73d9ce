"""A ledger with a past: matched orders of the last two years, and how long people then wait for its pages."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Integer, func, insert, literal, select

from bench.play import STORE
from reconcile.incident_overview import seen_incidents
from reconcile.ledger import Ledger
from reconcile.ledger.queries import OrderFilter, orders_page
from reconcile.ledger.tables import orders
from reconcile.services import Services
from tests.rows import a_sale, an_order, keep

UNTIL, PAST = datetime(2026, 10, 31, tzinfo=UTC), timedelta(days=730)
TIMES = ("created_at", "updated_at", "eligible_at", "changed_at", "first_seen_at", "looked_at", "arrived_at")
REPEATS = 15


def fill(ledger: Ledger, count: int) -> None:
    """So many matched orders, spread evenly over two years; their numbers are below zero."""
    if not count:
        return
    order = an_order(-1, created_at=UNTIL, updated_at=UNTIL)
    keep(ledger, order, [a_sale(order)], looked_at=UNTIL, arrived_at=UNTIL + timedelta(minutes=1), looks=1)
    step = PAST / count // timedelta(microseconds=1)
    number = select(literal(1, Integer).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < count - 1))
    n = number.c.n
    changed = {name: orders.c[name] - n * step for name in TIMES} | {"order_id": orders.c.order_id - n}
    chosen = [changed.get(one.name, one) for one in orders.c]
    copied = select(*chosen).select_from(orders.join(number, literal(True))).where(orders.c.order_id == -1)
    with ledger.write() as connection:
        connection.execute(insert(orders).from_select([one.name for one in orders.c], copied, include_defaults=False))
        connection.exec_driver_sql("ANALYZE")


def page_ms(services: Services, folder: Path) -> dict[str, Any]:
    """The median wait for the lists that the page shows, and what an order takes on disk."""

    def lists(wanted: OrderFilter) -> Callable[[], object]:
        def read() -> object:
            with services.ledger.read() as connection:
                return orders_page(connection, [STORE], wanted)

        return read

    questions = {
        "newest_orders_ms": lists(OrderFilter()),
        "missing_orders_ms": lists(OrderFilter(standing="missing")),
        "incidents_ms": lambda: seen_incidents(services, [STORE]),
    }
    with services.ledger.read() as connection:
        count = connection.execute(select(func.count()).select_from(orders)).scalar_one()
    size = sum(one.stat().st_size for one in folder.glob("ledger.db*"))
    return {
        "orders_in_ledger": count,
        "bytes_per_order": round(size / count),
        **{name: median_ms(ask) for name, ask in questions.items()},
    }


def median_ms(ask: Callable[[], object]) -> float:
    """The median of some repeats, in milliseconds."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)
