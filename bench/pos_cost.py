"""POS cost: calls for a thousand orders and the vendor's own measure of them, in full batches, over a day, in a backfill.

Played on a simulated clock against the sandbox, which counts. A count needs no second run: the day is seeded.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.client import Sandbox
from bench.figures import Row, Table, at_most, short
from bench.play import CREDENTIALS, SECRET, START, Played, play, prepare, work
from reconcile.clock import ManualClock
from reconcile.pos.base import Pos
from reconcile.pos.registry import ADAPTERS
from reconcile.sweep import sweep
from sandbox.tills import KINDS
from workers.broker import free_port

ORDERS = 1_000
ENDPOINTS = {"heartland": 2, "lightspeed_r": 1, "lightspeed_x": 1}  # that a look asks
IN_THE_POS = timedelta(hours=26)  # a day's orders are all there
APART = timedelta(seconds=10)  # looks: no vendor's limit is reached
BACKFILL = timedelta(days=60)
WANTED, FLOOR = 12, 10
NAIVE = 100  # orders asked for one by one
HOURS = {"1,000": 8.0, "10,000": 0.8}  # that a third of a thousand orders take at so many a day
MISSING = [{"cause": "customer_incomplete", "share": 0.01}]


def measure(orders: int = ORDERS) -> dict[str, Any]:
    table: Table = {}
    with running() as sandbox:
        for kind in sorted(KINDS.keys() & ADAPTERS):
            table |= in_batches(kind, sandbox, orders)
        for told, hours in HOURS.items():
            for name, faults in {"all arrive": [], "1 % missing": MISSING}.items():
                scenario = {"pos": "heartland", "seed": 3, "orders": orders // 3, "hours": hours, "faults": faults}
                table[f"heartland, {told} orders a day, {name}"] = _played(scenario, sandbox)
        table[f"heartland, backfill of {BACKFILL.days} days"] = backfilled(sandbox, orders)
    return {"table": table, "targets": _targets(table)}


@contextmanager
def running() -> Iterator[Sandbox]:
    sandbox = Sandbox(free_port())
    try:
        sandbox.wait()
        yield sandbox
    finally:
        sandbox.stop()


def in_batches(kind: str, sandbox: Sandbox, orders: int) -> Table:
    """All orders by reference, a look's worth at a time; and one by one, as the naive way is."""
    sandbox.reset(
        scenario={"pos": kind, "orders": orders, "seed": 3}, start=START.isoformat(), webhook_url=None, secret=SECRET,
        pos_token=CREDENTIALS.token, client_id=CREDENTIALS.client_id, client_secret=CREDENTIALS.client_secret,
    )  # fmt: skip
    sandbox.advance(START + IN_THE_POS)
    clock = ManualClock(START + IN_THE_POS)
    pos = ADAPTERS[kind](KINDS[kind].settings(sandbox.url, CREDENTIALS), clock=clock, sleep=lambda s: None)
    references = [order["name"] for order in sandbox.truth()["orders"]]
    _look(pos, references[:1])  # what an adapter asks once, such as its token
    limit = pos.together - 1  # as the loop does, with the positive control
    batches = [[*references[at : at + limit], references[0]] for at in range(0, len(references), limit)]
    singles = [[reference] for reference in references[:NAIVE]]

    def looks(wanted: list[list[str]]) -> Callable[[], object]:
        return lambda: [_look_later(pos, one, sandbox, clock) for one in wanted]

    together = _spent(sandbox, looks(batches), len(references))
    alone = _spent(sandbox, looks(singles), len(singles))
    together["calls per endpoint"] = short(together["calls"] / ENDPOINTS[kind])
    return {f"{kind}, full batches": together, f"{kind}, one call per order": alone}


def _look_later(pos: Pos, references: list[str], sandbox: Sandbox, clock: ManualClock) -> int:
    clock.set(clock.now() + APART)
    sandbox.advance(clock.now())
    return _look(pos, references)


def _look(pos: Pos, references: list[str]) -> int:
    return len({sale.reference for sale in pos.sales_by_reference(references)})


def _played(scenario: dict[str, Any], sandbox: Sandbox) -> Row:
    with TemporaryDirectory(prefix="bench-") as folder:
        truth = play(scenario, sandbox, Path(folder)).truth
    return _per_thousand(truth, len(truth["orders"]))


def backfilled(sandbox: Sandbox, orders: int) -> Row:
    """A shop is installed sixty days after the first of a week's orders, and swept as far back."""
    scenario = {"pos": "heartland", "seed": 3, "orders": orders, "hours": 168, "faults": []}
    with TemporaryDirectory(prefix="bench-") as folder:
        played, clock, _ = prepare(scenario, sandbox, Path(folder))
        now = START + BACKFILL - timedelta(days=1)
        sandbox.advance(now)
        clock.set(now)
        return _spent(sandbox, lambda: _sweep(played), len(sandbox.truth()["orders"]))


def _sweep(played: Played) -> None:
    sweep(played.shop, played.services, since=START)
    work(played)


def _spent(sandbox: Sandbox, act: Callable[[], object], orders: int) -> Row:
    before = sandbox.truth()
    act()
    after = sandbox.truth()
    return _per_thousand(
        {name: after[name] - before[name] for name in ("pos_calls", "pos_cost", "shopify_calls")}, orders
    )


def _per_thousand(spent: dict[str, Any], orders: int) -> Row:
    each = {"calls": "pos_calls", "vendor's measure": "pos_cost", "calls to Shopify": "shopify_calls"}
    return {name: short(spent[key] / orders * 1000) for name, key in each.items()} | {"orders": orders}


def _targets(table: Table) -> list[dict[str, Any]]:
    return [
        at_most(f"calls per endpoint, {name} (floor {FLOOR})", row["calls per endpoint"], WANTED, "per 1,000 orders")
        for name, row in table.items()
        if "calls per endpoint" in row
    ]
