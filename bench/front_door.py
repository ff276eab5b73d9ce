"""Front door: durable 200s per second of signed orders of 7 kB, ours beside what others would build, in turns."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from bench.ours import DOMAIN, HOME, bare, ours
from bench.peers.express_peer import express
from bench.peers.naive import naive
from bench.serving import Served
from tests.postgres import Postgres

SECRET = "bench-secret"
CONNECTIONS = (1, 16, 64)
WARM_UP = 500
CEILING = "bare server, nothing kept"

Run = dict[str, Any]


def measure(runs: int = 5, count: int = 4_000) -> dict[str, Any]:
    """By contestant and number of connections: the median of the runs and their spread; every run takes all in turn."""
    with contestants() as found:
        runs_of: dict[str, dict[int, list[Run]]] = {name: {n: [] for n in CONNECTIONS} for name in found}
        sent = dict.fromkeys(found, WARM_UP)
        for served in found.values():
            load(served.url, WARM_UP, 16)
        for _ in range(runs):
            for connections in CONNECTIONS:
                for name, served in found.items():
                    many = count if connections > 1 else count // 8
                    run = load(served.url, many, connections)
                    sent[name] += many - run["refused"]
                    runs_of[name][connections].append(run)
        lost = {name: sent[name] - served.kept() for name, served in found.items() if name != CEILING}
        peaks = {name: peak_memory_mb(served.process) for name, served in found.items()}
    return {
        name: {
            **{f"{n} connections": summary(taken) for n, taken in by_number.items()},
            "lost": lost.get(name),
            "peak_mb": peaks[name],
        }
        for name, by_number in runs_of.items()
    }


@contextmanager
def contestants() -> Iterator[dict[str, Served]]:
    """Everybody, up and waiting; who is not being asked costs nothing."""
    with ExitStack() as stack:

        def folder() -> Path:
            return Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))

        database = Postgres(folder(), fsync=True)
        stack.callback(database.kill)
        database.run("CREATE DATABASE bench")
        found = {
            "ours on SQLite": stack.enter_context(ours(folder(), SECRET)),
            "ours on PostgreSQL": stack.enter_context(ours(folder(), SECRET, f"{database.base}/bench", processes=2)),
            "Flask, one Celery publish per request": stack.enter_context(naive(folder(), SECRET)),
            CEILING: stack.enter_context(bare(folder())),
        }
        if which("npm"):
            found["express, shopify-api, BullMQ"] = stack.enter_context(express(folder(), SECRET))
        yield found


def summary(runs: list[Run]) -> dict[str, Any]:
    """The medians, and the slowest and fastest run."""
    rates = [run["per_s"] for run in runs]
    return {
        "per_s": round(statistics.median(rates)),
        "slowest_and_fastest": [round(min(rates)), round(max(rates))],
        "p50_ms": round(statistics.median(run["p50_ms"] for run in runs), 1),
        "p99_ms": round(statistics.median(run["p99_ms"] for run in runs), 1),
        "refused": sum(run["refused"] for run in runs),
    }


def load(url: str, count: int, connections: int) -> Run:
    """One run of the load, a process of its own."""
    place = f"{url}/webhooks/shopify"
    command = [sys.executable, "-m", "bench.load", place, str(count), str(connections), SECRET, DOMAIN]
    answer = subprocess.run(command, cwd=HOME, capture_output=True, check=True, env=dict(os.environ))
    found: Run = json.loads(answer.stdout)
    return found


def peak_memory_mb(process: psutil.Process) -> int:
    """The highest resident memory that a process and its children ever had."""
    kilobytes = 0
    for one in [process, *process.children(recursive=True)]:
        for line in Path(f"/proc/{one.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kilobytes += int(line.split()[1])
    return kilobytes // 1024
