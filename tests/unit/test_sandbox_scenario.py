"""A scenario's JSON is read strictly: what is not understood is named with its place."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.planting import plant
from sandbox.scenario import CAUSES, FAULTS, Scenario
from sandbox.tills import KINDS

START = datetime(2026, 11, 2, tzinfo=UTC)


def test_the_example_of_the_design_is_read() -> None:
    made = Scenario.from_dict(
        {
            "seed": 7, "pos": "heartland", "hours": 24, "orders": 500, "latency": {"median_s": 40, "p99_s": 240},
            "declared": {"download_archived_orders": True},
            "faults": [
                {"cause": "archived_orders_off", "from_h": 6, "until_h": 9},
                {"cause": "customer_incomplete", "share": 0.01},
                {"fault": "webhook_lost", "share": 0.02},
                {"fault": "pos_down", "from_h": 12, "until_h": 12.5},
            ],
            "touch": "works",
        }
    )  # fmt: skip
    assert (made.seed, made.orders, made.touch, made.mode) == (7, 500, "works", "auto")
    assert [one.kind for one in made.faults if one.is_cause] == ["archived_orders_off", "customer_incomplete"]
    assert made.faults[0].since(START) == START + timedelta(hours=6)
    assert made.faults[1].until(START) is None


def test_all_has_a_default_and_the_start_is_the_players() -> None:
    made = Scenario.from_dict({"start": "2026-11-02T00:00:00Z"})
    assert (made.hours, made.orders, made.latency.median_s, made.latency.p99_s) == (24, 500, 40, 240)


@pytest.mark.parametrize("cause", [cause for cause in CAUSES if cause not in KINDS["heartland"].without])
def test_every_cause_can_be_planted(cause: str) -> None:
    assert Scenario.from_dict({"faults": [{"cause": cause, "share": 0.1}]}).causes(cause)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_be_planted(fault: str) -> None:
    assert not Scenario.from_dict({"faults": [{"fault": fault, "from_h": 1}]}).faults[0].is_cause


def test_a_slow_median_alone_slows_the_slowest_too() -> None:
    assert Scenario.from_dict({"latency": {"median_s": 300}}).latency.p99_s == 1800


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"sead": 1}, "sead"),
        ({"seed": "1"}, "seed"),
        ({"seed": True}, "seed"),
        ({"orders": -1}, "orders"),
        ({"hours": 0}, "hours"),
        ({"pos": "square"}, "pos"),
        ({"latency": {"median": 3}}, "latency.median"),
        ({"latency": {"median_s": 50, "p99_s": 40}}, "latency.p99_s"),
        ({"latency": 40}, "latency"),
        ({"declared": {"download_everything": True}}, "declared.download_everything"),
        ({"touch": "maybe"}, "touch"),
        ({"mode": "bold"}, "mode"),
        ({"faults": {}}, "faults"),
        ({"faults": ["test_order"]}, "faults[0]"),
        ({"faults": [{"share": 0.1}]}, "faults[0].cause"),
        ({"faults": [{"cause": "test_order", "fault": "pos_down", "share": 0.1}]}, "faults[0].cause"),
        ({"faults": [{"cause": "bad_luck", "share": 0.1}]}, "faults[0].cause"),
        ({"faults": [{"fault": "test_order", "share": 0.1}]}, "faults[0].fault"),
        ({"faults": [{"cause": "test_order", "share": 1.1}]}, "faults[0].share"),
        ({"faults": [{"cause": "test_order"}]}, "faults[0].share"),
        ({"faults": [{"cause": "test_order", "from_h": 3, "until_h": 3}]}, "faults[0].until_h"),
        ({"faults": [{"cause": "test_order", "share": 0.1}, {"cause": "test_order", "to_h": 1}]}, "faults[1].to_h"),
        ({"heartland": {"colour": 1}}, "heartland"),
        ({"heartland": {"validation_status": 418}}, "heartland"),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(given: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match="^" + place.replace("[", r"\[").replace("]", r"\]") + ":"):
        Scenario.from_dict(given)


def planting(orders: int = 1000, **scenario: Any) -> tuple[Any, list[datetime]]:
    moments = [START + timedelta(hours=24) * place / orders for place in range(orders)]
    return plant(Scenario.from_dict(scenario), START, moments), moments


def test_a_share_is_a_share_of_the_orders() -> None:
    made, _ = planting(faults=[{"cause": "customer_incomplete", "share": 0.03}])
    assert len(made.causes) == 30


def test_a_share_in_a_window_is_a_share_of_its_orders() -> None:
    made, moments = planting(faults=[{"cause": "test_order", "share": 0.5, "from_h": 6, "until_h": 12}])
    assert len(made.causes) == 125
    assert all(6 <= (moments[place] - START) / timedelta(hours=1) < 12 for place in made.causes)


def test_an_order_has_one_cause_at_most() -> None:
    faults = [{"cause": cause, "share": 0.3} for cause in ("test_order", "sku_unknown", "unexplained", "tax_differs")]
    made, _ = planting(faults=faults)
    assert len(made.causes) == 1000
    assert sorted(map(list(made.causes.values()).count, ("test_order", "sku_unknown", "unexplained"))) == [300] * 3


def test_a_share_of_what_holds_back_everything_is_a_stretch_of_the_day() -> None:
    made, moments = planting(faults=[{"cause": "connector_stalled", "share": 0.1}])
    window = made.windows[0]
    assert sum(window.holds(moment) for moment in moments) == 100
    assert not made.causes


def test_stretches_do_not_meet() -> None:
    kinds = ("connector_stalled", "download_orders_off", "required_custom_field", "pos_down", "order_source_unset")
    faults = [{"fault" if kind == "pos_down" else "cause": kind, "share": 0.08} for kind in kinds]
    windows = sorted(planting(faults=faults)[0].windows, key=lambda window: window.since)
    assert all(before.until < after.since for before, after in itertools.pairwise(windows))


def test_an_order_of_its_own_cause_is_not_placed_where_everything_is_held_back() -> None:
    faults = [
        {"cause": "download_orders_off", "from_h": 2, "until_h": 20},
        {"cause": "customer_incomplete", "share": 0.1},
    ]
    made, moments = planting(faults=faults)
    hours = [(moments[place] - START) / timedelta(hours=1) for place in made.causes]
    assert len(hours) == 100
    assert not [hour for hour in hours if 2 <= hour < 20]
