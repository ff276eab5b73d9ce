"""One order beside its POS records: presence, sums over splits, edits, refunds, cancellations, doubles, tolerance."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.compare import Look, compare
from reconcile.evidence import Declared, ShopEvidence
from reconcile.model import DiscrepancyKind as Kind
from reconcile.model import Order, OrderLine, Refund, RefundLine, Sale, SaleKind, SaleLine, SaleStatus, Standing

PLACED = datetime(2026, 11, 2, 9, tzinfo=UTC)
GRACE = timedelta(minutes=15)
PENDING_AFTER = timedelta(minutes=30)
HOUR = timedelta(hours=1)
INVOICING = ShopEvidence(pos="heartland", declared=Declared(automatically_invoice=True))


def line(sku: str | None, quantity: int = 1, current: int | None = None, number: int = 1, **more: Any) -> OrderLine:
    left = quantity if current is None else current
    return OrderLine(
        line_id=number, sku=sku, title=sku or "Custom", quantity=quantity, current_quantity=left, price=Decimal(20), **more
    )  # fmt: skip


def order(total: str = "100", **more: Any) -> Order:
    """Two mugs and a shirt: 100.00, of which 10.00 tax and 5.00 shipping."""
    values: dict[str, Any] = {
        "order_id": 1, "name": "#1001", "created_at": PLACED, "updated_at": PLACED, "financial_status": "paid",
        "total": Decimal(total), "current_total": Decimal(total), "tax": Decimal(10), "current_tax": Decimal(10),
        "shipping": Decimal(5), "lines": (line("MUG", 2), line("TEE", number=2)),
    }  # fmt: skip
    return Order(**(values | more))


def goods(**skus: int) -> tuple[SaleLine, ...]:
    return tuple(SaleLine(sku=sku, quantity=Decimal(count)) for sku, count in skus.items())


def sale(total: str | None = "100", *, number: int = 1, **more: Any) -> Sale:
    amount = None if total is None else Decimal(total)
    values: dict[str, Any] = {
        "sale_id": f"order:{number}", "kind": SaleKind.SALE, "status": SaleStatus.COMPLETE, "raw_status": "complete",
        "reference": "#1001", "total": amount, "tax": Decimal(10), "shipping": Decimal(5), "discount": Decimal(0),
        "balance": Decimal(0), "created_at": PLACED + timedelta(seconds=40), "lines": goods(MUG=2, TEE=1),
        "location": "Main",
    }  # fmt: skip
    return Sale(**(values | more))


def back(total: str | None, **more: Any) -> Sale:
    values: dict[str, Any] = {"kind": SaleKind.REFUND, "sale_id": "ticket:9", "tax": None, "lines": ()}
    return sale(total, **(values | more))


def refund(amount: str, after: timedelta = timedelta(minutes=10), *lines: RefundLine, number: int = 1) -> Refund:
    return Refund(refund_id=number, created_at=PLACED + after, amount=Decimal(amount), lines=lines)


def look(this: Order, *sales: Sale, after: timedelta = HOUR, shop: ShopEvidence | None = None) -> Look:
    return compare(
        this, sales, eligible_at=PLACED, now=PLACED + after, grace=GRACE, pending_after=PENDING_AFTER, shop=shop
    )


def found(seen: Look) -> list[tuple[Kind, str, str, str]]:
    return [(one.kind, one.subject, one.shopify, one.pos) for one in seen.discrepancies]


def kinds(seen: Look) -> set[Kind]:
    return {one.kind for one in seen.discrepancies}


# --- presence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "standing"),
    [(GRACE - timedelta(seconds=1), Standing.WAITING), (GRACE, Standing.MISSING)],
)
def test_absent_is_missing_once_it_is_as_old_as_the_grace(age: timedelta, standing: Standing) -> None:
    assert look(order(), after=age).standing is standing


def test_equal_sale_matches() -> None:
    seen = look(order(), sale())
    assert (seen.standing, seen.discrepancies, seen.again_at) == (Standing.MATCHED, (), None)


@pytest.mark.parametrize("status", [SaleStatus.PENDING, SaleStatus.INCOMPLETE])
def test_unfinished_record_is_pending(status: SaleStatus) -> None:
    assert look(order(), sale(status=status)).standing is Standing.PENDING


def test_open_is_no_fault() -> None:
    assert look(order(), sale(status=SaleStatus.OPEN)).standing is Standing.MATCHED


def test_records_written_a_moment_ago_are_waited_for() -> None:
    half = sale("50", lines=goods(MUG=2), created_at=PLACED + timedelta(minutes=3))
    assert look(order(), half, after=timedelta(minutes=4, seconds=59)).standing is Standing.WAITING
    assert look(order(), half, after=timedelta(minutes=5)).standing is Standing.DIFFERS


def test_a_return_without_a_sale_is_no_arrival() -> None:
    seen = look(order(), back("-20"))
    assert (seen.standing, found(seen)) == (Standing.DIFFERS, [(Kind.TOTAL, "", "100", "0")])
    assert look(order(cancelled_at=PLACED), back("-20")).standing is Standing.MATCHED


# --- left open --------------------------------------------------------------------------------------------------------


def test_shipped_and_left_open_is_pending_after_its_time() -> None:
    shipped = order(fulfillment_status="fulfilled", fulfilled_at=PLACED + timedelta(minutes=10))
    record = sale(status=SaleStatus.OPEN)
    early = look(shipped, record, after=timedelta(minutes=39), shop=INVOICING)
    assert (early.standing, early.again_at) == (Standing.MATCHED, PLACED + timedelta(minutes=40))
    assert look(shipped, record, after=timedelta(minutes=40), shop=INVOICING).standing is Standing.PENDING


@pytest.mark.parametrize(
    "shop",
    [
        None,
        ShopEvidence(pos="heartland"),
        ShopEvidence(pos="lightspeed_x", declared=Declared(automatically_invoice=True)),
    ],
)
def test_left_open_is_no_fault_where_nothing_invoices_by_itself(shop: ShopEvidence | None) -> None:
    shipped = order(fulfillment_status="fulfilled", fulfilled_at=PLACED)
    assert look(shipped, sale(status=SaleStatus.OPEN), shop=shop).standing is Standing.MATCHED


# --- money ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "differs"), [("99.99", False), ("100.01", False), ("99.98", True), ("100.02", True)])
def test_a_cent_is_rounding(total: str, differs: bool) -> None:
    assert kinds(look(order(), sale(total))) == ({Kind.TOTAL} if differs else set())


@pytest.mark.parametrize(("second", "differs"), [("50.02", False), ("50.03", True)])
def test_splits_are_summed_and_two_cents_are_rounding(second: str, differs: bool) -> None:
    north = sale("50", tax=Decimal(4), lines=goods(MUG=2), location="North")
    south = sale(second, number=2, tax=Decimal(6), shipping=Decimal(0), lines=goods(TEE=1), location="South")
    assert kinds(look(order(), north, south)) == ({Kind.TOTAL} if differs else set())


def test_missing_shipping_is_named_instead_of_the_total() -> None:
    assert found(look(order(), sale("95", shipping=Decimal(0)))) == [(Kind.SHIPPING, "", "5", "0")]


def test_missing_discount_is_named_instead_of_the_total() -> None:
    given = order(discount=Decimal(10))
    assert found(look(given, sale("110"))) == [(Kind.DISCOUNT, "", "10", "0")]


def test_discount_or_shipping_folded_into_lines_is_no_difference() -> None:
    assert look(order(discount=Decimal(10)), sale(shipping=Decimal(0))).standing is Standing.MATCHED


def test_tax_alone_is_named_instead_of_the_total() -> None:
    assert found(look(order(), sale("98", tax=Decimal(8)))) == [(Kind.TAX, "", "10", "8")]


def test_tax_alone_is_named_when_shipping_is_a_line_of_the_sale() -> None:
    assert kinds(look(order(), sale("98", tax=Decimal(8), shipping=Decimal(0)))) == {Kind.TAX}


def test_tax_that_does_not_account_for_the_total_is_named_beside_it() -> None:
    assert kinds(look(order(), sale("89", tax=Decimal(9)))) == {Kind.TOTAL, Kind.TAX}


@pytest.mark.parametrize(("included", "tax"), [(True, Decimal(0)), (False, None)])
def test_tax_is_not_compared_when_included_or_unsaid(included: bool, tax: Decimal | None) -> None:
    assert look(order(taxes_included=included), sale(tax=tax)).standing is Standing.MATCHED


def test_unsaid_total_is_not_zero() -> None:
    assert look(order(), sale(None)).standing is Standing.MATCHED


def test_duties_may_be_collected_apart() -> None:
    assert look(order("112", duties=Decimal(12)), sale("100")).standing is Standing.MATCHED
    assert look(order("112", duties=Decimal(12)), sale("112")).standing is Standing.MATCHED


# --- goods ------------------------------------------------------------------------------------------------------------


def test_quantities_are_compared_per_sku_over_all_splits() -> None:
    north = sale("50", tax=Decimal(4), lines=goods(MUG=1), location="North")
    south = sale("50", number=2, tax=Decimal(6), lines=goods(mug=1, TEE=1), location="South")
    assert look(order(), north, south).standing is Standing.MATCHED


def test_fewer_and_more_of_a_sku_hide_the_total_that_follows() -> None:
    seen = look(order(), sale("80", tax=Decimal(8), lines=goods(MUG=3)))
    assert found(seen) == [(Kind.QUANTITY, "TEE", "1", "0"), (Kind.QUANTITY, "MUG", "2", "3")]


def test_unread_lines_say_nothing_of_quantities() -> None:
    assert look(order(), sale(lines=None)).standing is Standing.MATCHED
    assert kinds(look(order(), sale("80", lines=None))) == {Kind.TOTAL}


def test_one_of_two_splits_unread_says_nothing_of_quantities() -> None:
    north = sale("50", tax=Decimal(4), lines=goods(MUG=2), location="North")
    south = sale("50", number=2, tax=Decimal(6), lines=None, location="South")
    assert look(order(), north, south).standing is Standing.MATCHED


def test_placeholder_stands_for_the_product_that_is_missing() -> None:
    lines = (*goods(MUG=2), SaleLine(sku="NO PRODUCT FOUND", quantity=Decimal(1)))
    assert found(look(order(), sale(lines=lines))) == [
        (Kind.UNMATCHED_PRODUCT, "TEE", "1", "NO PRODUCT FOUND × 1"),
    ]


def test_the_connectors_own_products_and_gift_cards_are_no_goods() -> None:
    with_card = order(lines=(line("MUG", 2), line("TEE", number=2), line("CARD", number=3, gift_card=True)))
    extra = (
        SaleLine(sku="Shopify Shipping", quantity=Decimal(1)),
        SaleLine(sku="Shopify Gift Card", quantity=Decimal(1)),
    )
    assert look(with_card, sale(lines=(*goods(MUG=2, TEE=1), *extra))).standing is Standing.MATCHED


# --- edits ------------------------------------------------------------------------------------------------------------

EDITED = PLACED + timedelta(minutes=10)
ONE_MUG_LESS = {
    "lines": (line("MUG", 2, 1), line("TEE", number=2)),
    "current_total": Decimal(78),
    "current_tax": Decimal(8),
}


def test_edit_carried_as_a_sale_of_its_own() -> None:
    larger = order("130", lines=(line("MUG", 2), line("TEE", number=2), line("CAP", number=3)), edited_at=EDITED)
    edit = sale("30", number=2, reference="#1001-E001", tax=Decimal(0), shipping=Decimal(0), lines=goods(CAP=1))
    assert look(larger, sale(), edit).standing is Standing.MATCHED


def test_lowered_quantity_that_was_carried() -> None:
    lowered = order(**ONE_MUG_LESS, edited_at=EDITED)
    assert look(lowered, sale("78", tax=Decimal(8), lines=goods(MUG=1, TEE=1))).standing is Standing.MATCHED


def test_lowered_quantity_that_was_not_carried() -> None:
    seen = look(order(**ONE_MUG_LESS, edited_at=EDITED), sale())
    assert (Kind.EDIT, "MUG", "1", "2") in found(seen)
    assert kinds(seen) == {Kind.EDIT}


def test_edit_counts_from_the_grace_on_and_is_looked_at_again_then() -> None:
    lowered = order(**ONE_MUG_LESS, edited_at=EDITED)
    early = look(lowered, sale(), after=timedelta(minutes=25) - timedelta(seconds=1))
    assert (early.standing, early.again_at) == (Standing.MATCHED, EDITED + GRACE)
    due = look(lowered, sale(), after=timedelta(minutes=25))
    assert (due.standing, due.again_at) == (Standing.DIFFERS, None)


def test_line_added_a_moment_ago_may_still_come() -> None:
    larger = order("130", lines=(line("MUG", 2), line("TEE", number=2), line("CAP", number=3)), edited_at=EDITED)
    assert look(larger, sale(), after=timedelta(minutes=20)).standing is Standing.MATCHED
    assert look(larger, sale()).standing is Standing.DIFFERS


# --- refunds ----------------------------------------------------------------------------------------------------------

ONE_MUG_BACK = {
    "lines": (line("MUG", 2, 1), line("TEE", number=2)),
    "current_total": Decimal(78),
    "current_tax": Decimal(8),
    "refunds": (refund("22", timedelta(minutes=10), RefundLine(line_id=1, sku="MUG", quantity=1)),),
}


def test_refund_without_a_record() -> None:
    assert found(look(order(**ONE_MUG_BACK), sale())) == [(Kind.REFUND, "1", "22", "none")]


@pytest.mark.parametrize("total", ["22", "-22", "22.01"])
def test_refund_with_its_record(total: str) -> None:
    assert look(order(**ONE_MUG_BACK), sale(), back(total)).standing is Standing.MATCHED


def test_refund_over_another_amount() -> None:
    assert kinds(look(order(**ONE_MUG_BACK), sale(), back("12"))) >= {Kind.REFUND}


def test_refund_counts_from_the_grace_on_and_is_looked_at_again_then() -> None:
    early = look(order(**ONE_MUG_BACK), sale(), after=timedelta(minutes=24))
    assert (early.standing, early.again_at) == (Standing.MATCHED, PLACED + timedelta(minutes=25))
    assert look(order(**ONE_MUG_BACK), sale(), after=timedelta(minutes=25)).standing is Standing.DIFFERS


def test_only_the_refund_that_is_missing_is_named() -> None:
    twice = order(current_total=Decimal(50), refunds=(refund("20"), refund("30", number=2)))
    assert [one.subject for one in look(twice, sale(), back("30")).discrepancies] == ["1"]


def test_two_refunds_in_one_record() -> None:
    twice = order(current_total=Decimal(50), refunds=(refund("20"), refund("30", number=2)))
    assert look(twice, sale(), back("50")).standing is Standing.MATCHED


def test_order_that_came_in_without_what_had_been_refunded() -> None:
    early = sale("78", tax=Decimal(8), lines=goods(MUG=1, TEE=1))
    assert look(order(**ONE_MUG_BACK), early).standing is Standing.MATCHED


def test_refund_record_that_does_not_say_its_amount_counts_as_one() -> None:
    nameless = back(None)
    assert look(order(**ONE_MUG_BACK), sale(), nameless).standing is Standing.MATCHED
    twice = order(current_total=Decimal(50), refunds=(refund("20"), refund("30", number=2)))
    assert kinds(look(twice, sale(), nameless)) == {Kind.REFUND}


def test_voided_refund_does_not_count() -> None:
    assert kinds(look(order(**ONE_MUG_BACK), sale(), back("22", status=SaleStatus.CANCELLED))) == {Kind.REFUND}


# --- cancellations ----------------------------------------------------------------------------------------------------

CANCELLED = {"cancelled_at": PLACED + timedelta(minutes=10)}


def test_cancelled_in_shopify_only() -> None:
    assert kinds(look(order(**CANCELLED), sale("80"))) == {Kind.CANCEL}


def test_cancellation_counts_from_the_grace_on_and_is_looked_at_again_then() -> None:
    early = look(order(**CANCELLED), sale(), after=timedelta(minutes=24))
    assert (early.standing, early.again_at) == (Standing.MATCHED, PLACED + timedelta(minutes=25))
    assert look(order(**CANCELLED), sale(), after=timedelta(minutes=25)).standing is Standing.DIFFERS


@pytest.mark.parametrize("records", [(sale(), back("100")), (sale(status=SaleStatus.CANCELLED),)])
def test_cancelled_on_both_sides(records: tuple[Sale, ...]) -> None:
    assert look(order(**CANCELLED), *records).standing is Standing.MATCHED


def test_cancelled_in_the_pos_only() -> None:
    seen = look(order(), sale(status=SaleStatus.CANCELLED))
    assert found(seen) == [(Kind.CANCEL, "", "not cancelled", "cancelled")]


# --- doubles ----------------------------------------------------------------------------------------------------------


def test_the_whole_order_twice_hides_all_that_follows() -> None:
    seen = look(order(), sale(), sale(number=2, location="Other"))
    assert found(seen) == [(Kind.DUPLICATE, "order:1, order:2", "100", "2 × 100")]


def test_equal_splits_at_two_locations_are_no_double() -> None:
    even = order("40", tax=Decimal(0), current_tax=Decimal(0), lines=(line("MUG", 2),))
    halves = [
        sale("20", number=n, tax=Decimal(0), lines=goods(MUG=1), location=place)
        for n, place in enumerate(("North", "South"), start=1)
    ]
    assert look(even, *halves).standing is Standing.MATCHED


@pytest.mark.parametrize("second", [sale(number=2, status=SaleStatus.CANCELLED), sale("0", number=2, lines=())])
def test_voided_or_empty_second_record_is_no_double(second: Sale) -> None:
    assert Kind.DUPLICATE not in kinds(look(order(), sale(), second))


def test_a_double_that_was_taken_back() -> None:
    second = sale(number=2)
    assert Kind.DUPLICATE not in kinds(look(order(), sale(), second, back("100", lines=goods(MUG=2, TEE=1))))
