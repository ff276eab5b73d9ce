"""How long a shop's connector is given: learned from its own arrivals, and from nothing that stood in their way."""

from datetime import UTC, datetime, timedelta
from math import log
from random import Random
from statistics import NormalDist

import pytest
from sqlalchemy import select

from reconcile.clock import ManualClock
from reconcile.grace import LEAST, MOST, NEEDED, expected_from, grace
from reconcile.ledger.lease import lease
from reconcile.ledger.tables import orders
from reconcile.rounds import arrival_times, open_round
from reconcile.services import Services
from tests.rows import PLACED, a_sale, an_order, keep

SET = timedelta(minutes=15)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def seconds(*values: float) -> list[timedelta]:
    return [timedelta(seconds=value) for value in values]


def test_until_two_hundred_have_arrived_it_is_never_shorter_than_the_setting() -> None:
    assert grace(seconds(*[60] * (NEEDED - 1)), SET) == SET
    assert grace(seconds(*[240] * NEEDED), SET) == timedelta(minutes=6)


def test_from_twenty_on_a_slow_connector_is_given_longer_and_a_quick_one_no_less() -> None:
    slow = seconds(*[300, 600, 150, 900, 75] * 8)
    assert grace(slow[:19], SET) == SET
    assert timedelta(minutes=60) < grace(slow, SET) < timedelta(hours=3)
    assert grace(seconds(*[30, 60, 20] * 10), SET) == SET


def test_under_a_thousand_the_slowest_counts_and_above_the_slowest_in_a_thousand() -> None:
    few = seconds(*[60] * (NEEDED - 1), 400)
    assert grace(few, SET) == timedelta(seconds=600)
    many = seconds(*[60] * 2996, 400, 400, 400, 9_000)
    assert grace(many, SET) == timedelta(seconds=600), "one in three thousand is no measure"


def test_few_arrivals_are_no_reason_to_call_a_slow_one_missing() -> None:
    """Of a connector with a median of 40 s and one in a hundred over 240 s: 1.5 × the true percentile is 648 s."""
    spread = log(6) / NormalDist().inv_cdf(0.99)
    chances = [Random(seed) for seed in range(50)]
    times = [seconds(*(chance.lognormvariate(log(40), spread) for _ in range(NEEDED))) for chance in chances]
    graces = [grace(one, SET).total_seconds() for one in times]
    assert sum(one < 648 for one in graces) <= 5
    assert max(graces) < 4 * 648


def test_a_spread_that_is_no_bell_gives_no_more_than_twice_the_slowest() -> None:
    assert grace(seconds(*[1, 60] * 100), SET) == timedelta(seconds=180)


@pytest.mark.parametrize(("took", "given"), [(1, LEAST), (86_400, MOST)])
def test_never_under_three_minutes_nor_over_four_hours(took: float, given: timedelta) -> None:
    assert grace(seconds(*[took] * NEEDED), SET) == given


def test_an_outage_that_an_order_waited_through_does_not_count() -> None:
    down, back = NOON, NOON + 90 * MINUTE
    assert expected_from(NOON - MINUTE, SET, down, back) == back
    assert expected_from(NOON + 30 * MINUTE, SET, down, back) == back
    late_before = NOON - SET - MINUTE
    assert expected_from(late_before, SET, down, back) == late_before
    assert expected_from(back, SET, down, back) == back
    assert expected_from(NOON, SET, None, None) == NOON


def test_it_is_learned_from_undisturbed_arrivals_alone(services: Services) -> None:
    """A touched order, one that waited out an outage, one that a cause held back, and a backfill of old ones."""
    took = {1: {}, 2: {"touches": 1}, 3: {"disturbed": True}, 4: {"cause": "archived_orders_off"}}
    for number, columns in took.items():
        order = an_order(number)
        keep(services.ledger, order, [a_sale(order)], arrived_at=PLACED + number * MINUTE, **columns)
    old = an_order(5, created_at=PLACED - timedelta(days=40))
    keep(services.ledger, old, [a_sale(old)], arrived_at=PLACED)
    with services.ledger.read() as connection:
        assert arrival_times(connection, "demo", PLACED + timedelta(hours=1)) == [MINUTE]


def test_a_grace_that_becomes_shorter_has_the_waiting_orders_looked_at_sooner(
    services: Services, clock: ManualClock
) -> None:
    now, shop = clock.now(), services.shop("demo")
    for number in range(1, NEEDED + 1):
        came = an_order(number, created_at=now - timedelta(hours=3))
        keep(services.ledger, came, [a_sale(came)], arrived_at=came.created_at + MINUTE)
    for number, age in ((1001, 1), (1002, 5)):
        at, waits = now - age * MINUTE, {"standing": "waiting", "next_look_at": now - age * MINUTE + SET}
        keep(services.ledger, an_order(number, created_at=at), **waits)
    keep(services.ledger, an_order(1003, created_at=now), standing="waiting", next_look_at=now)
    with lease(services.ledger, "demo") as held:
        assert held is not None
        found = open_round(shop, services, held, 100)
    assert found.usual == LEAST < SET
    with services.ledger.read() as connection:
        query = select(orders.c.order_id, orders.c.next_look_at).where(orders.c.order_id > NEEDED)
        planned = {row.order_id: row.next_look_at for row in connection.execute(query)}
    assert planned == {1001: now + 2 * MINUTE, 1002: now, 1003: now}
