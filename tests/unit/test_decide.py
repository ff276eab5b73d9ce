"""The table of modes and remedies, and every limit that may lower a touch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconcile.decide import LastTouch, Proof, Situation, decide, room
from reconcile.model import Certainty, Finding, Mode, Remedy, Scope, Standing, TouchEffect, Verb

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HALF_AN_HOUR_AGO = NOW - timedelta(minutes=30)
PROVEN = Proof(
    first_absent_at=NOW - timedelta(minutes=10),
    last_absent_at=NOW,
    control_found=True,
    spelling_proven=True,
    looked_for_unreferenced=True,
)
LATE = Situation(
    now=NOW,
    standing=Standing.MISSING,
    findings=(),
    mode=Mode.AUTO,
    eligible_at=NOW - timedelta(hours=1),
    created_at=NOW - timedelta(hours=1),
    installed_at=NOW - timedelta(days=30),
    proof=PROVEN,
)


def finding(remedy: Remedy, certainty: Certainty = Certainty.CERTAIN, scope: Scope = Scope.ORDER) -> Finding:
    return Finding(cause="a_cause", certainty=certainty, remedy=remedy, scope=scope, facts=())


UNEXPLAINED = (finding(Remedy.RETRY, Certainty.LIKELY),)
FIX = (finding(Remedy.FIX_THEN_RETRY, scope=Scope.SHOP),)


def verb(**changes: Any) -> tuple[Verb, str]:
    made = decide(replace(LATE, **changes))
    assert made.reason
    return made.verb, made.limit


def test_who_says_that_it_is_fixed_has_answered_what_assist_asks() -> None:
    fixed = {"findings": FIX, "held_cause": "a_cause", "said_fixed": True}
    assert verb(mode=Mode.ASSIST, **fixed)[0] is Verb.TOUCH
    assert verb(mode=Mode.OBSERVE, **fixed)[0] is Verb.RECORD


@pytest.mark.parametrize(
    ("mode", "told"), [(Mode.OBSERVE, Verb.RECORD), (Mode.ASSIST, Verb.TELL), (Mode.AUTO, Verb.TELL)]
)
def test_a_cause_that_was_found_and_is_not_seen_to_be_over_is_still_to_be_fixed(mode: Mode, told: Verb) -> None:
    assert verb(mode=mode, findings=UNEXPLAINED, still_held=True)[0] is told
    assert verb(mode=mode, findings=UNEXPLAINED, still_held=True, requeued_by="ann")[0] is Verb.TOUCH


@pytest.mark.parametrize(
    ("mode", "retry", "gone", "stands", "flag"),
    [
        (Mode.OBSERVE, Verb.RECORD, Verb.RECORD, Verb.RECORD, Verb.RECORD),
        (Mode.ASSIST, Verb.ASK, Verb.ASK, Verb.TELL, Verb.FLAG),
        (Mode.AUTO, Verb.TOUCH, Verb.TOUCH, Verb.TELL, Verb.FLAG),
    ],
)
def test_the_table_of_modes(mode: Mode, retry: Verb, gone: Verb, stands: Verb, flag: Verb) -> None:
    assert verb(mode=mode, findings=UNEXPLAINED)[0] is retry
    assert verb(mode=mode, findings=UNEXPLAINED, held_cause="archived_orders_off")[0] is gone
    assert verb(mode=mode, findings=FIX)[0] is stands
    assert verb(mode=mode, standing=Standing.PENDING, findings=(finding(Remedy.FLAG),))[0] is flag
    assert verb(mode=mode, findings=(finding(Remedy.WAIT),))[0] is Verb.WAIT


def test_waiting_says_whether_nothing_moves_or_only_this_order_waits() -> None:
    waiting = finding(Remedy.WAIT)
    stalled = replace(waiting, cause="connector_stalled")
    assert "nothing at all" in decide(replace(LATE, findings=(waiting, stalled))).reason
    assert "by itself" in decide(replace(LATE, findings=(waiting,))).reason


@pytest.mark.parametrize(
    ("limit", "lowered", "changes"),
    [
        ("stop", Verb.RECORD, {"stopped": "the shop was stopped by ann"}),
        ("doubles", Verb.ASK, {"touch": TouchEffect.DOUBLES}),
        ("observe", Verb.RECORD, {"mode": Mode.OBSERVE}),
        ("settling", Verb.WAIT, {"last_touch": LastTouch(sent_at=NOW - timedelta(minutes=9), state="done", outcome=None)}),
        ("settling", Verb.WAIT, {"last_touch": LastTouch(sent_at=NOW - timedelta(days=1), state="unknown", outcome=None)}),
        ("no_effect", Verb.ASK, {"touch": TouchEffect.NO_EFFECT}),
        ("assist", Verb.ASK, {"mode": Mode.ASSIST}),
        ("age", Verb.ASK, {"eligible_at": NOW - timedelta(days=4)}),
        ("age", Verb.ASK, {"installed_at": NOW}),
        ("attempts", Verb.ASK, {"attempts": 2}),
        ("second_touch", Verb.WAIT, {"last_touch": LastTouch(sent_at=HALF_AN_HOUR_AGO, state="done", outcome="not_arrived")}),
        ("share", Verb.ASK, {"share": 0.31, "eligible_today": 10}),
        ("cap", Verb.WAIT, {"touched_last_hour": 60}),
        ("canary", Verb.WAIT, {"group": room(0, 1, 0)}),
        ("arrivals", Verb.WAIT, {"arrivals": 199}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, spelling_proven=False)}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, control_found=False)}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, first_absent_at=None)}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, first_absent_at=NOW - timedelta(seconds=119))}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, last_absent_at=NOW - timedelta(seconds=31))}),
        ("proof", Verb.WAIT, {"proof": replace(PROVEN, looked_for_unreferenced=False)}),
        ("certainty", Verb.ASK, {"findings": (finding(Remedy.FIX_THEN_RETRY, Certainty.POSSIBLE),)}),
        ("certainty", Verb.ASK, {"findings": (finding(Remedy.RETRY, Certainty.POSSIBLE),)}),
        ("agreement", Verb.ASK, {"findings": (*UNEXPLAINED, finding(Remedy.FLAG, Certainty.LIKELY))}),
    ],
)  # fmt: skip
def test_a_limit_lowers_a_touch_and_says_so(limit: str, lowered: Verb, changes: dict[str, Any]) -> None:
    assert verb(**{"findings": UNEXPLAINED, **changes}) == (lowered, limit)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": Mode.OBSERVE},
        {"mode": Mode.ASSIST},
        {"eligible_at": NOW - timedelta(days=4)},
        {"attempts": 2},
        {"share": 0.9, "eligible_today": 50},
        {"arrivals": 0},
        {"findings": (*UNEXPLAINED, finding(Remedy.FLAG, Certainty.LIKELY))},
        {"findings": (finding(Remedy.FIX_THEN_RETRY, Certainty.POSSIBLE),)},
    ],
)
def test_a_persons_requeue_is_the_answer_to_ask(changes: dict[str, Any]) -> None:
    made = decide(replace(LATE, **{"findings": UNEXPLAINED, "requeued_by": "ann", **changes}))
    assert (made.verb, made.by) == (Verb.TOUCH, "ann")


@pytest.mark.parametrize(
    "changes",
    [
        {"stopped": "stopped"},
        {"proof": replace(PROVEN, control_found=False)},
        {"last_touch": LastTouch(sent_at=NOW - timedelta(minutes=1), state="done", outcome=None)},
        {"group": room(0, 1, 0)},
        {"standing": Standing.PENDING},
        {"standing": Standing.DIFFERS},
        {"standing": Standing.UNREAD},
        {"findings": (finding(Remedy.WAIT),)},
        {"touched_last_hour": 60},
    ],
)
def test_a_requeue_never_lifts_safety(changes: dict[str, Any]) -> None:
    made = decide(replace(LATE, **{"findings": UNEXPLAINED, "requeued_by": "ann", **changes}))
    assert made.verb is not Verb.TOUCH


def test_thirty_percent_is_no_limit_when_a_shop_wide_cause_explains_it() -> None:
    assert verb(held_cause="archived_orders_off", share=0.9, eligible_today=50)[0] is Verb.TOUCH


def test_canary_then_five_then_twenty_five_then_all() -> None:
    assert room(0, 0, 0).room == 1
    assert room(0, 1, 0).room == 0
    assert room(0, 0, 1).room == 0
    assert room(1, 0, 0).room == 5
    assert room(1, 5, 0).room == 0
    assert room(6, 0, 0).room == 25
    assert room(10, 21, 0).room == 0
    assert room(31, 0, 0).room > 1000


def test_what_a_person_dismissed_is_left_alone_until_a_person_asks() -> None:
    assert verb(dismissed=True, findings=UNEXPLAINED) == (Verb.RECORD, "dismissed")
    assert verb(dismissed=True, findings=UNEXPLAINED, requeued_by="ann")[0] is Verb.TOUCH


def test_a_cause_that_a_person_says_is_fixed_does_not_stand_in_the_way_of_the_canary() -> None:
    assert verb(findings=FIX, held_cause="a_cause") == (Verb.TOUCH, "")
    assert verb(findings=FIX, held_cause="another_cause")[0] is Verb.TELL
    assert verb(findings=FIX, held_cause="a_cause", mode=Mode.ASSIST) == (Verb.ASK, "assist")
    assert verb(findings=FIX, held_cause="a_cause", mode=Mode.OBSERVE)[0] is Verb.RECORD


def test_lateness_alone_waits_for_a_sign_that_the_connector_moves() -> None:
    assert verb(findings=UNEXPLAINED, carried_since=False) == (Verb.WAIT, "alive")
    assert verb(findings=UNEXPLAINED, carried_since=False, requeued_by="ann")[0] is Verb.TOUCH
    assert verb(findings=(), carried_since=False, held_cause="archived_orders_off")[0] is Verb.TOUCH


def test_what_waited_for_a_payment_type_is_given_time_to_come_by_itself() -> None:
    held = {"findings": (), "held_cause": "payment_type_missing"}
    assert verb(**held, carried_since=False) == (Verb.WAIT, "alive")
    assert verb(**held, carried_since=True)[0] is Verb.TOUCH


def test_the_first_touch_of_a_shop_is_alone_whatever_it_is_for() -> None:
    assert verb(findings=UNEXPLAINED, under_way=1) == (Verb.WAIT, "canary")
    assert verb(findings=UNEXPLAINED, under_way=1, requeued_by="eve") == (Verb.WAIT, "canary")
    assert verb(findings=UNEXPLAINED, under_way=1, touch=TouchEffect.WORKS)[0] is Verb.TOUCH


def test_a_re_queue_from_before_the_question_is_no_answer_to_it() -> None:
    keyed = (replace(finding(Remedy.FLAG, Certainty.LIKELY), cause="entered_by_hand"),)
    assert verb(findings=keyed, requeued_by="eve") == (Verb.ASK, "by_hand")
    assert verb(findings=keyed, requeued_by="eve", asked_by_hand=True)[0] is Verb.TOUCH
