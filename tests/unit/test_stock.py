"""Stock that is wrong: what the POS has not deducted, per SKU and location."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from reconcile import codec
from reconcile.ledger.tables import shops
from reconcile.model import Item, Location, OrderLine, SaleLine, SaleStatus, SetUp
from reconcile.services import Services
from reconcile.stock import StockLine, to_csv, to_json, wrong_stock
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import Api


def lines(services: Services) -> list[StockLine]:
    with services.ledger.read() as connection:
        return wrong_stock(connection, "demo")


def units(services: Services) -> list[tuple[str, str, str, str]]:
    found = [to_json(line) for line in lines(services)]
    return [(one["sku"], one["location"], one["not_deducted"], one["deducted_too_often"]) for one in found]


def sold(sku: str, quantity: int) -> SaleLine:
    return SaleLine(sku=sku, quantity=Decimal(quantity), unit_price=Decimal(45))


def test_units_of_absent_and_unfinished_orders_add_up_per_sku_and_location(services: Services) -> None:
    keep(services.ledger, an_order(1, assigned_locations=frozenset({"Store"})), case_state="needs_person")
    second = an_order(2, assigned_locations=frozenset({"Store"}))
    held = a_sale(second, status=SaleStatus.PENDING, lines=(sold("MUG-01", 2),))
    keep(services.ledger, second, [held], standing="pending", case_state="needs_person")
    keep(services.ledger, an_order(3, assigned_locations=frozenset({"Web"})))
    assert units(services) == [("MUG-01", "Store", "4", "0"), ("MUG-01", "Web", "2", "0")]
    assert [part.name for part in lines(services)[0].parts] == ["#1", "#2"]


def test_a_location_that_the_pos_calls_by_a_number_is_one_with_shopifys_of_its_name(services: Services) -> None:
    set_up = codec.to_json(SetUp(read_at=PLACED, locations=(Location(location_id="100001", name="Store"),)))
    with services.ledger.write() as connection:
        connection.execute(shops.update().values(set_up=set_up))
    keep(services.ledger, an_order(1, assigned_locations=frozenset({"Store"})))
    for number, place in ((2, "100001"), (3, "100009")):
        order = an_order(number, assigned_locations=frozenset({"Store"}))
        held = a_sale(order, status=SaleStatus.PENDING, location=place, lines=(sold("MUG-01", 2),))
        keep(services.ledger, order, [held], standing="pending")
    assert units(services) == [("MUG-01", "Store", "4", "0"), ("MUG-01", "100009", "2", "0")]


@pytest.mark.parametrize(
    "columns",
    [
        {"standing": "waiting"},
        {"standing": "excluded"},
        {"case_state": "closed", "closing": "by_hand"},
        {"cause": "entered_by_hand", "case_state": "needs_person"},
    ],
)
def test_what_is_not_wrong_does_not_appear(services: Services, columns: dict[str, Any]) -> None:
    keep(services.ledger, an_order(1), **columns)
    assert lines(services) == []


def test_a_line_without_a_product_has_deducted_nothing(services: Services) -> None:
    order = an_order(1)
    sale = a_sale(order, location="Store", lines=(sold("NO PRODUCT FOUND", 2),))
    keep(services.ledger, order, [sale], standing="differs")
    assert units(services) == [("MUG-01", "Store", "2", "0")]


def test_only_the_units_that_are_short_count(services: Services) -> None:
    order = an_order(1)
    keep(services.ledger, order, [a_sale(order, lines=(sold("MUG-01", 1),))], standing="differs")
    assert units(services) == [("MUG-01", "", "1", "0")]


def test_a_sale_that_is_there_twice_was_deducted_too_often(services: Services) -> None:
    order = an_order(1)
    twice = [a_sale(order, sale_id=f"ticket:{number}", lines=(sold("MUG-01", 2),)) for number in (1, 2)]
    keep(services.ledger, order, twice, standing="differs")
    assert units(services) == [("MUG-01", "", "0", "2")]


def test_unread_lines_say_nothing(services: Services) -> None:
    order = an_order(1)
    keep(services.ledger, order, [a_sale(order, lines=None)], standing="differs")
    assert lines(services) == []


def test_gift_cards_and_untracked_products_are_left_out(services: Services) -> None:
    made = [
        OrderLine(line_id=n, sku=sku, title=sku, quantity=1, current_quantity=1, price=Decimal(5), gift_card=card)
        for n, (sku, card) in enumerate((("GIFT", True), ("SERVICE", False), ("MUG-01", False)))
    ]
    item = Item(item_id="1", sku="SERVICE", title="Service", active=True, tracks_stock=False)
    set_up = codec.to_json(SetUp(read_at=PLACED, items={"SERVICE": (item,)}))
    with services.ledger.write() as connection:
        connection.execute(shops.update().values(set_up=set_up))
    keep(services.ledger, an_order(1, lines=tuple(made)))
    assert units(services) == [("MUG-01", "", "1", "0")]


def test_a_spreadsheet_runs_no_formula_of_ours(services: Services) -> None:
    line = OrderLine(line_id=1, sku='=HYPERLINK("x")', title="+1", quantity=1, current_quantity=1, price=Decimal(1))
    keep(services.ledger, an_order(1, lines=(line,)))
    _, row = csv.reader(io.StringIO(to_csv(lines(services))))
    assert row[:4] == ['\'=HYPERLINK("x")', "+1", "", "1"]


def test_over_the_api_as_json_and_csv(services: Services) -> None:
    keep(services.ledger, an_order(1))
    api = Api(services, "viewer")
    (said,) = api.get("stores/demo/stock")["items"]
    assert (said["sku"], said["title"], said["not_deducted"], said["orders"][0]["name"]) == ("MUG-01", "Mug", "2", "#1")
    for answer in (
        api.call("GET", "stores/demo/stock?format=csv"),
        api.call("GET", "stores/demo/stock", Accept="text/csv"),
    ):
        assert answer.content_type == "text/csv; charset=utf-8"
        assert answer.text.splitlines()[1] == "MUG-01,Mug,,2,0,#1"
    assert api.call("GET", "stores/other/stock").status_code == 404
