"""Waiting: how long after its due time an order has its verdict, while 100 webhooks a second come in; the whole service."""

import statistics
import time
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psutil
from sqlalchemy import func, select

from bench.doors import ours
from bench.figures import Row, at_least, at_most, short
from bench.installed import Installed, cpu_s, matched_in
from bench.loading import load
from bench.orders import FIRST_ID
from bench.parts import Parts, parts
from bench.serving import until
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, orders
from reconcile.schedule import STEPS

PER_S = 100
SHOPS = 10
POS_ANSWERS_S = 0.1
CONNECTIONS = 8
FIRST_LOOK = STEPS[0]
SOON = FIRST_LOOK - timedelta(seconds=10)  # so old on arrival: due ten seconds later
LATE = timedelta(minutes=10)  # due on arrival
WARM_UP_S = 3
WITHIN_S = 600


CASES = (
    ("SQLite", "due ten seconds after its delivery", SOON),
    ("SQLite", "due on arrival", LATE),
    ("PostgreSQL", "due ten seconds after its delivery", SOON),
)


def measure(seconds: int = 30, cases: tuple[tuple[str, str, timedelta], ...] = CASES) -> dict[str, Any]:
    """Each case by itself, one after the other: it is about waiting, not about who is faster."""
    table = {}
    with parts() as these:
        till = these.till(POS_ANSWERS_S)
        for database, told, age in cases:
            name, url = f"{database}, {told}", "" if database == "SQLite" else these.database()
            installed = these.installed(url, broker=these.broker(), till=till, shops=SHOPS)
            table[name] = _waited(installed, age, seconds)
    return {"table": table, "targets": _targets(table)}


def measure_ten_minutes() -> dict[str, Any]:
    """The same for ten minutes, on SQLite."""
    with parts() as these:
        table = {"SQLite, ten minutes": _ten_minutes(these)}
    return {"table": table, "targets": _targets(table)}


def _ten_minutes(these: Parts) -> Row:
    installed = these.installed(broker=these.broker(), till=these.till(POS_ANSWERS_S), shops=SHOPS)
    return _waited(installed, timedelta(), 600)


def _waited(installed: Installed, age: timedelta, seconds: int) -> Row:
    count, first = PER_S * seconds, WARM_UP_S * PER_S // SHOPS
    with ExitStack() as stack:
        ledger = stack.enter_context(installed.ledger())
        door = stack.enter_context(ours(installed))
        programs = [door.process, *(stack.enter_context(installed.program(name)) for name in ("worker", "beat"))]
        load(door.url, first * SHOPS, CONNECTIONS, shops=SHOPS, per_s=PER_S, placed_s_ago=LATE.total_seconds())
        until(lambda: sum(matched_in(ledger).values()) == first * SHOPS, "the first verdicts", within_s=WITHIN_S)
        psutil.cpu_percent()
        began, cpu = time.perf_counter(), cpu_s(*programs)
        sent = load(
            door.url, count, CONNECTIONS, shops=SHOPS, per_s=PER_S, placed_s_ago=age.total_seconds(), first=first
        )
        idle, took, used = 100 - psutil.cpu_percent(), time.perf_counter() - began, cpu_s(*programs) - cpu
        wanted = count + first * SHOPS
        until(lambda: sum(matched_in(ledger).values()) >= wanted, "the verdicts", within_s=WITHIN_S)
        past = sorted(_past_due(ledger, first))
    return {
        "p50 s past due": short(statistics.median(past)), "p99 s past due": short(past[int(len(past) * 0.99)]),
        "longest s past due": short(past[-1]), "orders": len(past), "webhooks per s": short(count / took),
        "door p99 ms": short(sent["p99_ms"]), "refused": sent["refused"], "service's cores": short(used / took),
        "CPU idle %": short(idle),
    }  # fmt: skip


def _past_due(ledger: Ledger, first: int) -> list[float]:
    """Seconds from when an order was due until it was judged; below zero where another's look took it along."""
    c = orders.c
    received = select(func.min(deliveries.c.received_at)).where(
        deliveries.c.store == c.store, deliveries.c.order_id == c.order_id
    )
    query = select(c.created_at, c.looked_at, received.scalar_subquery().label("received_at"))
    with ledger.read() as connection:
        rows = connection.execute(query.where(c.looks == 1, c.order_id >= FIRST_ID + first)).all()
    return [(row.looked_at - max(row.created_at + FIRST_LOOK, row.received_at)).total_seconds() for row in rows]


def _targets(table: dict[str, Row]) -> list[dict[str, Any]]:
    waits = [at_most(f"p99 past due, {name}", row["p99 s past due"], 2, "s") for name, row in table.items()]
    return waits + [
        at_least(f"taken, {name}", row["webhooks per s"], 0.95 * PER_S, "per s") for name, row in table.items()
    ]
