"""Front door: durable 200s a second of signed orders of 7 kB, ours beside what others would build, in turns."""

from functools import partial
from shutil import which
from typing import Any

from bench.doors import Door, bare, ours, peak_memory_mb
from bench.figures import Row, Run, Table, at_least, at_most, figure, in_turns, median
from bench.installed import SECRET, cpu_s
from bench.loading import load
from bench.parts import Parts, parts
from bench.peers.express_peer import express
from bench.peers.naive import naive

CONNECTIONS = (1, 16, 64)
WARM_UP = 500
CEILING = "bare server, nothing kept"
SQLITE, POSTGRES, EXPRESS = "ours on SQLite", "ours on PostgreSQL", "express, shopify-api, BullMQ"
BUSY = CONNECTIONS[1:]


def measure(runs: int = 5, count: int = 2_000, *, beside_express: bool = True) -> dict[str, Any]:
    """By contestant and number of connections: the median of the runs and their spread; every run takes all in turn."""
    with parts() as these:
        doors = contestants(these, beside_express=beside_express and which("npm") is not None)
        sent = dict.fromkeys(doors, WARM_UP)
        for door in doors.values():
            load(door.url, WARM_UP, 16)
        table: Table = {name: {} for name in doors}
        for connections in CONNECTIONS:
            many = count if connections > 1 else count // 6
            found = in_turns({name: partial(_run, door, many, connections) for name, door in doors.items()}, runs)
            for name, taken in found.items():
                table[name] |= _cells(connections, taken)
                sent[name] += many * runs - int(sum(run["refused"] for run in taken))
        for name, door in doors.items():
            lost = "–" if name == CEILING else sent[name] - door.kept()
            table[name] |= {"lost": lost, "peak MB": peak_memory_mb(door.process)}
    return {"table": table, "targets": _targets(table)}


def contestants(these: Parts, *, beside_express: bool) -> dict[str, Door]:
    """Everybody, up and waiting; who is not being asked costs nothing."""
    up = these.stack.enter_context
    found = {
        SQLITE: up(ours(these.installed(), processes=2)),
        POSTGRES: up(ours(these.installed(these.database()), processes=2)),
        "Flask, one Celery publish per request": up(naive(these.folder(), SECRET)),
        CEILING: up(bare(these.folder())),
    }
    if beside_express:
        found[EXPRESS] = up(express(these.folder(), SECRET))
    return found


def _run(door: Door, count: int, connections: int) -> Run:
    before = cpu_s(door.process)
    return load(door.url, count, connections) | {"cpu_us": (cpu_s(door.process) - before) / count * 1e6}


def _cells(connections: int, runs: list[Run]) -> Row:
    return {
        f"{connections}: per s": figure([run["per_s"] for run in runs]),
        f"{connections}: p99 ms": figure([run["p99_ms"] for run in runs]),
        f"{connections}: CPU us": figure([run["cpu_us"] for run in runs]),
    }


def _targets(table: Table) -> list[dict[str, Any]]:
    targets = [
        at_most(f"lost, {name}", median(row, "lost"), 0, "deliveries") for name, row in table.items() if "ours" in name
    ]
    if EXPRESS not in table:
        return targets
    for n in BUSY:
        theirs, their_wait = median(table[EXPRESS], f"{n}: per s"), median(table[EXPRESS], f"{n}: p99 ms")
        faster = {name: median(table[name], f"{n}: per s") / theirs for name in (SQLITE, POSTGRES)}
        waits = median(table[SQLITE], f"{n}: p99 ms") / their_wait
        targets += [
            at_least(f"throughput on SQLite beside express, {n} connections", faster[SQLITE], 2),
            at_most(f"p99 on SQLite beside express, {n} connections", waits, 0.5),
            at_least(f"throughput on PostgreSQL beside express, {n} connections", faster[POSTGRES], 1.5),
        ]
    return targets
