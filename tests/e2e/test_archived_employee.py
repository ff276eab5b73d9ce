"""An employee is archived in the middle of a day and brought back: one cause for the shop, and every order comes once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bench.client import Sandbox
from bench.diagnose import measure
from bench.play import START, Played, play
from reconcile.ledger.tables import actions, checks, incidents, orders
from workers.broker import free_port

pytestmark = pytest.mark.timeout(900)  # a day is played, once

FROM, UNTIL = timedelta(hours=5), timedelta(hours=6, minutes=30)
SCENARIO = {
    "seed": 7, "hours": 9, "orders": 330,
    "faults": [{"cause": "employee_archived", "from_h": 5, "until_h": 6.5}],
}  # fmt: skip


@pytest.fixture(scope="module", params=["lightspeed_r", "lightspeed_x"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    sandbox = Sandbox(free_port())
    try:
        sandbox.wait()
        yield play({**SCENARIO, "pos": request.param}, sandbox, tmp_path_factory.mktemp("day"))
    finally:
        sandbox.stop()


@pytest.fixture(scope="module")
def held(played: Played) -> list[dict[str, Any]]:
    """The orders that the truth says were held back."""
    found = [order for order in played.truth["orders"] if order["cause"] == "employee_archived"]
    assert len(found) > 20
    return found


def test_it_is_one_cause_for_the_shop_with_the_right_start(played: Played, held: list[dict[str, Any]]) -> None:
    with played.services.ledger.read() as connection:
        [one] = connection.execute(select(incidents)).all()
    assert (one.cause, one.subject, one.state) == ("employee_archived", "Shopify Sales", "resolved")
    assert one.since == min(datetime.fromisoformat(order["eligible_at"]) for order in held)
    assert abs(one.since - (START + FROM)) < timedelta(minutes=10)
    assert one.opened_at < one.since + timedelta(minutes=15)


def test_every_held_order_is_touched_once_and_arrives(played: Played, held: list[dict[str, Any]]) -> None:
    with played.services.ledger.read() as connection:
        touched = connection.execute(select(actions.c.order_id, actions.c.outcome, actions.c.intended_at)).all()
        closings = dict(connection.execute(select(orders.c.order_id, orders.c.closing)).all())  # type: ignore[arg-type]
    absent = [order["order_id"] for order in held if order["touches"]]
    assert sorted(row.order_id for row in touched) == sorted(absent)
    assert {row.outcome for row in touched} == {"arrived"}
    assert all(row.intended_at >= START + UNTIL for row in touched)
    assert {closings[order_id] for order_id in absent} == {"after_fix"}
    assert all(order["sales"] == 1 for order in held)


def test_nothing_else_is_claimed(played: Played) -> None:
    found = measure(played)
    assert set(found["causes"]) == {"employee_archived"}
    cause = found["causes"]["employee_archived"]
    assert cause["planted"] == cause["found"] == cause["right"]
    for never in ("false_missing", "needless_touches", "duplicate_sales", "unexplained"):
        assert found[never] == 0, never
    assert cause["minutes_to_notice"]["max"] < 15


def test_the_finding_says_who_and_since_when(played: Played, held: list[dict[str, Any]]) -> None:
    with played.services.ledger.read() as connection:
        told = connection.execute(select(orders.c.noticed_at, orders.c.certainty, orders.c.cause)).all()
        employee = connection.execute(select(checks).where(checks.c.slug == "employee_active")).all()
    noticed = [row for row in told if row.cause == "employee_archived"]
    assert len(noticed) == len(held) and {row.certainty for row in noticed} == {"certain"}
    assert [(row.result, row.evidence) for row in employee] == [("pass", "Shopify Sales is active")]


def test_the_calls_stay_far_under_the_budget(played: Played) -> None:
    """Ten drips or calls a minute: a sixth of the smallest R-Series account's, a seventh of the smallest X-Series one's."""
    with played.services.ledger.read() as connection:
        latest = connection.execute(select(orders.c.looked_at).order_by(orders.c.looked_at.desc())).scalar()
    assert latest is not None
    minutes = (latest - START) / timedelta(minutes=1)
    spent = played.truth["pos_cost"] or played.truth["pos_calls"]  # X-Series counts requests
    assert 0 < spent < 10 * minutes
