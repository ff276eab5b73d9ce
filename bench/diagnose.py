"""`make diagnose SCENARIO=file.json`: what was planted, what was found, and what it cost."""

import json
import os
import socket
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, select

from bench.client import Sandbox
from bench.play import Played, play
from reconcile.ledger.tables import actions, events, orders
from sandbox.tills import KINDS

MEMORY = Path("/dev/shm")  # noqa: S108 - a simulated day needs no durable disk


def measure(played: Played) -> dict[str, Any]:
    """The result in the shape of design section 8."""
    with played.services.ledger.read() as connection:
        rows = {row.order_id: row for row in connection.execute(select(orders))}
        touched = connection.execute(select(actions).order_by(actions.c.id)).all()
    truth = {order["order_id"]: order for order in played.truth["orders"]}
    return {
        "orders": len(truth),
        "causes": _causes(played, truth, rows),
        "false_missing": len(false_missing(played)),
        "touches": len(touched),
        "needless_touches": sum(1 for action in touched if _needless(truth[action.order_id], action)),
        "duplicate_sales": played.truth["duplicate_sales"],
        "arrived_after_touch": len({a.order_id for a in touched if a.outcome == "arrived"}),
        "pos_calls": played.truth["pos_calls"],
        "shopify_calls": played.truth["shopify_calls"],
        "unexplained": sum(1 for row in rows.values() if row.cause == "unexplained"),
    }


def false_missing(played: Played) -> set[int]:
    """The orders that were called missing and arrived untouched, with no cause planted."""
    truth = {order["order_id"]: order for order in played.truth["orders"]}
    with played.services.ledger.read() as connection:
        called = connection.execute(select(events.c.order_id).where(events.c.text.like("%→ missing"))).scalars()
        return {i for i in called if _arrived_unaided(truth[i]) and truth[i]["cause"] is None}


def _causes(played: Played, truth: dict[int, Any], rows: dict[int, Row[Any]]) -> dict[str, Any]:
    planted = {i: o["cause"] for i, o in truth.items() if o["cause"] and stands_at_grace(played, o)}
    found = {i: row.cause for i, row in rows.items() if row.cause}
    result = {}
    for cause in sorted({*planted.values(), *found.values()}):
        right = [i for i in planted if planted[i] == cause and found.get(i) == cause]
        noticed = [
            (rows[i].noticed_at - rows[i].eligible_at) / timedelta(minutes=1) for i in right if rows[i].noticed_at
        ]
        result[cause] = {
            "planted": sum(1 for c in planted.values() if c == cause),
            "found": sum(1 for c in found.values() if c == cause),
            "right": len(right),
            "minutes_to_notice": _spread(noticed),
        }
    return result


def _spread(minutes: list[float]) -> dict[str, float | None]:
    if not minutes:
        return {"median": None, "max": None}
    return {"median": round(statistics.median(minutes), 1), "max": round(max(minutes), 1)}


def stands_at_grace(played: Played, order: dict[str, Any]) -> bool:
    """Whether the planted cause still shows at the order's grace: absent, or in the POS but wrong."""
    if order["wrong_since"]:
        return True
    eligible = datetime.fromisoformat(order["eligible_at"])
    unaided = order["unaided_at"]
    return unaided is None or datetime.fromisoformat(unaided) - eligible > played.grace_at(eligible)


def _arrived_unaided(order: dict[str, Any]) -> bool:
    return bool(order["arrived_at"]) and not order["touches"]


def _needless(order: dict[str, Any], action: Row[Any]) -> bool:
    """The POS had it already, or it would have come without us."""
    return order["unaided_at"] is not None


def table(result: dict[str, Any]) -> Table:
    shown = Table(
        box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption="minutes: from eligible to noticed, median and slowest"
    )
    for heading in ("cause", "planted", "found", "precision", "recall", "minutes", "most"):
        shown.add_column(heading, no_wrap=True)
    for slug, cause in result["causes"].items():
        precision = f"{cause['right'] / cause['found']:.2f}" if cause["found"] else "–"
        recall = f"{cause['right'] / cause['planted']:.2f}" if cause["planted"] else "–"
        spread = cause["minutes_to_notice"]
        shown.add_row(
            slug,
            str(cause["planted"]),
            str(cause["found"]),
            precision,
            recall,
            str(spread["median"]),
            str(spread["max"]),
        )
    return shown


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def mistakes(played: Played) -> Iterable[str]:
    """Every order whose settled first cause is not the planted one, a line each."""
    with played.services.ledger.read() as connection:
        rows = {row.order_id: row for row in connection.execute(select(orders))}
    wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
    for order in played.truth["orders"]:
        planted = order["cause"] if order["cause"] and stands_at_grace(played, order) else None
        row = rows.get(order["order_id"])
        found = row.cause if row is not None else "(never seen)"
        if planted != found:
            wrong[str(planted), str(found)].append(order["name"])
    for (planted, found), names in sorted(wrong.items()):
        yield f"planted {planted}, found {found}: {len(names)} ({', '.join(names[:5])})"


def scenario_of(path: str, wire: str | None = None) -> dict[str, Any]:
    """The scenario of a file, its POS answering as the wire report of another file says. Raises ValueError in words."""
    scenario = _object(path)
    if wire:
        report = _object(wire)
        kind = scenario.get("pos", "heartland")
        if report.get("pos") != kind:
            raise ValueError(f"{wire}: a wire report of {report.get('pos')} says nothing about {kind}")
        scenario[kind] = {**report.get("switches", {}), **scenario.get(kind, {})}
    return scenario


def beside_the_point(scenario: dict[str, Any]) -> Iterable[str]:
    """The causes of a scenario that its POS does not know, a line each."""
    pos = scenario.get("pos", "heartland")
    causes = {fault.get("cause") for fault in scenario.get("faults", ())}
    for cause in sorted(causes & KINDS[pos].without):
        yield f"{cause} does not exist at {pos}: nothing was planted for it"


def _object(path: str) -> dict[str, Any]:
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: this is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise ValueError(f"{path}: an object is expected")
    return read


def main(path: str) -> int:
    quiet = os.environ.get("JSON") == "1"
    try:
        scenario = scenario_of(path, os.environ.get("WIRE"))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    sandbox = Sandbox(free_port())
    try:
        sandbox.wait()
        with TemporaryDirectory(prefix="diagnose-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
            played = play(scenario, sandbox, Path(folder))
            result = measure(played)
            wrong = list(mistakes(played))
    except ValueError as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    finally:
        sandbox.stop()
    console = Console(file=sys.stderr if quiet else sys.stdout)
    console.print(table(result))
    for line in (*beside_the_point(scenario), *wrong):
        console.print(line)
    if quiet:
        print(json.dumps(result))
    else:
        console.print({key: value for key, value in result.items() if key != "causes"})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
