"""Scale-out: worker processes on one PostgreSQL and one broker, and what fifty shops of very different size get of them."""

import signal
import statistics
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from celery import Celery

from bench.brokers import has_rabbitmq, rabbitmq
from bench.figures import Row, Run, Table, in_turns, short, spread
from bench.hosts import ROOT, hosts, may_make_hosts
from bench.installed import Installed, cpu_s, deliver, matched_in
from bench.parts import Parts, parts
from bench.serving import until
from reconcile.ledger import Ledger

SHOPS = 50
LATE = timedelta(minutes=10)
POS_ANSWERS_S = 0.1  # as from somewhere else: while one shop's POS is asked others are worked on
PROCESSES = (1, 2, 4)
WITHIN_S = 600


def sizes(orders: int) -> list[int]:
    """How many orders each shop has: the second half as many as the first, the third a third, …"""
    whole = sum(1 / (rank + 1) for rank in range(SHOPS))
    return [max(1, round(orders / (rank + 1) / whole)) for rank in range(SHOPS)]


class Crowd:
    """One installation and its backlog; `run` has so many worker processes work it off."""

    def __init__(self, installed: Installed, ledger: Ledger, orders: int) -> None:
        self.installed, self.ledger, self.sizes = installed, ledger, sizes(orders)
        self._first = 0
        self._publisher = Celery(broker=installed.broker)

    def run(self, processes: int, within: tuple[tuple[str, ...], ...] = ((),)) -> Run:
        """`within`: a host for each process in turn."""
        with ExitStack() as stack:
            workers = [
                stack.enter_context(self.installed.program("worker", within[number % len(within)]))
                for number in range(processes)
            ]
            stack.enter_context(self.installed.program("beat"))
            self.deliver([1] * SHOPS)
            self.finished()  # everybody is up
            self.deliver(self.sizes)
            began, cpu = time.perf_counter(), cpu_s(*workers)
            ends = self.finished()
            judged = sum(self.sizes)
            cost = (cpu_s(*workers) - cpu) / judged * 1e6
        largest, small = self.installed.stores[0], self.installed.stores[SHOPS // 2 :]
        return {
            "orders per s": judged / (max(ends.values()) - began), "worker CPU us per order": cost,
            "largest shop done s": ends[largest] - began,
            "half of the small shops done s": statistics.median(ends[store] for store in small) - began,
        }  # fmt: skip

    def deliver(self, counts: list[int]) -> None:
        self._before = matched_in(self.ledger)
        self._wanted = dict(zip(self.installed.stores, counts, strict=True))
        deliver(self.ledger, self.installed.stores, counts, datetime.now(UTC) - LATE, first=self._first)
        self._first += max(counts)
        self._publisher.send_task("workers.tasks.drain_inbox", queue="reconciler")

    def finished(self) -> dict[str, float]:
        """When each shop had the last of its verdicts."""
        ends: dict[str, float] = {}

        def done() -> bool:
            now = matched_in(self.ledger)
            for store, wanted in self._wanted.items():
                if store not in ends and now.get(store, 0) - self._before.get(store, 0) >= wanted:
                    ends[store] = time.perf_counter()
            return len(ends) == len(self._wanted)

        until(done, "every shop's verdicts", within_s=WITHIN_S)
        return ends


def measure(runs: int = 5, orders: int = 2_000, processes: tuple[int, ...] = PROCESSES) -> dict[str, Any]:
    with parts() as these:
        shared = may_make_hosts()
        address = these.stack.enter_context(hosts(2)) if shared else None
        host = ROOT if shared else "127.0.0.1"
        these.postgres(listen=host)
        till = these.till(POS_ANSWERS_S, host)
        installed = these.installed(these.database(host), broker=these.broker(host), till=till, shops=SHOPS)
        crowd = Crowd(installed, these.stack.enter_context(installed.ledger()), orders)
        contestants = {f"{n} worker processes": partial(crowd.run, n) for n in processes}
        if address:
            contestants["2 worker processes, each on a host of its own"] = partial(crowd.run, 2, tuple(address))
        found = in_turns(contestants, runs)
        table: Table = {name: spread(taken) for name, taken in found.items()}
        if has_rabbitmq():
            table["2 worker processes on RabbitMQ"] = _on_rabbitmq(these, till, host, orders)
    return {"table": table, "targets": []}


def _on_rabbitmq(these: Parts, till: str, host: str, orders: int) -> Row:
    """The same with another broker, by its URL alone."""
    url = these.stack.enter_context(rabbitmq(these.folder()))
    installed = these.installed(these.database(host), broker=url, till=till, shops=SHOPS)
    return spread([Crowd(installed, these.stack.enter_context(installed.ledger()), orders).run(2)])


def measure_host_killed(orders: int = 4_000) -> dict[str, Any]:
    """Two hosts at work; one of them is gone at once, with all that runs on it. The other one goes on with everything."""
    with parts() as these, hosts(2) as (one, other):
        these.postgres(listen=ROOT)
        till = these.till(POS_ANSWERS_S, ROOT)
        installed = these.installed(these.database(ROOT), broker=these.broker(ROOT), till=till, shops=SHOPS)
        ledger = these.stack.enter_context(installed.ledger())
        crowd = Crowd(installed, ledger, orders)
        with installed.program("worker", one), installed.program("beat"), installed.program("worker", other) as doomed:
            crowd.deliver([1] * SHOPS)
            crowd.finished()
            crowd.deliver(crowd.sizes)
            began = time.perf_counter()
            until(
                lambda: sum(matched_in(ledger).values()) > SHOPS + orders // 4,
                "a quarter of the verdicts",
                within_s=WITHIN_S,
            )
            for process in [*doomed.children(recursive=True), doomed]:
                process.send_signal(signal.SIGKILL)
            killed = time.perf_counter()
            ends = crowd.finished()
        left = sorted(end - killed for end in ends.values() if end > killed)
        judged = sum(matched_in(ledger).values())
    row: Row = {
        "orders": judged - SHOPS, "killed after s": short(killed - began), "shops not done by then": len(left),
        "half of them done s later": short(statistics.median(left)), "all done s later": short(left[-1]),
        "never judged": sum(crowd.sizes) - (judged - SHOPS),
    }  # fmt: skip
    return {"table": {"two hosts, one killed": row}, "targets": []}
