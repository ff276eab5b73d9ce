"""What a connector's filter can see of an order, and what the outcomes of others say about the filter."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.evidence import Outcome
from reconcile.inference import (
    ANY,
    arrived_later,
    held_back,
    last_open,
    late_run,
    outrun,
    paid_by_hand,
    stalled_since,
    traits,
)
from reconcile.model import Order, Payment

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
GRACE = timedelta(minutes=15)
PAID = Order(
    order_id=1, name="#1001", created_at=START, updated_at=START, financial_status="paid", total=Decimal(100),
    gateways=("shopify_payments",),
)  # fmt: skip


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def outcome(minute: float, trait: str = "archived", *, took: float | None = None, **changes: Any) -> Outcome:
    """An order that became eligible at this minute; `took` minutes to arrive, late when None."""
    return Outcome(**{
        "order_id": int(minute * 60), "eligible_at": at(minute), "late": took is None, "traits": frozenset({trait}),
        "arrived_at": None if took is None else at(minute + took),
    } | changes)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"unfulfilled"}),
        ({"fulfilled_at": at(2), "fulfillment_status": "fulfilled"}, {"fulfilled"}),
        ({"fulfilled_at": at(2.1), "fulfillment_status": "fulfilled"}, {"unfulfilled", "shipped_later"}),
        ({"fulfilled_at": at(1), "fulfillment_status": "partial"}, {"unfulfilled"}),
        ({"closed_at": at(2)}, {"unfulfilled", "archived"}),
        ({"closed_at": at(2.1)}, {"unfulfilled"}),
        ({"financial_status": "pending", "gateways": ("Bank Deposit",)}, {"unfulfilled", "payment_pending"}),
        ({"financial_status": "pending", "gateways": ("klarna",)}, {"unfulfilled", "payment_processing"}),
        ({"financial_status": "authorized"}, {"unfulfilled", "authorized"}),
        ({"financial_status": "partially_paid"}, {"unfulfilled", "partially_paid"}),
        ({"payments": ()}, {"unfulfilled", "paid_without_transactions"}),
        ({"payments": (), "total": Decimal(0)}, {"unfulfilled"}),
        ({"gateways": ("",)}, {"unfulfilled", "paid_without_transactions"}),
        ({"source_name": "web", "assigned_locations": frozenset({"North"})},
         {"unfulfilled", "channel:web", "location:North"}),
    ],
)  # fmt: skip
def test_traits(changes: dict[str, Any], expected: set[str]) -> None:
    assert traits(replace(PAID, **changes)) == expected


@pytest.mark.parametrize(
    ("kind", "status", "missing"),
    [("sale", "success", False), ("capture", "success", False), ("sale", "failure", True)],
)
def test_only_a_successful_payment_pays(kind: str, status: str, *, missing: bool) -> None:
    payment = Payment(kind=kind, status=status, gateway="klarna", amount=Decimal(100), created_at=START)
    assert ("paid_without_transactions" in traits(replace(PAID, payments=(payment,)))) is missing


@pytest.mark.parametrize(
    ("gateways", "by_hand"),
    [
        (("manual",), True),
        (("Cash on Delivery (COD)",), True),
        ((), True),
        (("codepay",), False),
        (("gift_card", "manual"), False),
    ],
)
def test_paid_by_hand(gateways: tuple[str, ...], *, by_hand: bool) -> None:
    assert paid_by_hand(replace(PAID, gateways=gateways)) is by_hand


def test_an_order_passed_when_it_became_eligible() -> None:
    assert last_open([outcome(0, took=2), outcome(5, took=2), outcome(9)], "archived", GRACE) == at(5)
    assert last_open([outcome(0, "fulfilled", took=2)], "archived", GRACE) is None
    assert last_open([outcome(0, "fulfilled", took=2)], ANY, GRACE) == at(0)


def test_one_that_came_late_passed_when_it_came() -> None:
    held_for_an_hour = outcome(0, took=60)
    assert last_open([held_for_an_hour], "archived", GRACE) == at(60)
    assert arrived_later([held_for_an_hour], "archived", at(30), GRACE)
    assert not arrived_later([held_for_an_hour], "archived", at(61), GRACE)
    assert not arrived_later([held_for_an_hour], "archived", at(30)), "without a grace nothing is late"
    assert last_open([outcome(0, took=15)], "archived", GRACE) == at(0), "at the grace it is not late yet"


def test_the_run_begins_after_the_last_one_that_passed() -> None:
    outcomes = [outcome(0), outcome(1, took=1), outcome(2), outcome(3), outcome(4, late=False)]
    assert [one.eligible_at for one in late_run(outcomes, "archived", GRACE)] == [at(2), at(3)]


def test_held_back_needs_three_in_a_row_and_three_others() -> None:
    run = [outcome(0), outcome(1), outcome(2)]
    others = [outcome(n, "other", took=1) for n in (0.5, 1.5, 2.5)]
    found = held_back([*run, *others], "archived", at(1), GRACE)
    assert found is not None
    assert (found.late, found.arrived_without, found.since) == (3, 3, at(0))
    assert held_back([*run[:2], *others], "archived", at(1), GRACE) is None
    assert held_back([*run, *others[:2]], "archived", at(1), GRACE) is None
    assert held_back([run[0], *others], "archived", at(0), GRACE, enough=1) is not None


def test_a_queue_that_is_being_worked_off_is_no_filter() -> None:
    run = [outcome(10), outcome(11), outcome(12)]
    before = [outcome(n, "other", took=30) for n in (10, 10.5, 10.6)]
    assert held_back([*run, *before], "archived", at(11), GRACE) is None
    assert held_back([*run, *before, outcome(12, "other", took=1)], "archived", at(11), GRACE) is not None


def test_one_that_came_amid_ten_is_enough() -> None:
    run = [outcome(n) for n in range(10)]
    assert held_back([*run, outcome(4.5, "other", took=1)], "archived", at(1), GRACE) is not None
    assert held_back([*run, outcome(1.5, "other", took=1)], "archived", at(1), GRACE) is None, "it came before it began"
    assert held_back([*run, outcome(7.5, "other", took=1)], "archived", at(1), GRACE) is None, "too few behind it"
    assert held_back([*run[:9], outcome(4.5, "other", took=1)], "archived", at(1), GRACE) is None


def test_held_back_is_silent_when_most_others_are_late_too() -> None:
    run = [outcome(0), outcome(1), outcome(2)]
    others = [outcome(n, "other", took=1) for n in (0.5, 1.5, 2.5)]
    late = [outcome(n, "other") for n in (3, 4, 5, 6)]
    assert held_back([*run, *others, *late[:3]], "archived", at(1), GRACE) is not None
    assert held_back([*run, *others, *late], "archived", at(1), GRACE) is None


def test_held_back_ends_with_a_touched_order_that_came() -> None:
    run = [outcome(0), outcome(1), outcome(2), outcome(3)]
    others = [outcome(n, "other", took=1) for n in (0.5, 1.5, 2.5)]
    touched = replace(run[0], arrived_at=at(90), late=False)
    assert held_back([touched, *run[1:], *others], "archived", at(3), GRACE) is None
    assert held_back([touched, *run[1:], *others], "archived", at(91), GRACE) is None, "nor for new orders"


def test_orders_with_a_cause_of_their_own_say_nothing() -> None:
    run = [outcome(n, explained=True) for n in range(3)]
    others = [outcome(n + 0.5, "other", took=1) for n in range(3)]
    assert held_back([*run, *others], "archived", at(1), GRACE) is None


def test_orders_that_most_others_outran_stand_in_the_run_though_none_is_late() -> None:
    young = [replace(outcome(n, f"kind {n}"), late=False) for n in range(1, 6)]
    grace = timedelta(minutes=15)
    oldest = max(one.eligible_at for one in young)
    assert stalled_since(young) is None
    assert stalled_since(outrun(young, oldest + grace / 3, grace)) is not None
    assert stalled_since(outrun(young, oldest + grace / 4, grace)) is None


def test_stalled_since_the_first_of_five_that_nothing_followed() -> None:
    late = [outcome(n, f"kind {n}") for n in range(1, 6)]
    found = stalled_since([outcome(0, took=1), *late])
    assert found is not None
    assert (found.late, found.since) == (5, at(1))
    assert stalled_since(late[1:]) is None
    assert stalled_since([*late, outcome(9, took=1)]) is None
