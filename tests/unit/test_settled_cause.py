"""Which cause stays with an order when its looks find different ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, Row, String, create_engine, literal, select

from reconcile.cases import settled_cause
from reconcile.model import Certainty, Finding, Remedy, Scope

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def row(cause: str | None, certainty: str | None) -> Row[Any]:
    """An order of the ledger, with what was settled on it an hour ago."""
    noticed_at = NOW - timedelta(hours=1) if cause else None
    columns = (
        literal(cause, String).label("cause"),
        literal(certainty, String).label("certainty"),
        literal(noticed_at, DateTime(timezone=True)).label("noticed_at"),
    )
    with create_engine("sqlite://").connect() as connection:
        return connection.execute(select(*columns)).one()


def found(cause: str, certainty: str = "likely", subject: str = "") -> Finding:
    return Finding(
        cause=cause, certainty=Certainty(certainty), remedy=Remedy.FIX_THEN_RETRY, scope=Scope.SHOP, facts=(),
        subject=subject,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "findings", "settled"),
    [
        ((None, None), [found("archived_orders_off")], "archived_orders_off"),
        (("unexplained", "likely"), [found("archived_orders_off", "possible")], "archived_orders_off"),
        (("archived_orders_off", "likely"), [found("fulfilled_orders_off")], None),
        (("archived_orders_off", "possible"), [found("fulfilled_orders_off")], "fulfilled_orders_off"),
        (("archived_orders_off", "possible"), [found("unexplained")], None),
        (("archived_orders_off", "likely"), [], None),
        (("connector_stalled", "likely"), [found("unfulfilled_orders_off")], "unfulfilled_orders_off"),
        (("connector_stalled", "likely"), [found("unfulfilled_orders_off"), found("connector_stalled")], None),
        (("connector_stalled", "likely"), [found("manual_payments_off", "possible")], None),
        (("connector_stalled", "likely"), [found("unexplained")], None),
    ],
)
def test_settled_cause(before: tuple[str | None, str | None], findings: list[Finding], settled: str | None) -> None:
    assert settled_cause(row(*before), findings, NOW).get("cause") == settled


@pytest.mark.parametrize(
    ("findings", "settled"),
    [
        ([found("manual_payments_off", "possible")], "manual_payments_off"),
        ([found("unexplained")], "unexplained"),
        ([found("sku_unknown", "possible"), found("connector_stalled")], None),
    ],
)
def test_a_standstill_that_is_long_over_explains_nothing(findings: list[Finding], settled: str | None) -> None:
    now_known = settled_cause(row("connector_stalled", "likely"), findings, NOW, waits=False)
    assert now_known.get("cause") == settled


def test_what_is_wrong_with_many_for_one_reason_takes_over_from_what_was_wrong_with_one() -> None:
    before, off = row("refund_not_carried", "certain"), replace(found("refunds_off"), remedy=Remedy.FLAG)
    assert settled_cause(before, [off], NOW)["cause"] == "refunds_off"
    assert settled_cause(before, [off, found("refund_not_carried", "certain")], NOW) == {}
    assert settled_cause(row("entered_by_hand", "likely"), [found("archived_orders_off")], NOW) == {}


def test_what_still_does_not_arrive_after_the_fix_is_a_case_of_its_own() -> None:
    held = row("archived_orders_off", "certain")
    assert settled_cause(held, [found("unexplained")], NOW) == {}
    own = settled_cause(held, [found("unexplained")], NOW, left_over=True)
    assert (own["cause"], own["certainty"], own["noticed_at"]) == ("unexplained", "likely", held.noticed_at)
    still = [found("customer_incomplete"), found("archived_orders_off")]
    assert settled_cause(held, still, NOW, left_over=True) == {}, "the fix has been undone"
    assert settled_cause(held, [], NOW, left_over=True) == {}


def test_it_was_noticed_when_the_first_cause_was() -> None:
    assert settled_cause(row(None, None), [found("archived_orders_off")], NOW)["noticed_at"] == NOW
    assert settled_cause(row("unexplained", "likely"), [found("archived_orders_off")], NOW)["noticed_at"] == NOW
    before, filtered = row("connector_stalled", "likely"), found("unfulfilled_orders_off")
    assert settled_cause(before, [filtered], NOW)["noticed_at"] == before.noticed_at


def test_what_had_excluded_an_order_says_nothing_once_it_is_let_in() -> None:
    held = row("ignore_tag_present", "certain")
    assert settled_cause(held, [found("before_minimum_date")], NOW) == {}
    let_in = settled_cause(held, [found("before_minimum_date")], NOW, let_in=True)
    assert (let_in["cause"], let_in["certainty"], let_in["noticed_at"]) == ("before_minimum_date", "likely", NOW)
    assert settled_cause(held, [], NOW, let_in=True) == {
        "cause": None, "subject": "", "certainty": None, "noticed_at": None,
    }  # fmt: skip
