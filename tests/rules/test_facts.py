"""What findings on orders in the POS say beside their cause: the words that an operator acts on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.compare import Look
from reconcile.diagnose import diagnose, standing_of
from reconcile.model import Remedy, Scope, Standing
from reconcile.rules._facts import declared, listed, moment, said, span
from tests.rules.language import evidence

SHORT = {"total": 50.5, "tax": 5.5, "lines": [{"sku": "MUG-01", "quantity": 2}]}
STAND_IN = {"lines": [{"sku": "MUG-01", "quantity": 2}, {"sku": "NO PRODUCT FOUND"}]}


def facts(case: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The first finding's facts, by side and what they are about."""
    return {(one.side, one.what): one.value for one in diagnose(evidence(case))[0].facts}


def test_missing_lines_name_the_location_that_is_not_mapped() -> None:
    order = {"assigned_locations": ["Main Store", "Outlet"]}
    found = facts({"order": order, "sale": SHORT, "declared": {"locations": ["Main Store"]}})
    assert found["shopify", "assigned to"] == "Outlet"
    assert found["declared", "mapped locations"] == "Main Store"


@pytest.mark.parametrize("locations", [None, ["Main Store"]])
def test_missing_lines_blame_no_location_that_is_mapped_or_not_declared(locations: list[str] | None) -> None:
    case: dict[str, Any] = {"sale": SHORT, "declared": {} if locations is None else {"locations": locations}}
    assert ("shopify", "assigned to") not in facts(case)


def test_missing_lines_name_the_voided_sale() -> None:
    found = facts({"sales": [SHORT, {"status": "cancelled", "sale_id": "order:9"}]})
    assert found["pos", "record"].startswith("order:9, cancelled")


@pytest.mark.parametrize(("count", "value"), [(0, "0"), (2, "2")])
def test_placeholder_says_how_many_products_have_the_sku(count: int, value: str) -> None:
    found = facts({"sale": STAND_IN, "set_up": {"items": {"TEE-01": count}}})
    assert found["pos", "active products under TEE-01"] == value


def test_placeholder_says_nothing_of_a_sku_that_was_not_looked_up() -> None:
    assert {what for _, what in facts({"sale": STAND_IN, "set_up": {"items": {}}})} == {"product TEE-01"}


def test_placeholder_for_a_line_without_a_sku_says_so() -> None:
    lines = [{"sku": "MUG-01", "quantity": 2}, {"sku": None}]
    found = facts({"order": {"lines": lines}, "sale": STAND_IN})
    assert found["pos", "which product it stands for"].startswith("not known")


def test_missing_product_of_a_pending_order_says_whether_the_pos_has_it() -> None:
    found = facts({"sale": SHORT | {"status": "pending"}, "set_up": {"items": {"TEE-01": [{"active": False}]}}})
    assert found["pos", "active products under TEE-01"] == "0"


def test_uncarried_refund_names_the_settings_that_bear_on_it() -> None:
    refund = {"after_s": 600, "amount": 20, "lines": [{"sku": "MUG-01", "restock_type": "return"}]}
    order = {"current_total": 80, "closed_after_s": 500, "refunds": [refund]}
    found = facts({"order": order, "sale": {}, "declared": {"download_archived_orders": False}})
    assert found["declared", "Download Archived Orders"] == "off"
    assert found["declared", "Download Refunds"] == "unknown"
    assert found["shopify", "refund 1 restocked"] == "return"


def test_uncarried_edit_names_the_edits_that_came() -> None:
    order = {"edited_after_s": 600, "total": 130, "current_total": 130}
    edit = {"reference": "#1001-E001", "total": 10, "tax": 0, "shipping": 0, "lines": None}
    assert (
        facts({"order": order, "sales": [{"total": 100, "lines": None}, edit]})["pos", "sales for edits"]
        == "#1001-E001"
    )
    assert facts({"order": order, "sale": {"total": 100, "lines": None}})["pos", "sales for edits"] == "none"


def test_double_names_both_records_and_the_touch() -> None:
    finding = diagnose(evidence({"order": {"tags": ["reconciler-retry-1", "vip"]}, "sales": [{}, {}]}))[0]
    assert [one.value.split(",")[0] for one in finding.facts if one.what == "record"] == ["order:5001", "order:5002"]
    assert [one.value for one in finding.facts if one.what == "touched with"] == ["reconciler-retry-1"]


