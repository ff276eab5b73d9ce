"""What a look costs the POS: requests, and the vendor's own measure where it has one, for 1,000 orders at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.client import Sandbox
from bench.play import CREDENTIALS, SECRET, START
from reconcile.clock import ManualClock
from reconcile.model import SetUpQuestions
from reconcile.pos.base import Pos
from reconcile.pos.registry import ADAPTERS
from sandbox.tills import KINDS
from workers.broker import free_port

ORDERS = 1_000
DAY = timedelta(hours=26)  # with the last orders' way into the POS
PRODUCTS = tuple(f"SKU-{number}" for number in range(50))


def measure() -> dict[str, Any]:
    """Calls and cost by POS: all orders by reference, and one reading of the settings."""
    sandbox = Sandbox(free_port())
    try:
        sandbox.wait()
        return {kind: _one(kind, sandbox) for kind in sorted(KINDS.keys() & ADAPTERS)}
    finally:
        sandbox.stop()


def _one(kind: str, sandbox: Sandbox) -> dict[str, Any]:
    sandbox.reset(
        scenario={"pos": kind, "orders": ORDERS, "seed": 3}, start=START.isoformat(), webhook_url=None, secret=SECRET,
        pos_token=CREDENTIALS.token, client_id=CREDENTIALS.client_id, client_secret=CREDENTIALS.client_secret,
    )  # fmt: skip
    sandbox.advance(START + DAY)
    pos = ADAPTERS[kind](
        KINDS[kind].settings(sandbox.url, CREDENTIALS), clock=ManualClock(START + DAY), sleep=lambda s: None
    )
    references = [order["name"] for order in sandbox.truth()["orders"]]
    looked, found = _spent(sandbox, lambda: len({sale.reference for sale in pos.sales_by_reference(references)}))
    read, _ = _spent(sandbox, lambda: _read(pos))
    return {
        "calls_per_1000_orders": looked["calls"],
        "cost_per_1000_orders": looked["cost"],
        "found": found,
        "calls_per_reading_of_the_settings": read["calls"],
        "cost_per_reading_of_the_settings": read["cost"],
    }


def _read(pos: Pos) -> int:
    return len(pos.set_up(SetUpQuestions(skus=PRODUCTS)).items or ())


def _spent(sandbox: Sandbox, act: Callable[[], int]) -> tuple[dict[str, float], int]:
    before = sandbox.truth()
    done = act()
    after = sandbox.truth()
    cost = round(after["pos_cost"] - before["pos_cost"], 1)
    return {"calls": after["pos_calls"] - before["pos_calls"], "cost": cost}, done
