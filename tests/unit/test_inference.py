"""What a connector's filter can see of an order, and what the outcomes of others say about the filter."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.accounts import NOTHING_COMES, Belief, missed
from reconcile.evidence import Outcome
from reconcile.inference import LIKELY, POSSIBLE, belief, beliefs, held_back
from reconcile.model import Order, Payment
from reconcile.rules._facts import percent
from reconcile.runs import ANY, arrived_later, last_open, outrun, stalled_since
from reconcile.traits import paid_by_hand, traits

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


def test_one_that_came_late_after_a_touch_passed_when_it_came() -> None:
    held_for_an_hour = outcome(0, took=60, touched=True)
    assert last_open([held_for_an_hour], "archived", GRACE) == at(60)
    assert arrived_later([held_for_an_hour], "archived", at(30), GRACE)
    assert not arrived_later([held_for_an_hour], "archived", at(61), GRACE)
    assert not arrived_later([held_for_an_hour], "archived", at(30)), "without a grace nothing is late"
    assert last_open([outcome(0, took=15)], "archived", GRACE) == at(0), "at the grace it is not late yet"


def test_one_that_came_late_by_itself_says_nothing_of_the_filter() -> None:
    slow = outcome(0, took=60)
    assert last_open([slow], "archived", GRACE) is None
    assert not arrived_later([slow], "archived", at(-30), GRACE), "it was slow, queued, or sent by hand"
    assert last_open([slow, outcome(-9, took=1)], "archived", GRACE) == at(-9)
    run = [outcome(n) for n in (1, 2, 3, 4)]
    others = [outcome(n + 0.5, "other", took=1) for n in (1, 2, 3, 4)]
    assert held_back([slow, *run, *others], "archived", at(1), GRACE) is not None


def test_held_back_needs_three_in_a_row_and_three_others() -> None:
    run = [outcome(0), outcome(1), outcome(2)]
    others = [outcome(n, "other", took=1) for n in (0.5, 1.5, 2.5)]
    found = held_back([*run, *others], "archived", at(1), GRACE)
    assert found is not None
    assert (found.late, found.arrived_without, found.since) == (3, 3, at(0))
    assert held_back([*run[:2], *others], "archived", at(1), GRACE) is None
    assert held_back([*run, *others[:2]], "archived", at(1), GRACE) is None
    assert held_back([run[0], *others], "archived", at(0), GRACE, enough=1, least=POSSIBLE) is not None


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
    late = [outcome(n, "other") for n in (0.6, 1.6, 2.4)]
    more = [outcome(n + 0.2, "other", took=1) for n in range(10)]
    assert held_back([*run, *others, *more, *late[:1]], "archived", at(1), GRACE) is not None
    assert held_back([*run, *others, *late], "archived", at(1), GRACE) is None


def test_held_back_ends_with_a_touched_order_that_came() -> None:
    run = [outcome(0), outcome(1), outcome(2), outcome(3)]
    others = [outcome(n, "other", took=1) for n in (0.5, 1.5, 2.5)]
    touched = replace(run[0], arrived_at=at(90), late=False, touched=True)
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


# --- the model ------------------------------------------------------------------------------------------------------

DOCUMENTED = Path(__file__).parents[2] / "docs" / "inference.md"
EXAMPLE = ((0, True), (4, False), (7, True), (9, False), (12, False), (15, True), (18, False))


def example(*minutes: tuple[int, bool]) -> list[Outcome]:
    """Archived orders that are late, others that arrived."""
    return [outcome(at, "archived" if archived else "open", took=None if archived else 1) for at, archived in minutes]


def test_the_worked_example_is_what_the_code_says() -> None:
    found = belief(example(*EXAMPLE), "archived", GRACE)
    text = DOCUMENTED.read_text()
    assert f"**{found.probability}**, or {percent(found.probability)}" in text
    assert (found.orders, found.since) == (3, at(0))
    assert f"it would be {percent(belief(example(*EXAMPLE[:-1]), 'archived', GRACE).probability)}" in text
    assert f"it is {percent(belief(example(*EXAMPLE, (21, True)), 'archived', GRACE).probability)}" in text
    assert f"M(0, 4) = {missed(0, 4)}" in text
    assert f"M(3, 4) = {missed(3, 4)}" in text


def test_a_probability_is_a_fraction_and_the_same_every_time() -> None:
    found = [belief(example(*EXAMPLE), "archived", GRACE).probability for _ in range(2)]
    assert isinstance(found[0], Fraction)
    assert found[0] == found[1]


def test_nothing_seen_leaves_the_prior() -> None:
    assert belief([], "archived") == Belief(probability=Fraction(1, 20))
    assert belief([], "tag:wholesale") == Belief(probability=Fraction(1, 2000))


def test_an_order_that_passed_makes_the_filter_improbable() -> None:
    passed = [*example(*EXAMPLE), outcome(20, "archived", took=1)]
    assert belief(passed, "archived", GRACE).probability < Fraction(1, 50)


def young(minute: float, now: float, trait: str = "archived") -> Outcome:
    return outcome(minute, trait, late=False, waited=timedelta(minutes=now - minute))


def arrivals(count: int, took: float = 1) -> list[Outcome]:
    spread = [took * (0.5 + n / count) for n in range(count)]
    return [outcome(n, "open", took=t, waited=GRACE) for n, t in enumerate(spread, start=-count)]


def with_times(outcomes: list[Outcome]) -> list[Outcome]:
    return [replace(o, took=o.arrived_at - o.eligible_at if o.arrived_at else None) for o in outcomes]


def test_a_cause_is_noticed_before_the_grace_when_most_have_come_at_that_age() -> None:
    others = with_times(
        [*arrivals(100), outcome(1.5, "open", took=1), outcome(2.5, "open", took=1), outcome(4, "open", took=1)]
    )
    early = [young(n, n + 0.6) for n in (1, 2, 3)]
    later = [young(n, 7) for n in (1, 2, 3)]
    assert belief([*others, *early], "archived", GRACE).probability < LIKELY
    assert belief([*others, *later], "archived", GRACE).probability > LIKELY
    assert held_back([*others, *later], "archived", at(1), GRACE) is not None


def test_a_slow_connector_makes_the_same_ages_say_nothing() -> None:
    others = with_times([*arrivals(100, took=30), outcome(1.5, "open", took=1), outcome(4, "open", took=1)])
    assert belief([*others, *(young(n, 7) for n in (1, 2, 3))], "archived", timedelta(hours=1)).probability < Fraction(
        1, 2
    )


def test_a_shop_that_misses_much_needs_more_orders() -> None:
    sound = arrivals(60)
    patchy = [replace(one, arrived_at=None, late=True) if n % 4 == 0 else one for n, one in enumerate(sound)]
    sure, unsure = (belief([*base, *example(*EXAMPLE)], "archived", GRACE).probability for base in (sound, patchy))
    assert sure > Fraction(99, 100)
    assert unsure < LIKELY


def test_a_stop_is_no_filter() -> None:
    stopped = [outcome(n, ("archived", "open")[n % 2]) for n in range(8)]
    found = beliefs([*arrivals(40), outcome(-0.5, took=1), *stopped], GRACE)
    assert found[ANY].probability > LIKELY
    assert (found[ANY].orders, found[ANY].since) == (8, at(0))
    assert found["archived"].probability < Fraction(1, 10)


def test_a_queue_in_which_everything_waits_is_no_filter() -> None:
    queue = [
        outcome(n, "archived" if n % 3 == 0 else "open", took=None if n % 2 == 0 or n % 3 == 0 else 30)
        for n in range(12)
    ]
    assert belief([*arrivals(40), *queue, outcome(40, "open", took=1)], "archived", GRACE).probability < LIKELY


def test_two_filters_at_once_are_both_found() -> None:
    held = [outcome(n, ("archived", "partially_paid")[n % 2]) for n in range(8)]
    others = [outcome(n + 0.5, "open", took=1) for n in range(9)]
    found = beliefs([*arrivals(40), *held, *others], GRACE)
    assert min(found["archived"].probability, found["partially_paid"].probability) > LIKELY


def test_two_filters_on_the_same_orders_share_the_probability() -> None:
    held = [outcome(n, traits=frozenset({"archived", "fulfilled"})) for n in range(5)]
    others = [outcome(n + 0.5, "open", took=1) for n in range(6)]
    found = beliefs([*held, *others], GRACE)
    assert found["archived"].probability == found["fulfilled"].probability
    assert Fraction(45, 100) < found["archived"].probability < Fraction(55, 100)
    declared_on = (("fulfilled", Fraction(1, 1000)),)
    assert belief([*held, *others], "archived", GRACE, declared_on).probability > LIKELY


def test_the_one_that_accounts_for_more_is_the_likelier() -> None:
    both = [outcome(n, traits=frozenset({"archived", "fulfilled"})) for n in range(4)]
    alone = [outcome(n + 0.2, "archived") for n in range(3)]
    others = [outcome(n + 0.5, "open", took=1) for n in range(6)]
    found = beliefs([*both, *alone, *others], GRACE)
    assert found["archived"].probability > LIKELY
    assert found["fulfilled"].probability < Fraction(1, 10)


@pytest.mark.parametrize("trait", ["tag:wholesale", "channel:ebay", "location:North", "created_long_before"])
def test_what_is_left_out_by_a_value_is_found(trait: str) -> None:
    held = [outcome(n, traits=frozenset({"unfulfilled", trait})) for n in range(6)]
    others = [outcome(n + 0.5, "unfulfilled", took=1) for n in range(30)]
    found = belief([*held, *others], trait, GRACE)
    assert found.probability > LIKELY
    assert found.orders == 6


def test_a_tag_that_is_asked_for_is_found_by_those_that_have_it_not() -> None:
    held = [outcome(n, "unfulfilled") for n in range(6)]
    others = [outcome(n + 0.5, traits=frozenset({"unfulfilled", "tag:approved"}), took=1) for n in range(30)]
    assert belief([*held, *others], "without:tag:approved", GRACE).probability > LIKELY


def test_one_that_was_shipped_later_does_not_open_the_filter_for_unfulfilled_orders() -> None:
    held = [outcome(n, "unfulfilled") for n in range(5)]
    shipped = outcome(9, traits=frozenset({"unfulfilled", "shipped_later"}), took=1)
    others = [outcome(n + 0.5, "fulfilled", took=1) for n in range(6)]
    assert belief([*held, shipped, *others], "unfulfilled", GRACE).probability > LIKELY


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(["archived", "open", "partially_paid"]), st.booleans()),
        max_size=25,
    )
)
def test_probabilities_are_probabilities_whatever_happened(day: list[tuple[int, str, bool]]) -> None:
    outcomes = [outcome(m, trait, took=1 if came else None, order_id=n) for n, (m, trait, came) in enumerate(day)]
    found = beliefs(outcomes, GRACE)
    assert all(0 <= one.probability <= 1 for one in found.values())
    assert beliefs(outcomes[::-1], GRACE) == found, "the order in which they are told does not matter"


def test_a_thousand_orders_are_weighed_in_the_time_of_a_look() -> None:
    held = [outcome(n, "archived") for n in range(0, 1000, 5)]
    others = [outcome(n, f"channel:{n % 7}", took=1) for n in range(1000) if n % 5]
    began = time.perf_counter()
    found = belief([*held, *others], "archived", GRACE)
    assert found.probability > LIKELY
    assert time.perf_counter() - began < 1, "measured at 0.02 s on an idle machine"


def test_tags_of_which_every_order_has_its_own_cost_nothing() -> None:
    def tagged(n: int) -> frozenset[str]:
        return frozenset({"unfulfilled", *(f"tag:{n}-{k}" for k in range(20))})

    held = [outcome(n, traits=tagged(n) | {"archived"}) for n in range(0, 1000, 5)]
    others = [outcome(n, traits=tagged(n), took=1) for n in range(1000) if n % 5]
    began = time.perf_counter()
    found = beliefs([*held, *others], GRACE)
    assert found["archived"].probability > LIKELY
    assert not [trait for trait in found if "tag:" in trait]
    assert time.perf_counter() - began < 2, "measured at 0.02 s of CPU"


def test_three_that_all_others_outran_make_it_probable_that_nothing_comes() -> None:
    held = [young(n, 9, kind) for n, kind in enumerate(["unfulfilled", "unfulfilled", "unfulfilled"])]
    found = beliefs([*with_times(arrivals(100)), outcome(-0.5, "unfulfilled", took=1), *held], GRACE)
    assert found[NOTHING_COMES].probability > LIKELY
    assert (found[NOTHING_COMES].orders, found[NOTHING_COMES].since) == (3, at(0))
    assert found[ANY].probability < LIKELY, "a filter would look the same so far"
