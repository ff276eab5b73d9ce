"""The sandbox's connector at a Lightspeed R: what it writes there, and what an archived employee does to it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.lightspeed_r.books import Sale
from sandbox.lightspeed_r.till import HEARTLAND_ONLY
from sandbox.world import World
from tests.days import HOUR, START, opened, played, struck

ARCHIVED = {"cause": "employee_archived", "from_h": 8, "until_h": 10}


def day(*faults: dict[str, object], **scenario: object) -> World:
    return played(*faults, pos="lightspeed_r", **scenario)


def sales(world: World, name: str) -> list[Sale]:
    found: list[Sale] = world.books.sales_for(name)
    return found


def test_a_quiet_day_arrives_whole_completed_and_by_the_connectors_employee() -> None:
    world = day()
    for fate in world.fates.values():
        found = [sale for sale in sales(world, fate.order.name) if sale.total > 0]
        assert found and all(sale.completed and sale.balance == 0 for sale in found)
        assert {sale.employee_id for sale in found} == {world.till.seller}
        assert sum(sale.total for sale in found) == fate.order.total
    assert not any(fate.cause for fate in world.fates.values())
    assert any(len(fate.sales) > 1 for fate in world.fates.values())  # one sale for each location


def test_refunds_and_edits_are_sales_of_their_own() -> None:
    world = day()
    given_back = [f for f in world.fates.values() if f.order.refunds and f.order.cancelled_at is None]
    assert given_back
    for fate in given_back:
        back = [sale.total for sale in sales(world, fate.order.name) if sale.total < 0]
        assert -sum(back, Decimal(0)) == sum(refund.amount for refund in fate.order.refunds)
    edited = [f for f in world.fates.values() if f.edits]
    assert edited and all(sales(world, f"{fate.order.name}-E001") for fate in edited)


def test_no_order_arrives_while_the_employee_is_archived() -> None:
    world = day(ARCHIVED)
    held = struck(world, "employee_archived")
    inside = [f for f in world.fates.values() if 8.1 * HOUR < f.order.created_at - START < 9.9 * HOUR]
    assert held and {f.order.id for f in inside} <= {f.order.id for f in held}
    came = [fate.arrived_at for fate in held if fate.arrived_at is not None]  # only those that were paid later
    assert len(came) < len(held) / 2 and all(at >= START + 10 * HOUR for at in came)
    assert not [s for s in world.books.sales.by_id.values() if 8 * HOUR < s.created_at - START < 10 * HOUR]
    assert world.books.may_sell(world.till.seller)


def test_what_follows_an_order_that_is_there_waits_until_the_employee_is_back() -> None:
    world, sound = day(ARCHIVED), day()
    late = {f.order.name for f in struck(world, "employee_archived")}
    followed = [f.order.name for f in sound.fates.values() if f.order.name not in late and f.order.refunds]
    assert len(followed) > 5
    assert [len(sales(world, name)) for name in followed] == [len(sales(sound, name)) for name in followed]


@pytest.mark.parametrize(("switch", "cause"), [("accepted", None), ("left_incomplete", "paid_not_completed")])
def test_what_an_archived_employee_does_to_a_sale_is_a_switch(switch: str, cause: str | None) -> None:
    world = day(ARCHIVED, lightspeed_r={"archived_poster": switch})
    assert {fate.cause for fate in world.fates.values()} == ({None, cause} if cause else {None})
    assert all(fate.arrived_at is not None for fate in world.fates.values())
    if cause:
        assert all(not any(s.completed for s in sales(world, f.order.name)) for f in struck(world, cause))


def test_the_three_kinds_of_unfinished_sales() -> None:
    world = day({"cause": "paid_not_completed", "share": 0.1})
    found = [sale for fate in struck(world, "paid_not_completed") for sale in sales(world, fate.order.name)]
    assert found and not any(sale.completed for sale in found)
    assert {(sale.balance > 0) - (sale.balance < 0) for sale in found} == {-1, 0, 1}


@pytest.mark.parametrize("cause", sorted(HEARTLAND_ONLY))
def test_what_belongs_to_another_pos_strikes_nobody(cause: str) -> None:
    world = day({"cause": cause, "share": 0.1})
    assert not struck(world, cause)
    assert all(fate.carried == 1 for fate in world.fates.values())


def test_the_merchant_states_the_employee() -> None:
    assert opened(pos="lightspeed_r").declared()["employee"] == "Shopify Sales"
    assert "employee" not in opened().declared()


def test_a_wrong_switch_is_named() -> None:
    with pytest.raises(ValueError, match="lightspeed_r: unknown Lightspeed R switch"):
        opened(pos="lightspeed_r", lightspeed_r={"no_such": True})


def test_the_archived_window_ends_on_the_minute() -> None:
    world = opened(ARCHIVED, pos="lightspeed_r")
    world.timeline.move(START + 8 * HOUR - timedelta(seconds=1))
    assert not world.till.refuses_seller()
    world.timeline.move(START + 8 * HOUR)
    assert world.till.refuses_seller()
    world.timeline.move(START + 10 * HOUR)
    assert not world.till.refuses_seller()
