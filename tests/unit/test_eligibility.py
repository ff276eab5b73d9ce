"""From when on an order may be expected in the POS, and which updates are only our own echo."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.eligibility import eligible_at, is_echo
from reconcile.evidence import Declared
from reconcile.model import Order

PLACED = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = PLACED + timedelta(hours=3)
ORDER = Order(
    order_id=1, name="#1001", created_at=PLACED, updated_at=PLACED, financial_status="paid", total=Decimal(100),
    tags=frozenset({"gift"}), on_hold=False,
)  # fmt: skip


def version(**changes: Any) -> Order:
    return replace(ORDER, **changes)


def test_a_new_order_is_eligible_from_its_creation() -> None:
    assert eligible_at(None, None, version(updated_at=LATER), Declared()) == PLACED


@pytest.mark.parametrize(
    ("before", "after", "declared"),
    [
        ({"financial_status": "pending"}, {"financial_status": "paid"}, {}),
        ({"financial_status": "authorized"}, {"financial_status": "partially_paid"}, {}),
        ({"financial_status": "partially_paid"}, {"financial_status": "paid"}, {}),
        ({"tags": frozenset({"Hold"})}, {"tags": frozenset()}, {"ignore_tags": ("hold",)}),
        ({"tags": frozenset()}, {"tags": frozenset({"Approved"})}, {"allow_tags": ("approved",)}),
        ({"on_hold": True}, {"on_hold": False}, {}),
        ({}, {"fulfillment_status": "fulfilled"}, {"download_unfulfilled_orders": False}),
    ],
)
def test_what_lifts_what_kept_it_out_starts_the_clock_again(
    before: dict[str, Any], after: dict[str, Any], declared: dict[str, Any]
) -> None:
    released = version(updated_at=LATER, **after)
    assert eligible_at(version(**before), PLACED, released, Declared(**declared)) == LATER
    assert not is_echo(version(**before), released)


@pytest.mark.parametrize(
    ("before", "after", "declared"),
    [
        ({}, {"fulfillment_status": "fulfilled"}, {}),
        ({"financial_status": "paid"}, {"financial_status": "refunded"}, {}),
        ({"tags": frozenset({"hold", "late"})}, {"tags": frozenset({"hold"})}, {"ignore_tags": ("hold",)}),
        ({"on_hold": None}, {"on_hold": False}, {}),
        ({}, {"closed_at": LATER}, {}),
    ],
)
def test_any_other_update_does_not(before: dict[str, Any], after: dict[str, Any], declared: dict[str, Any]) -> None:
    updated = version(updated_at=LATER, **after)
    assert eligible_at(version(**before), PLACED, updated, Declared(**declared)) == PLACED


def test_our_own_touch_is_an_echo() -> None:
    assert is_echo(ORDER, version(updated_at=LATER, tags=frozenset({"gift", "reconciler-retry-1"})))


def test_details_that_were_only_unread_before_are_no_change() -> None:
    assert is_echo(version(on_hold=None, payments=None), version(updated_at=LATER, payments=()))


def test_a_tag_of_somebody_else_is_no_echo() -> None:
    assert not is_echo(ORDER, version(updated_at=LATER, tags=frozenset({"gift", "wrapped"})))
