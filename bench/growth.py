"""Growth: the same work on ledgers of ten thousand and of a million orders, in turns; ten million on PostgreSQL when asked."""

import gc
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from pysqlite3 import dbapi2
from sqlalchemy import text

from bench.doors import ours
from bench.figures import Row, Run, Table, at_most, in_turns, median, short, spread
from bench.filling import OLD, fill
from bench.installed import Installed, deliver
from bench.loading import load
from bench.parts import Parts, parts
from reconcile import inbox, loop
from reconcile.bootstrap import make_services
from reconcile.config import settings_from
from reconcile.housekeeping import tidy
from reconcile.incident_overview import seen_incidents
from reconcile.ledger.queries import OrderFilter, orders_page
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.shop_overview import overview
from reconcile.shops import enrol

SMALL, LARGE, HUGE = 10_000, 1_000_000, 10_000_000
LATE = timedelta(minutes=10)
CONNECTIONS = 16
REPEATS = 15  # of a page, each run
WANTED = 1.2
SEARCH = "search ms"  # for a part of a name or SKU: it has to pass every order
SHOPS = "shops ms"  # counts a month's orders: it grows with what is sold in a month
UNTARGETED = (SHOPS, SEARCH)
COMPARED = (
    "front door us", "fold us of CPU", "look us of CPU", "list ms", "list of the missing ms", "incidents ms",
)  # fmt: skip


def measure(runs: int = 5, count: int = 300, small: int = SMALL, large: int = LARGE) -> dict[str, Any]:
    """By database and size; the ratio is that of the larger ledger to the smaller, in the same run."""
    table: Table = {}
    with parts() as these:
        till = these.till()
        for database in ("SQLite", "PostgreSQL"):
            table |= _compared(these, till, database, (small, large), runs, count)
    return {"table": table, "targets": _targets(table)}


def measure_ten_million(runs: int = 5, count: int = 300) -> dict[str, Any]:
    """PostgreSQL alone, ten thousand beside ten million orders; filling takes most of it."""
    with parts() as these:
        table = _compared(these, these.till(), "PostgreSQL", (SMALL, HUGE), runs, count)
    return {"table": table, "targets": _targets(table)}


def _compared(these: Parts, till: str, database: str, sizes: tuple[int, int], runs: int, count: int) -> Table:
    ledgers = {}
    for size in sizes:
        url = "" if database == "SQLite" else these.database()
        name = f"{database}, {size:,} orders"
        ledgers[name] = Grown(these.stack, these.installed(url, till=till), size, count)
    for one in ledgers.values():
        one.run()  # caches are warm
    found = in_turns({name: one.run for name, one in ledgers.items()}, runs)
    table: Table = {name: spread(taken) | ledgers[name].once() for name, taken in found.items()}
    first, last = table.values()
    table[f"{database}, times longer"] = {
        name: short(median(last, name) / median(first, name)) for name in (*COMPARED, *UNTARGETED)
    }
    return table


class Grown:
    """A ledger of some size with the services on it; `run` does the same work every time."""

    def __init__(self, stack: ExitStack, installed: Installed, size: int, count: int) -> None:
        self.installed, self.size, self.count = installed, size, count
        self.services = self._services()
        (self.store,) = installed.stores
        gc.collect()
        gc.freeze()  # as a worker does
        self.filled_s = seconds(lambda: fill(self.services.ledger, self.store, size))
        self.bytes_per_order = self._bytes() / size
        self.door = stack.enter_context(ours(installed))
        self.sent = 0

    def _services(self) -> Services:
        made = make_services(settings_from(self.installed.environment, kinds=frozenset(ADAPTERS)))
        enrol(made)
        return made

    def run(self) -> Run:
        at = datetime.now(UTC) - LATE
        door = load(self.door.url, self.count, CONNECTIONS, first=self.sent, placed_s_ago=LATE.total_seconds())
        self.sent += self.count
        deliver(self.services.ledger, [self.store], [self.count], at, first=self.sent)
        self.sent += self.count
        fold, look = self._cpu_us(self._fold), self._cpu_us(self._look)
        return {"front door us": 1e6 / door["per_s"], "fold us of CPU": fold, "look us of CPU": look} | self._pages()

    def _cpu_us(self, work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return (time.process_time() - began) / (2 * self.count) * 1e6

    def _fold(self) -> None:
        while inbox.drain(self.services):
            pass

    def _look(self) -> None:
        while loop.reconcile(self.services.shop(self.store), self.services).more:
            pass

    def _pages(self) -> Run:
        questions: dict[str, Callable[[], object]] = {
            "list ms": partial(self._list, OrderFilter()),
            "list of the missing ms": partial(self._list, OrderFilter(standing="missing")),
            SHOPS: lambda: overview(self.services, [self.store]),
            "incidents ms": lambda: seen_incidents(self.services, [self.store]),
        }
        asked = {name: median_ms(ask) for name, ask in questions.items()}
        return asked | {SEARCH: seconds(partial(self._list, OrderFilter(q="#10001"))) * 1000}

    def _list(self, wanted: OrderFilter) -> None:
        with self.services.ledger.read() as connection:
            orders_page(connection, [self.store], wanted)

    def _bytes(self) -> int:
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        asked = pages if self.services.ledger.is_sqlite else "SELECT pg_database_size(current_database())"
        with self.services.ledger.read() as connection:
            return int(connection.execute(text(asked)).scalar_one())

    def once(self) -> Row:
        """What is found only once: the size, and how long filling, a purge and a vacuum take."""
        return {
            "bytes per order": short(self.bytes_per_order), "filled s": short(self.filled_s),
            "purge s": short(seconds(lambda: tidy(self.services, keep=OLD))), "vacuum s": short(seconds(self._vacuum)),
        }  # fmt: skip

    def _vacuum(self) -> None:
        url = self.services.ledger.url
        if self.services.ledger.is_sqlite:
            with closing(dbapi2.connect(url.database, isolation_level=None)) as connection:
                connection.execute("VACUUM")
        else:
            plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute("VACUUM")


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def median_ms(ask: Callable[[], object]) -> float:
    """The median of some repeats, in milliseconds."""
    return statistics.median(seconds(ask) for _ in range(REPEATS)) * 1000


def _targets(table: Table) -> list[dict[str, Any]]:
    ratios = {name: row for name, row in table.items() if name.endswith("times longer")}
    return [at_most(f"{database}: {name}", row[name], WANTED) for database, row in ratios.items() for name in COMPARED]
