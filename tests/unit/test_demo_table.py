"""The demo's day at each POS: each of its faults strikes, and a row is right only when what ought to come of it came."""

from typing import Any

import pytest

from sandbox.demo_table import BY_ITSELF, FLAGGED, LEFT_OUT, OUGHT, TOLD, judge, scenario_of, stands
from sandbox.tills import KINDS
from tests.days import played

VERBS = {FLAGGED: "flag", TOLD: "tell"}


def seen_rightly(order: dict[str, Any]) -> dict[str, Any]:
    """An order as the service ought to show it in the end; what is only brought in by a touch was touched."""
    ought = OUGHT[order["cause"]] if stands(order) else BY_ITSELF
    standing = {LEFT_OUT: "excluded"}.get(ought, "matched")
    if ought in VERBS:
        return {"cause": order["cause"], "standing": "differs", "decision": {"verb": VERBS[ought]}}
    return {"cause": order["cause"] if stands(order) else None, "standing": standing, "decision": {"verb": "record"}}


def touched(order: dict[str, Any]) -> dict[str, Any]:
    """The truth, as if the service had touched what was left behind."""
    held = stands(order) and OUGHT[order["cause"]].startswith("touched")
    return {**order, "touches": 1, "arrived_at": order["created_at"], "sales": 1} if held else order


@pytest.mark.parametrize("pos", sorted(KINDS))
def test_every_row_is_right_when_all_was_found_and_handled(pos: str) -> None:
    scenario = scenario_of(pos)
    whole = {key: value for key, value in scenario.items() if key != "faults"}
    truth = played(*scenario["faults"], **whole).truth()
    truth["orders"] = [touched(order) for order in truth["orders"]]
    orders = {order["order_id"]: seen_rightly(order) for order in truth["orders"]}
    rows = judge(scenario, truth, orders)
    planted = {fault["cause"] for fault in scenario["faults"] if "cause" in fault}
    assert planted <= set(OUGHT)
    assert {row.planted for row in rows} >= planted
    assert [row for row in rows if not row.right] == []


def test_one_order_with_another_cause_spoils_its_row() -> None:
    scenario = {"faults": [{"cause": "test_order"}]}
    truth = {"duplicate_sales": 0, "orders": [fate(1), fate(2)]}
    left_out = {"cause": "test_order", "standing": "excluded"}
    assert all(row.right for row in judge(scenario, truth, {1: left_out, 2: left_out}))
    wrong = judge(scenario, truth, {1: left_out, 2: {**left_out, "cause": "draft_order"}})
    assert [row.planted for row in wrong if not row.right] == ["test_order"]


def fate(order_id: int) -> dict[str, Any]:
    return {
        "order_id": order_id, "cause": "test_order", "unaided_at": None, "wrong_since": None, "touches": 0, "sales": 0,
        "arrived_at": None,
    }  # fmt: skip
