"""A worker that is killed around a touch: the journal knows, nothing is touched blindly again, no sale is doubled."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from reconcile.ledger import Ledger
from reconcile.ledger.tables import actions, shops
from tests.conftest import wait_until
from tests.faults.conftest import MakeStack
from tests.faults.gate import Gate, gate_before
from tests.faults.simulated import Api, Floor
from tests.faults.stack import Stack, shop_entry
from tests.figures import Note

SCENARIO = {
    "seed": 3, "hours": 1, "orders": 12, "touch": "works", "latency": {"median_s": 10, "p99_s": 60},
    "faults": [{"cause": "unexplained", "share": 0.2}],
}  # fmt: skip
DOMAIN = "demo-shop.myshopify.com"

Deed = Callable[[Stack, Callable[[], None]], None]


def killed_before_it_is_sent(stack: Stack, forward: Callable[[], None]) -> None:
    stack.kill("worker")


def killed_after_it_was_sent(stack: Stack, forward: Callable[[], None]) -> None:
    forward()
    stack.kill("worker")


def answer_is_lost(stack: Stack, forward: Callable[[], None]) -> None:
    forward()
    raise ConnectionAbortedError  # a 500 that nobody sent: the touch is carried out, its answer is not known


DEEDS: dict[Deed, str] = {
    killed_before_it_is_sent: "intended", killed_after_it_was_sent: "intended", answer_is_lost: "unknown"
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_a_touch_that_nobody_saw_answered(
    make_stack: MakeStack, from_outside: Ledger, tmp_path: Path, deed: Deed, note: Note
) -> None:
    floor = Floor(tmp_path)
    with gate_before(floor.sandbox.url) as gate:
        entry = shop_entry(
            "demo", domain=DOMAIN, mode="auto", shopify=gate.url, pos=f"{floor.sandbox.url}/heartland/api"
        )
        stack = make_stack(entry, CLOCK_FILE=str(floor.clock_file), TICK_S="0.25")
        try:
            play(stack, floor, gate, from_outside, deed)
        finally:
            floor.close()
    truth = floor.truth
    assert truth["duplicate_sales"] == 0
    tags = sum(one["touches"] for one in truth["orders"])
    with from_outside.read() as connection:
        journal = connection.execute(select(actions).order_by(actions.c.id)).all()
    assert len({(row.order_id, row.tag) for row in journal}) == len(journal)
    assert tags <= len(gate.touches) <= len(journal)
    note("a touch around which a worker dies", touches=len(gate.touches), journaled=len(journal), second_sales=0)


def play(stack: Stack, floor: Floor, gate: Gate, ledger: Ledger, deed: Deed) -> None:
    assert floor.open(SCENARIO, stack.url) == DOMAIN
    api = Api(stack)
    floor.pass_time(api, 96, step=12)
    absent = [one["order_id"] for one in floor.sandbox.truth()["orders"] if one["arrived_at"] is None]
    assert absent, "the scenario holds an order back"
    gate.at_touch = lambda forward: deed(stack, forward)
    assert api.post(f"orders/demo/{absent[0]}/requeue").status_code == 202
    for _ in range(8):
        api.until_idle(unless=lambda: bool(gate.touches))
        if gate.touches:
            break
        floor.set_clock(floor.now + timedelta(minutes=1))
        floor.sandbox.advance(floor.now)
    assert len(gate.touches) == 1
    if DEEDS[deed] == "intended":
        wait_until(lambda: stack.revive() == ["worker"])
        end_lease(ledger)
    api.until_idle()
    with ledger.read() as connection:
        [state] = connection.execute(select(actions.c.state)).scalars()
    assert state == DEEDS[deed]
    # The order is not touched again while the first touch may still bring it in, though it is looked at.
    floor.pass_time(api, 9, step=3)
    assert len(gate.touches) == 1
    floor.pass_time(api, 60, step=15)
    floor.truth = floor.sandbox.truth()


def end_lease(ledger: Ledger) -> None:
    """Three minutes pass for the lease of the worker that was killed; they are real ones, whatever the clock file says."""
    with ledger.write() as connection:
        connection.execute(update(shops).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
