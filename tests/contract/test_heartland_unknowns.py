"""Nobody has documented these sides of Heartland Retail: whatever an account does, the adapter reads the same."""

from typing import Any

import pytest

from reconcile.errors import Rejected, Retryable
from reconcile.model import SaleStatus, SetUpQuestions
from sandbox.heartland.switches import CHOICES
from tests.contract.accounts import NOW, heartland

NO_SALES_BY_NUMBER = {("ticket_number_filter", False)}
VARIANTS = [(name, value) for name, values in CHOICES.items() for value in values]


@pytest.mark.parametrize(("switch", "value"), VARIANTS, ids=str)
def test_every_variant_reads_the_same(switch: str, value: Any) -> None:
    with heartland({switch: value}) as account:
        account.sell("#1001", total="100.00")
        account.sell("#1002", status="canceled")
        account.sell("#1003", status="pending", ago=90_000)
        account.require_field("Gift note")
        account.add_item("OLD", active=False)
        account.add_item("MUG-01")
        custom = (switch, value) == ("order_number_field", "custom")
        pos = account.adapter(reference_field="custom@shopify_order" if custom else "public_id")
        set_up = pos.set_up(SetUpQuestions(skus=("OLD", "MUG-01")))
        assert [field.name for field in set_up.required_fields or ()] == ["Gift note"]
        assert [item.active for item in (set_up.items or {})["OLD"]] == [False]
        assert [location.name for location in set_up.locations or ()] == []
        assert pos.identity().account
        if (switch, value) in NO_SALES_BY_NUMBER:
            with pytest.raises((Rejected, Retryable)):  # never an empty list: that would be "missing"
                pos.sales_by_reference(["#1001", "#1002", "#1003"])
            return
        found = {sale.reference: sale for sale in pos.sales_by_reference(["#1001", "#1002", "#1003"])}
        assert {name: sale.status for name, sale in found.items()} == {
            "#1001": SaleStatus.COMPLETE, "#1002": SaleStatus.CANCELLED, "#1003": SaleStatus.PENDING,
        }  # fmt: skip
        [lined] = pos.with_lines([found["#1001"]])
        assert [(line.title, line.quantity) for line in lined.lines or ()] == [("Mug", 1)]
        assert {sale.reference for sale in pos.sales_between(found["#1001"].created_at or NOW, NOW)} == {
            "#1001", "#1002",
        }  # fmt: skip


def test_a_location_that_the_token_cannot_see_is_named() -> None:
    with heartland() as account:
        seen = account.books.add_location("Main Store")
        account.books.add_location("Outlet")
        pos = account.adapter()
        assert [place.name for place in pos.identity().locations] == ["Main Store", "Outlet"]
        account.sell("#1001")
        account.books.set_order(account.books.orders_for("#1001")[0].id, location_id=seen)
        account.books.switches = type(account.books.switches)(blind_location=seen)
        assert pos.sales_by_reference(["#1001"]) == []  # why absence alone is no proof: the positive control sees it
