"""A shop with 10,000 orders a day stays under a tenth of what its POS documents as the limit.

Two hours of such a day are played, and the second is counted. R-Series: a drip a second for an account with one register;
X-Series: 300 requests for its register and 50 more, every five minutes. Source: facts/lightspeed-api.md, A3 and B3.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.client import Sandbox
from bench.play import play
from workers.broker import free_port

pytestmark = pytest.mark.timeout(900)

BUDGET_OF_AN_HOUR = {"lightspeed_r": 60 * 60, "lightspeed_x": 12 * (300 + 50)}
FULL = {"seed": 5, "hours": 2, "orders": round(10_000 / 12), "faults": [{"cause": "sku_unknown", "share": 0.01}]}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    running = Sandbox(free_port())
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("pos", sorted(BUDGET_OF_AN_HOUR))
def test_it_stays_under_a_tenth_of_the_budget(pos: str, sandbox: Sandbox, tmp_path: Path) -> None:
    spent: list[float] = []

    def note(_: object) -> None:
        truth = sandbox.truth()
        spent.append(truth["pos_cost"] or truth["pos_calls"])  # X-Series counts requests

    play({**FULL, "pos": pos}, sandbox, tmp_path, hourly=note)
    first, second = spent[:2]
    assert 0 < second - first < BUDGET_OF_AN_HOUR[pos] / 10
