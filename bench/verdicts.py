"""Verdicts: orders from delivery to `matched`, what that costs at the POS and at Shopify, and in memory."""

import resource
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select

from bench.client import Sandbox
from bench.diagnose import free_port
from bench.filling import fill, page_ms
from bench.play import START, prepare
from reconcile import inbox, loop
from reconcile.ledger.tables import orders
from reconcile.model import Standing

QUIET_DAY = {"seed": 3, "pos": "heartland", "hours": 12, "orders": 2_000, "faults": []}


def measure(older: int = 0, count: int = 2_000) -> dict[str, Any]:
    """A day's deliveries received, then folded and judged at one go when every order is in the POS.

    `older` is how many orders of earlier months the ledger holds already.
    """
    sandbox = Sandbox(free_port())
    try:
        sandbox.wait()
        with TemporaryDirectory(prefix="bench-") as folder:
            return _measure(sandbox, Path(folder), older, QUIET_DAY | {"orders": count})
    finally:
        sandbox.stop()


def _measure(sandbox: Sandbox, folder: Path, older: int, day: dict[str, Any]) -> dict[str, Any]:
    played, clock, door = prepare(day, sandbox, folder)
    services, shop = played.services, played.shop
    fill(services.ledger, older)
    end, received = START + timedelta(hours=30), 0
    while True:
        answer = sandbox.advance(end)
        for delivery in answer["deliveries"]:
            door.post("/webhooks/shopify", data=delivery["body"].encode(), headers=delivery["headers"])
        received += len(answer["deliveries"])
        if answer["next_event_at"] is None or datetime.fromisoformat(answer["next_event_at"]) > end:
            break
    clock.set(end)
    before = sandbox.truth()["pos_calls"]
    began, cpu = time.perf_counter(), time.process_time()
    while inbox.drain(services):
        pass
    folded = time.perf_counter()
    while loop.reconcile(shop, services).more:
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    with services.ledger.read() as connection:
        matched = connection.execute(
            select(func.count())
            .select_from(orders)
            .where(orders.c.standing == Standing.MATCHED.value, orders.c.order_id > 0)
        ).scalar_one()
    truth = sandbox.truth()
    return {
        **page_ms(services, folder),
        "orders": len(truth["orders"]),
        "deliveries": received,
        "matched": matched,
        "matched_per_s": round(matched / seconds),
        "matched_per_cpu_s": round(matched / cpu),
        "deliveries_folded_per_s": round(received / (folded - began)),
        "pos_calls_per_1000": round((truth["pos_calls"] - before) / matched * 1000, 1),
        "shopify_calls_per_1000": round(truth["shopify_calls"] / matched * 1000, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
