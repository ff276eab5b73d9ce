"""Every measure runs to its end on a small scale, and finds what must be so whatever the machine."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bench import backlog, floor, front_door, growth, pages, pos_cost, scale_out, verdicts, waiting
from bench.client import Sandbox
from bench.figures import median

pytestmark = pytest.mark.timeout(400)


def figures(result: Mapping[str, Any], name: str) -> list[float]:
    return [median(row, name) for row in result["table"].values() if name in row]


def test_of_what_the_front_doors_acknowledge_nothing_is_lost() -> None:
    found = front_door.measure(runs=1, count=60, beside_express=False)
    assert [row["lost"] for row in found["table"].values()] == [0, 0, 0, "–"]
    assert all(target["met"] for target in found["targets"])
    assert min(figures(found, "16: per s")) > 0


def test_every_order_has_its_verdict_from_the_workers_as_installed() -> None:
    found = verdicts.measure(runs=1, count=50)
    assert len(found["table"]) == len(found["targets"]) == 4
    assert min(figures(found, "orders_per_s")) > 0


def test_the_parts_are_smaller_than_the_whole() -> None:
    table = floor.measure(runs=1, count=200)["table"]
    bottom = median(table["the floor: signature, JSON and one row"], "us of CPU per order")
    assert 0 < bottom < median(table["fold and look"], "us of CPU per order")


def test_nobody_is_refused_and_everybody_judged_at_an_even_pace() -> None:
    (row,) = waiting.measure(seconds=1, cases=(("SQLite", "due on arrival", waiting.LATE),))["table"].values()
    assert (row["refused"], row["orders"]) == (0, waiting.PER_S)
    assert row["p99 s past due"] > 0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with pos_cost.running() as up:
        yield up


@pytest.mark.parametrize("kind", ["heartland", "lightspeed_r", "lightspeed_x"])
def test_full_batches_cost_each_pos_a_fraction_of_one_call_per_order(sandbox: Sandbox, kind: str) -> None:
    table = pos_cost.in_batches(kind, sandbox, orders=99)
    assert table[f"{kind}, full batches"]["calls"] * 20 < table[f"{kind}, one call per order"]["calls"]


def test_a_look_at_99_orders_and_the_positive_control_is_one_call_of_each_endpoint(sandbox: Sandbox) -> None:
    row = pos_cost.in_batches("heartland", sandbox, orders=198)["heartland, full batches"]
    assert row["calls per endpoint"] == pytest.approx(2 / 198 * 1000, abs=0.1)


def test_a_backfill_is_looked_at_in_full_batches(sandbox: Sandbox) -> None:
    found = pos_cost.backfilled(sandbox, orders=150)
    assert found["calls"] < 2_000 / 5


def test_two_ledgers_of_different_size_do_the_same_work() -> None:
    found = growth.measure(runs=1, count=20, small=100, large=400)
    assert {name for name in found["table"] if "times" in name} == {"SQLite, times longer", "PostgreSQL, times longer"}
    assert min(figures(found, "bytes per order")) > 1_000


def test_every_page_is_asked_for_on_both_ledgers() -> None:
    found = pages.measure(runs=1, size=300)
    assert len(found["table"]) == 2
    assert len(found["targets"]) == 2 * 8
    assert min(figures(found, "incident ms")) > 0


def test_a_backlog_is_worked_off_and_memory_is_told_of_every_process() -> None:
    table = backlog.measure(orders=200)["table"]
    assert set(table) == {"web", "worker", "beat"}
    assert min(row["MB when all are judged"] for row in table.values()) > 10


def test_every_shop_of_a_crowd_is_done() -> None:
    table = scale_out.measure(runs=1, orders=60, processes=(1,))["table"]
    assert median(table["1 worker processes"], "orders per s") > 0
