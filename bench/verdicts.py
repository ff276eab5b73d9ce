"""Verdicts: orders a second from the delivery in the inbox to `matched` committed, by the workers as installed.

The POS answers at once from text (`bench.till`): what it costs is not the product's.
"""

import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psutil
from celery import Celery

from bench.figures import Run, at_least, in_turns, median, spread
from bench.installed import Installed, cpu_s, deliver, matched_in
from bench.parts import Parts, parts
from bench.serving import until
from reconcile.ledger import Ledger

LATE = timedelta(minutes=10)  # placed so long ago that an order is due as soon as it is folded
WARM_UP = 100
WANTED = 1_500


class Workers:
    """An installation's workers and beat while they run; `more` puts orders into its inbox and waits for their verdicts."""

    def __init__(self, stack: ExitStack, installed: Installed, ledger: Ledger, count: int) -> None:
        self.installed, self.ledger = installed, ledger
        self.running: list[psutil.Process] = [stack.enter_context(installed.program("worker")) for _ in range(count)]
        stack.enter_context(installed.program("beat"))
        self._publisher = Celery(broker=installed.broker)
        self._delivered = 0

    def more(self, count: int) -> Run:
        """The figures of so many orders, spread evenly over the shops."""
        stores = self.installed.stores
        share = [count // len(stores)] * len(stores)
        deliver(self.ledger, stores, share, datetime.now(UTC) - LATE, first=self._delivered)
        self._delivered += share[0]
        wanted = self._delivered * len(stores)
        began, cpu = time.perf_counter(), cpu_s(*self.running)
        self._publisher.send_task("workers.tasks.drain_inbox", queue="reconciler")
        until(lambda: sum(matched_in(self.ledger).values()) >= wanted, "the verdicts", within_s=600)
        seconds, judged = time.perf_counter() - began, sum(share)
        return {
            "orders_per_s": judged / seconds,
            "worker_cpu_us_per_order": (cpu_s(*self.running) - cpu) / judged * 1e6,
        }


def measure(runs: int = 5, count: int = 2_000) -> dict[str, Any]:
    with parts() as these:
        till = these.till()
        contestants = {
            "one shop, SQLite": _workers(these, these.installed(broker=these.broker(), till=till)),
            "50 shops, SQLite": _workers(these, these.installed(broker=these.broker(), till=till, shops=50)),
            "one shop, PostgreSQL, two workers": _workers(these, _on_postgres(these, till, 1), count=2),
            "50 shops, PostgreSQL, two workers": _workers(these, _on_postgres(these, till, 50), count=2),
        }
        for workers in contestants.values():
            workers.more(WARM_UP)
        found = in_turns({name: partial(one.more, count) for name, one in contestants.items()}, runs)
    table = {name: spread(taken) for name, taken in found.items()}
    targets = [
        at_least(f"verdicts, {name}", median(row, "orders_per_s"), WANTED, "orders/s") for name, row in table.items()
    ]
    return {"table": table, "targets": targets}


def _on_postgres(these: Parts, till: str, shops: int) -> Installed:
    return these.installed(these.database(), broker=these.broker(), till=till, shops=shops)


def _workers(these: Parts, installed: Installed, count: int = 1) -> Workers:
    return Workers(these.stack, installed, these.stack.enter_context(installed.ledger()), count)
