"""A cause is over when something shows it, not when there is too little left to be sure of it."""

from typing import Any

import pytest

from reconcile.diagnose import diagnose
from reconcile.model import Certainty
from reconcile.over import may_hold_yet
from tests.rules.language import evidence

SETTING = "Download Archived Orders"
ARCHIVED = {"closed_after_s": 2}
KIND = ["unfulfilled", "archived", "channel:web", "location:Main Store"]
RUN = {"arrived": False, "count": 3, "from_s": 100, "every_s": 300, "traits": KIND}
OTHERS = {"arrived": True, "count": 12, "from_s": 30}
BEFORE = {"arrived": True, "from_s": -500, "traits": KIND}
FEW: list[dict[str, Any]] = [{"arrived": False, "from_s": 100, "traits": KIND}, {**OTHERS, "count": 3}, BEFORE]


def case(*outcomes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"order": ARCHIVED, "shop": {"outcomes": list(outcomes)}, **more}


def holds(given: dict[str, Any], cause: str = "archived_orders_off", subject: str = SETTING) -> bool:
    return may_hold_yet(evidence(given), cause, subject, Certainty.LIKELY)


def found(given: dict[str, Any]) -> list[str]:
    return [one.cause for one in diagnose(evidence(given))]


def test_too_few_orders_to_be_sure_are_no_proof_that_the_setting_is_on_again() -> None:
    assert found(case(RUN, OTHERS)) == ["archived_orders_off"]
    assert found(case(*FEW)) == ["unexplained"]
    assert holds(case(*FEW))


def test_orders_that_are_out_of_sight_are_no_proof_either() -> None:
    assert holds(case())


@pytest.mark.parametrize(
    ("later", "over"),
    [
        ({"takes_s": 60}, True),
        ({"takes_s": 4000}, False),  # slow, queued, or sent by hand
        ({"takes_s": 4000, "touched": True}, True),
    ],
    ids=["in time", "late by itself", "late, after a touch"],
)
def test_one_like_it_that_passed_since_is_a_proof_when_nothing_else_explains_it(
    later: dict[str, Any], *, over: bool
) -> None:
    assert holds(case(*FEW, {"arrived": True, "from_s": 900, "traits": KIND, **later})) is not over


def test_what_the_orders_speak_against_is_not_believed_any_longer() -> None:
    most_stay_away = {"arrived": False, "count": 40, "from_s": 90, "every_s": 20}
    assert not holds(case(BEFORE, RUN, {**OTHERS, "every_s": 80}, most_stay_away))


def test_an_order_that_lost_the_property_is_not_held_back_by_it() -> None:
    assert not holds({"shop": {"outcomes": FEW}})
    tagged = {"order": {"tags": ["wholesale"]}}
    assert holds(tagged, "ignore_tag_present", "wholesale")
    assert not holds({}, "ignore_tag_present", "wholesale")
    assert holds({}, "allow_tag_missing", "approved")
    assert not holds({"order": {"tags": ["approved"]}}, "allow_tag_missing", "approved")
    assert holds({}, "location_unmapped", "Main Store")
    assert not holds({}, "location_unmapped", "Annex")


def test_what_a_declaration_proved_is_over_with_the_declaration() -> None:
    now_on = evidence(case(*FEW, declared={"download_archived_orders": True}))
    assert not may_hold_yet(now_on, "archived_orders_off", SETTING, Certainty.CERTAIN)
    assert may_hold_yet(now_on, "archived_orders_off", SETTING, Certainty.LIKELY)


def test_what_could_not_be_read_is_not_mended() -> None:
    unread, read = {"set_up": {"unread": {"items": "timed out"}}}, {"set_up": {"items": {"MUG-01": 1}}}
    assert holds(unread, "item_archived", "MUG-01")
    assert not holds(read, "item_archived", "MUG-01")
    passed_since = {"arrived": True, "count": 3, "from_s": 300}
    assert not holds(unread | {"shop": {"outcomes": [passed_since]}}, "employee_archived", "Ann")


def test_what_was_only_possible_and_an_orders_own_flaw_end_with_the_finding() -> None:
    assert not may_hold_yet(evidence(case(*FEW)), "archived_orders_off", SETTING, Certainty.POSSIBLE)
    assert not holds({}, "customer_incomplete", "")