def test_unbalanced_sale_says_its_balance() -> None:
    assert facts({"sale": {"status": "pending", "balance": 10}})["pos", "balance of order:5001"] == "10 of 100"
    incomplete = {"shop": {"pos": "lightspeed_r"}, "sale": {"status": "incomplete", "balance": None}}
    assert facts(incomplete)["pos", "balance of order:5001"] == "not said"


def test_sale_keyed_in_by_hand_is_the_one_with_most_in_common() -> None:
    half = {"arrived_after_s": 2000, "lines": [{"sku": "MUG-01"}]}
    found = facts({"shop": {"unreferenced": [half, {"arrived_after_s": 3000}]}})
    assert found["pos", "products in common"] == "MUG-01, TEE-01"
    assert "10:50:00 UTC" in found["pos", "record"]


def test_unexplained_lists_what_was_ruled_out_and_what_was_not() -> None:
    case: dict[str, Any] = {
        "shop": {"outcomes": [{"arrived": True, "count": 3}]},
        "set_up": {"unread": {"required_fields": "not allowed"}},
        "declared": {
            "download_orders": True, "download_fulfilled_orders": True, "download_unfulfilled_orders": True,
            "download_archived_orders": True, "download_paid_orders_with_no_transactions": True,
            "do_not_download_partially_paid_orders": False, "download_refunds": True, "allow_tags": [],
            "ignore_tags": [], "order_minimum_created": "2026-01-01T00:00:00Z",
        },
    }  # fmt: skip
    found = facts(case)
    assert found["shop", "later orders that arrived"] == "3"
    assert found["pos", "required_fields not read, so not ruled out"] == "not allowed"
    assert found["declared", "settings not declared, so not ruled out"] == "allow_manual_payments"


def test_unexplained_says_that_the_settings_were_never_read() -> None:
    assert facts({})["pos", "settings"] == "not read, so not ruled out"


# --- wording ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "59 s"), (timedelta(seconds=60), "1 min"), (timedelta(minutes=59), "59 min"),
        (timedelta(hours=1), "1 h"), (timedelta(hours=1, minutes=15), "1 h 15 min"), (timedelta(days=1), "1 d"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"), (timedelta(seconds=-5), "0 s"),
    ],
)  # fmt: skip
def test_lengths_of_time(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_what_was_only_inferred_is_a_case_of_the_shops_and_excludes_nothing() -> None:
    tagged = {"traits": ["unfulfilled", "channel:web", "location:Main Store", "tag:wholesale"]}
    outcomes = [{"arrived": False, "count": 6, **tagged}, {"arrived": True, "count": 40, "from_s": 30}]
    case = {"order": {"tags": ["wholesale"]}, "shop": {"outcomes": outcomes}}
    ev = evidence(case)
    (found,) = diagnose(ev)
    assert (found.cause, found.remedy, found.scope) == ("ignore_tag_present", Remedy.FIX_THEN_RETRY, Scope.SHOP)
    assert standing_of(Look(order=ev.order, sales=(), standing=ev.standing), [found]) is Standing.MISSING
    told = facts(case)
    assert told["shop", "orders like it, late in a row"] == "7, the first eligible 2026-03-02 10:00:00 UTC"
    assert told["shop", "probability"].startswith("99.")
    assert told["declared", "Ignore Orders with these tags"] == "unknown"


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "none"), (True, "yes"), (Decimal("10.50"), "10.50"), (timedelta(minutes=2), "2 min"), ("a", "a")],
)
def test_values(value: object, words: str) -> None:
    assert said(value) == words


@pytest.mark.parametrize(("value", "words"), [(True, "on"), (False, "off"), (None, "unknown"), ("#", "#")])
def test_switches(value: object, words: str) -> None:
    assert declared("Download Orders", value).value == words


def test_moments_are_utc() -> None:
    assert moment(datetime(2026, 3, 2, 10, 0, 5, tzinfo=UTC)) == "2026-03-02 10:00:05 UTC"


def test_long_lists_are_cut() -> None:
    assert listed("abcde") == "a, b, c, d, e"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"
