"""A backlog: a hundred thousand deliveries are worked off; what each process holds in memory must not grow with it."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from celery import Celery

from bench.doors import ours, peak_memory_mb
from bench.figures import Table, at_most, short
from bench.installed import deliver, matched_in
from bench.parts import parts
from bench.serving import until

LATE = timedelta(minutes=10)
DELIVERED_AT_ONCE = 5_000
GROWN = 1.2


def measure(orders: int = 100_000) -> dict[str, Any]:
    """Resident memory of each process when a tenth is judged, and the most it ever was at the end."""
    with parts() as these, ExitStack() as stack:
        installed = these.installed(broker=these.broker(), till=these.till(), shops=1)
        ledger = stack.enter_context(installed.ledger())
        for first in range(0, orders, DELIVERED_AT_ONCE):
            many = min(DELIVERED_AT_ONCE, orders - first)
            deliver(ledger, installed.stores, [many], datetime.now(UTC) - LATE, first=first)
        programs = {"web": stack.enter_context(ours(installed)).process}
        programs |= {name: stack.enter_context(installed.program(name)) for name in ("worker", "beat")}
        Celery(broker=installed.broker).send_task("workers.tasks.drain_inbox", queue="reconciler")
        early = _memory_when(lambda: sum(matched_in(ledger).values()) >= orders // 10, programs)
        late = _memory_when(lambda: sum(matched_in(ledger).values()) >= orders, programs)
        peaks = {name: peak_memory_mb(process) for name, process in programs.items()}
    table: Table = {
        name: {
            "MB when a tenth is judged": early[name], "MB when all are judged": late[name], "most MB ever": peaks[name],
            "times": short(late[name] / early[name]),
        }
        for name in programs
    }  # fmt: skip
    targets = [
        at_most(f"memory of {name}, from a tenth to all", float(row["times"]), GROWN) for name, row in table.items()
    ]
    return {"table": table, "targets": targets}


def _memory_when(true: Any, programs: dict[str, psutil.Process]) -> dict[str, int]:
    until(true, "the backlog", within_s=1_200, every_s=0.5)
    return {name: resident_mb(process) for name, process in programs.items()}


def resident_mb(process: psutil.Process) -> int:
    """The memory that a process and its children have now."""
    every = [process, *process.children(recursive=True)]
    return int(sum(one.memory_info().rss for one in every if Path(f"/proc/{one.pid}").exists()) // 1024**2)
