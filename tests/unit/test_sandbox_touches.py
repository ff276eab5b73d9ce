"""What a touch does to an order, for every behaviour that the connector may have."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.fates import Fate
from sandbox.world import World
from tests.days import HOUR, START, opened, played, records, struck, to_the_end


def touch_all(world: World, fates: list[Fate], count: int = 1) -> None:
    for fate in fates:
        world.shop.add_tags(fate.order.id, [f"reconciler-retry-{count}"])


def touched(touch: str, *faults: dict[str, Any]) -> tuple[World, list[Fate], datetime]:
    world = opened(*faults or ({"cause": "unexplained", "share": 0.1},), touch=touch)
    world.timeline.move(START + 23 * HOUR)
    fates = [fate for fate in world.fates.values() if fate.cause and fate.arrived_at is None]
    moment = world.timeline.now
    touch_all(world, fates)
    return to_the_end(world), fates, moment


def test_a_touch_that_works_brings_an_order_in_once() -> None:
    world, fates, moment = touched("works")
    assert len(fates) > 20
    for fate in fates:
        assert (fate.carried, fate.touches) == (1, 1)
        assert fate.arrived_at is not None
        assert timedelta() < fate.arrived_at - moment < timedelta(minutes=20)
        assert fate.unaided_at is None
    assert world.truth()["duplicate_sales"] == 0


def test_a_touch_without_effect_brings_nothing() -> None:
    _, fates, _ = touched("no_effect")
    assert fates
    assert all((fate.carried, fate.touches) == (0, 1) for fate in fates)


def test_a_late_touch_brings_it_after_half_an_hour_or_so() -> None:
    _, fates, moment = touched("late")
    waits = [fate.arrived_at - moment for fate in fates if fate.arrived_at is not None]
    assert len(waits) == len(fates) > 20
    assert all(timedelta(minutes=20) <= wait <= timedelta(minutes=40) for wait in waits)


def test_a_touch_that_doubles_makes_two_sales() -> None:
    world, fates, _ = touched("doubles")
    assert all(fate.carried == 2 and len(records(world, fate)) == 2 for fate in fates)
    assert world.truth()["duplicate_sales"] == len(fates) > 20


@pytest.mark.parametrize("cause", ["customer_incomplete", "archived_orders_off", "sku_unknown", "test_order"])
def test_a_touch_changes_nothing_while_the_cause_stands(cause: str) -> None:
    _, fates, _ = touched("works", {"cause": cause, "share": 0.1})
    assert len(fates) > 20
    assert all(fate.carried == 0 for fate in fates)


def test_settings_are_not_retroactive_and_a_touch_after_the_fix_works() -> None:
    fault = {"cause": "archived_orders_off", "from_h": 9, "until_h": 12}
    untouched = struck(played(fault), "archived_orders_off")
    assert untouched
    assert all(fate.arrived_at is None for fate in untouched)
    _, fates, _ = touched("works", fault)
    assert len(fates) == len(untouched)
    assert all(fate.carried == 1 for fate in fates)


@pytest.mark.parametrize(("touch", "sales"), [("works", 1), ("no_effect", 1), ("late", 1), ("doubles", 2)])
def test_an_order_that_is_there_is_carried_again_only_by_a_connector_that_doubles(touch: str, sales: int) -> None:
    world = opened(touch=touch, orders=50)
    to_the_end(world)
    touch_all(world, list(world.fates.values()))
    to_the_end(world)
    assert {fate.carried for fate in world.fates.values()} == {sales}


def test_a_touch_beside_a_sale_by_hand_is_a_double() -> None:
    world, fates, _ = touched("works", {"cause": "entered_by_hand", "share": 0.1})
    assert {fate.cause for fate in fates} == {"entered_by_hand"}
    assert world.truth()["duplicate_sales"] == len(fates) > 20


def test_a_touch_into_a_standing_queue_does_not_hide_that_the_order_would_have_come() -> None:
    world = opened({"cause": "connector_stalled", "from_h": 9, "until_h": 11})
    world.timeline.move(START + 10.5 * HOUR)
    touch_all(world, struck(world, "connector_stalled"))
    to_the_end(world)
    fates = [fate for fate in struck(world, "connector_stalled") if fate.touches]
    assert len(fates) > 5
    assert all(fate.unaided_at is not None and fate.carried == 1 for fate in fates)


def test_the_excluded_come_in_when_what_kept_them_out_is_lifted() -> None:
    for cause in ("order_on_hold", "ignore_tag_present"):
        came = [fate for fate in struck(played({"cause": cause, "share": 0.2}), cause) if fate.arrived_at is not None]
        assert came
        for fate in came:
            assert fate.arrived_at is not None
            assert fate.order.created_at + HOUR <= fate.eligible_at < fate.arrived_at < fate.eligible_at + HOUR / 3


def test_what_is_paid_later_becomes_eligible_when_it_is_paid() -> None:
    for cause in ("payment_not_captured", "manual_payments_off", "partially_paid_excluded"):
        came = [fate for fate in struck(played({"cause": cause, "share": 0.2}), cause) if fate.arrived_at is not None]
        assert came
        assert all(fate.order.financial_status == "paid" and fate.eligible_at > fate.order.created_at for fate in came)


def test_an_order_that_was_held_back_is_not_spoilt_as_well() -> None:
    faults = [
        {"cause": "archived_orders_off", "from_h": 9, "until_h": 12},
        {"cause": "refunds_off", "from_h": 0},
    ]
    world = opened(*faults, orders=600)
    world.timeline.move(START + 12 * HOUR)
    held = struck(world, "archived_orders_off")
    touch_all(world, held)
    to_the_end(world)
    assert len(held) > 20
    assert all(fate.carried == 1 and fate.wrong_since is None and not fate.order.refunds for fate in held)
    assert struck(world, "refunds_off")
