"""The statement: each day's difference is the sum of the orders that are named, to the cent."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

import pytest

from reconcile.ledger import Ledger
from reconcile.model import Order, Refund, Sale, SaleKind, SaleStatus
from reconcile.services import Services
from reconcile.statement import MEASURES, Day, statement, to_json
from tests.rows import PLACED, TOTAL, a_sale, an_order, keep

TODAY = PLACED.date()
CENT = Decimal("0.01")
MONTREAL = timezone(timedelta(hours=-5))


def days_of(services: Services, since: date = TODAY, until: date = TODAY, zone: tzinfo = UTC) -> list[Day]:
    with services.ledger.read() as connection:
        return statement(connection, services.shop("demo"), since, until, zone)


def day_of(services: Services) -> Day:
    return days_of(services)[0]


def test_a_matched_day_has_no_difference(services: Services) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order)])
    day = day_of(services)
    assert (day.shopify.orders, day.pos.orders, day.currency) == (1, 1, "CAD")
    assert day.shopify.amounts["gross"] == day.pos.amounts["gross"] == TOTAL
    assert day.differences == []
    assert day.net_difference == 0


def test_a_day_without_orders_is_left_out(services: Services) -> None:
    assert days_of(services) == []


def test_currencies_are_kept_apart(services: Services) -> None:
    keep(services.ledger, an_order(1))
    keep(services.ledger, an_order(2, currency="USD"))
    assert [(day.currency, day.shopify.orders) for day in days_of(services)] == [("CAD", 1), ("USD", 1)]


@pytest.mark.parametrize("standing", ["missing", "waiting", "excluded", "unread"])
def test_an_absent_order_is_named_with_its_standing(services: Services, standing: str) -> None:
    keep(services.ledger, an_order(), standing=standing, cause="test_order")
    (one,) = day_of(services).differences
    assert (one.name, one.reason, one.cause, one.net) == ("#1001", standing, "test_order", -TOTAL)


@pytest.mark.parametrize("status", [SaleStatus.PENDING, SaleStatus.INCOMPLETE, SaleStatus.CANCELLED])
def test_an_unfinished_record_is_not_sold(services: Services, status: SaleStatus) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, status=status)], standing="pending")
    day = day_of(services)
    assert day.pos.orders == 0
    assert [(one.reason, one.net) for one in day.differences] == [("pending", -TOTAL)]


def test_an_open_record_is_sold(services: Services) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, status=SaleStatus.OPEN)])
    assert day_of(services).differences == []


def test_several_records_of_one_order_are_summed(services: Services) -> None:
    order = an_order()
    part = a_sale(order, total=Decimal("100.00"), tax=Decimal(7), shipping=Decimal(0))
    rest = a_sale(order, sale_id="ticket:2", total=Decimal("7.50"), tax=Decimal("0.50"))
    keep(services.ledger, order, [part, rest])
    day = day_of(services)
    assert (day.pos.orders, day.differences) == (1, [])


def test_a_refund_that_was_not_carried_is_the_difference(services: Services) -> None:
    given_back = Refund(refund_id=1, created_at=PLACED, amount=Decimal("45.00"))
    order = an_order(refunds=(given_back,), current_total=TOTAL - 45)
    keep(services.ledger, order, [a_sale(order)], standing="differs", cause="refund_not_carried")
    day = day_of(services)
    assert (day.shopify.amounts["gross"], day.shopify.amounts["refunds"]) == (TOTAL, Decimal(45))
    assert day.net_difference == Decimal(45)
    assert [(one.reason, one.net) for one in day.differences] == [("differs", Decimal(45))]


def test_a_refund_on_both_sides_is_none_whatever_its_sign_in_the_pos(services: Services) -> None:
    given_back = Refund(refund_id=1, created_at=PLACED, amount=Decimal("45.00"))
    order = an_order(refunds=(given_back,), current_total=TOTAL - 45)
    back = a_sale(order, sale_id="return:1", kind=SaleKind.REFUND, total=Decimal("-45.00"))
    keep(services.ledger, order, [a_sale(order), back])
    assert day_of(services).net_difference == 0


def test_an_edit_counts_with_what_it_added(services: Services) -> None:
    order = an_order(current_total=TOTAL + 20, edited_at=PLACED)
    keep(services.ledger, order, [a_sale(order)], standing="differs", cause="edit_not_carried")
    assert day_of(services).net_difference == Decimal(-20)


def test_a_deleted_order_counts_only_where_it_still_is(services: Services) -> None:
    order = an_order(deleted_at=PLACED)
    keep(services.ledger, order, [a_sale(order)])
    day = day_of(services)
    assert day.shopify.orders == 0
    assert [(one.reason, one.net) for one in day.differences] == [("deleted", TOTAL)]


def test_what_the_pos_does_not_tell_apart_is_unsaid_and_not_zero(services: Services) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, tax=None)])
    day = day_of(services)
    assert day.unsaid["tax"] == Decimal("7.50")
    assert day.differences == []
    assert day.difference("tax") == -day.unsaid["tax"]


def test_a_record_without_a_total_is_named(services: Services) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, total=None)])
    assert [(one.reason, one.net) for one in day_of(services).differences] == [("unsaid", -TOTAL)]


@pytest.mark.parametrize(("off", "reason"), [("0.01", "rounding"), ("-0.02", "rounding"), ("0.03", "accepted")])
def test_a_matched_order_may_be_off_by_a_cent_and_is_named_for_it(services: Services, off: str, reason: str) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, total=TOTAL + Decimal(off))])
    assert [(one.reason, one.net) for one in day_of(services).differences] == [(reason, Decimal(off))]


def test_a_reason_whose_orders_cancel_out_is_none(services: Services) -> None:
    order = an_order()
    keep(services.ledger, order, [a_sale(order, tax=order.tax + Decimal("0.05"))])
    day = day_of(services)
    assert [(one.reason, one.net) for one in day.differences] == [("accepted", 0)]
    assert day.by_reason() == {}


def test_a_day_is_the_shops_own(services: Services) -> None:
    late = datetime(2026, 11, 3, 2, 30, tzinfo=UTC)  # still the evening of the 2nd in Montreal
    keep(services.ledger, an_order(1, created_at=late))
    assert [day.day for day in days_of(services, until=TODAY + timedelta(days=1))] == [date(2026, 11, 3)]
    assert [day.day for day in days_of(services, zone=MONTREAL)] == [TODAY]


def test_both_ends_are_included_and_nothing_else(services: Services) -> None:
    for number, moment in enumerate(("02T00:00:00", "02T23:59:59", "03T00:00:00", "01T23:59:59"), start=1):
        keep(services.ledger, an_order(number, created_at=datetime.fromisoformat(f"2026-11-{moment}+00:00")))
    assert day_of(services).shopify.orders == 2
    assert len(days_of(services)) == 1


def test_another_shops_orders_are_not_counted(services: Services) -> None:
    keep(services.ledger, an_order(), store="other")
    assert days_of(services) == []


def test_the_named_orders_add_up_to_the_difference(services: Services) -> None:
    """Whatever the POS holds: for every measure, to the cent."""
    chance = random.Random(11)
    for number in range(1, 121):
        write_any(services.ledger, number, chance)
    days = days_of(services, until=TODAY + timedelta(days=2))
    assert len(days) > 3
    assert any(day.unsaid["tax"] for day in days)
    for day in days:
        assert sum(one.net for one in day.differences) == day.net_difference
        assert sum(day.by_reason().values()) == day.net_difference
        for measure in MEASURES:
            named = sum(one.amounts[measure] for one in day.differences)
            assert named - day.unsaid[measure] == day.difference(measure)


def write_any(ledger: Ledger, number: int, chance: random.Random) -> None:
    order = an_order(
        number, total=chance.randint(1, 90_000) * CENT, tax=chance.randint(0, 900) * CENT,
        created_at=PLACED + timedelta(hours=chance.randint(0, 60)), currency=chance.choice(["CAD", "USD"]),
        deleted_at=PLACED if chance.random() < 0.05 else None,
    )  # fmt: skip
    if chance.random() < 0.3:
        amount = chance.randint(1, 900) * CENT
        order = replace(order, refunds=(Refund(refund_id=1, created_at=PLACED, amount=amount),))
    sales = [any_sale(order, n, chance) for n in range(chance.randint(0, 3))]
    keep(ledger, order, sales, standing=chance.choice(["matched", "differs", "missing", "pending", "excluded"]))


def any_sale(order: Order, number: int, chance: random.Random) -> Sale:
    return a_sale(
        order, sale_id=f"ticket:{number}", kind=chance.choice(list(SaleKind)), status=chance.choice(list(SaleStatus)),
        total=chance.choice([None, order.total, chance.randint(1, 90_000) * CENT]),
        tax=chance.choice([None, order.tax, chance.randint(1, 900) * CENT]),
    )  # fmt: skip


def test_as_json_money_is_text_with_two_decimals(services: Services) -> None:
    keep(services.ledger, an_order(total=Decimal(107)))
    said = to_json(day_of(services))
    assert (said["day"], said["currency"]) == ("2026-11-02", "CAD")
    assert said["shopify"]["gross"] == "107.00"
    assert said["difference"]["net"] == "-107.00"
    assert said["by_reason"] == {"missing": "-107.00"}
    assert said["differences"][0]["pos"]["gross"] == "0.00"
