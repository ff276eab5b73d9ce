"""Lightspeed X's own sides: the followed feed, search, tokens, limits, both shapes, and every undocumented switch."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, Response, request

from reconcile.clock import ManualClock
from reconcile.codec import from_json, to_json
from reconcile.errors import ConfigurationError, Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.ledger import Ledger
from reconcile.ledger.keeping import Keeping
from reconcile.model import Sale, SaleKind, SaleStatus, SetUp, SetUpQuestions
from reconcile.pos import lightspeed_x_feed
from reconcile.pos.base import Pos
from reconcile.pos.lightspeed_x_pages import Pages, PersonalToken
from reconcile.pos.lightspeed_x_wire import raw_status, sale_from, status_of
from reconcile.pos.registry import ADAPTERS
from reconcile.vault import Vault
from sandbox.lightspeed_x.books import Line
from sandbox.lightspeed_x.switches import CHOICES, Switches
from tests.contract.lightspeed_x_account import NOW, SECRET, LightspeedXAccount, lightspeed_x
from tests.contract.serving import served

VARIANTS = [(name, value) for name, values in CHOICES.items() for value in values]
VARIANTS += [("page_size_most", 2), ("page_size_default", 1), ("search_lag_s", 30), ("token_lives_s", 604_800)]
DAY = 86_400
YEAR = 365 * DAY


@pytest.fixture
def account() -> Iterator[LightspeedXAccount]:
    with lightspeed_x() as opened:
        yield opened


def bare(sale_id: str) -> str:
    return sale_id.removeprefix("sale:")


def numbers(sales: list[Sale]) -> set[str | None]:
    return {sale.reference for sale in sales}


# --- the feed -------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(account: LightspeedXAccount, ledger: Ledger) -> LightspeedXAccount:
    """The account, its index in a ledger; both databases."""
    account.store = Keeping(ledger, Vault("a key for tests"), ManualClock(NOW), "demo")
    return account


def test_another_worker_goes_on_where_the_first_one_was(kept: LightspeedXAccount) -> None:
    kept.books.switches = Switches(page_size_most=100)
    for number in range(1000):
        kept.sell(f"#{number}")
    assert len(kept.adapter().sales_by_reference(["#0", "#999"])) == 2
    before = kept.calls
    kept.sell("#1000")
    assert numbers(kept.adapter().sales_by_reference(["#5", "#1000"])) == {"#5", "#1000"}
    assert kept.calls - before == 2


def test_a_feed_that_breaks_off_is_gone_on_with_and_never_answers_half(kept: LightspeedXAccount) -> None:
    kept.books.switches = Switches(page_size_most=10)
    for number in range(60):
        kept.sell(f"#{number}")
    kept.books.limit.used = kept.books.limit.most - 3
    kept.books.limit.began_at = NOW
    with pytest.raises(Throttled) as raised:
        kept.adapter().sales_by_reference(["#1"])  # it is known by now, but not whether there is another
    assert raised.value.after is not None and timedelta(minutes=4) < raised.value.after <= timedelta(
        minutes=5, seconds=2
    )
    kept.clock.advance(raised.value.after)
    before = kept.calls
    assert numbers(kept.adapter().sales_by_reference(["#1", "#59"])) == {"#1", "#59"}
    assert kept.calls - before <= 5  # the three pages of before are not read again


def test_the_first_reading_of_a_large_account_goes_on_look_by_look(
    account: LightspeedXAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lightspeed_x_feed, "PAGES_A_CALL", 3)
    account.books.switches = Switches(page_size_most=10)
    for number in range(45):
        account.sell(f"#{number}")
    pos = account.adapter()
    with pytest.raises(Retryable, match="first time"):
        pos.sales_by_reference(["#1"])
    assert numbers(pos.sales_by_reference(["#1", "#44"])) == {"#1", "#44"}


def test_an_edit_is_seen_under_its_new_state_and_number(account: LightspeedXAccount) -> None:
    pos = account.adapter()
    sale = account.sell("#1001", status="pending")
    assert [one.status for one in pos.sales_by_reference(["#1001"])] == [SaleStatus.INCOMPLETE]
    account.books.set_sale(bare(sale), state="closed", invoice_number="#1002")
    assert pos.sales_by_reference(["#1001"]) == []
    assert [one.status for one in pos.sales_by_reference(["#1002"])] == [SaleStatus.COMPLETE]


def test_a_deleted_sale_is_a_cancelled_one(account: LightspeedXAccount) -> None:
    pos = account.adapter()
    sale = account.sell("#1001")
    pos.sales_by_reference(["#1001"])
    account.books.delete_sale(bare(sale))
    [found] = pos.sales_by_reference(["#1001"])
    assert (found.status, found.raw_status) == (SaleStatus.CANCELLED, "deleted")


def test_a_quiet_shop_costs_few_calls_a_look(account: LightspeedXAccount) -> None:
    pos = account.adapter()
    for number in range(30):
        account.sell(f"#{number}")
    pos.sales_by_reference(["#1"])
    before = account.calls
    for _ in range(5):
        pos.sales_by_reference(["#1", "#2"])
    assert account.calls - before == 5


def test_an_account_that_lost_its_history_is_not_believed(account: LightspeedXAccount) -> None:
    pos = account.adapter()
    sale = account.sell("#1001")
    pos.sales_by_reference(["#1001"])
    account.books.sales.take(bare(sale))
    with pytest.raises(Untrustworthy):
        pos.sales_by_reference(["#1001"])


def test_a_newest_sale_that_is_gone_without_a_trace_does_not_stop_the_reading(account: LightspeedXAccount) -> None:
    pos = account.adapter()
    account.sell("#1001")
    gone = account.sell("#1002")
    pos.sales_by_reference(["#1001"])
    account.books.sales.take(bare(gone))
    assert numbers(pos.sales_by_reference(["#1001"])) == {"#1001"}
    account.sell("#1003")
    assert numbers(pos.sales_by_reference(["#1003"])) == {"#1003"}


def test_a_feed_that_ignores_where_to_begin_is_not_believed(account: LightspeedXAccount) -> None:
    for number in range(3):
        account.sell(f"#{number}")
    pos = account.adapter()
    pos.sales_by_reference(["#1"])
    account.misbehave("ignores_filter")
    with pytest.raises(Untrustworthy):
        pos.sales_by_reference(["#1"])


def test_years_of_history_are_skipped_and_not_one_recent_sale(account: LightspeedXAccount) -> None:
    account.books.switches = Switches(page_size_most=50)
    for number in range(3000):
        account.sell(f"#{number}", ago=YEAR - number * DAY * 3 // 25)
    young = [number for number in range(3000) if YEAR - number * DAY * 3 // 25 < 60 * DAY]
    account.sell("#now")
    assert 400 < len(young) < 600
    found = account.adapter().sales_by_reference([*(f"#{number}" for number in young), "#now", "#0"])
    assert numbers(found) == {*(f"#{number}" for number in young), "#now"}
    assert account.calls < 60


def test_what_is_older_than_any_look_is_forgotten(kept: LightspeedXAccount) -> None:
    kept.sell("#old", ago=60)
    pos = kept.adapter()
    assert numbers(pos.sales_by_reference(["#old"])) == {"#old"}
    kept.clock.advance(timedelta(days=62))
    kept.sell("#new", ago=-62 * DAY)
    assert numbers(pos.sales_by_reference(["#old", "#new"])) == {"#new"}


def test_another_account_or_reference_field_begins_anew(account: LightspeedXAccount) -> None:
    account.sell("#1001", source_id="5990011223344")
    assert numbers(account.adapter().sales_by_reference(["#1001"])) == {"#1001"}
    by_source = account.adapter(reference_field="source_id")
    assert by_source.sales_by_reference(["#1001"]) == []
    assert numbers(by_source.sales_by_reference(["5990011223344"])) == {"5990011223344"}
    assert numbers(account.adapter(reference_field="receipt_number").sales_by_reference(["#1001"])) == {"#1001"}


def test_references_are_matched_to_the_letter(account: LightspeedXAccount) -> None:
    for number in ("#1001", "1001", "#10010", "web-1001", "WEB-1001"):
        account.sell(number)
    assert numbers(account.adapter().sales_by_reference(["#1001", "WEB-1001"])) == {"#1001", "WEB-1001"}


# --- search as the other way ----------------------------------------------------------------------------------------


def test_search_finds_the_same_and_reads_windows_to_their_end(account: LightspeedXAccount) -> None:
    for number in range(1200):
        account.sell(f"#{number}")
    before = account.calls
    found = account.adapter(sales_by="search").sales_by_reference(["#0", "#1199", "#1200"])
    assert numbers(found) == {"#0", "#1199"}
    assert account.calls - before == 2


def test_search_does_not_ask_by_words(account: LightspeedXAccount) -> None:
    account.books.switches = Switches(search_words="tokens")
    account.sell("MR-1484-NZ")
    account.sell("1484")
    assert numbers(account.adapter(sales_by="search").sales_by_reference(["1484"])) == {"1484"}


def test_search_gives_unfinished_sales_and_spans(account: LightspeedXAccount) -> None:
    account.sell("#1", status="pending", ago=3 * DAY)
    account.sell("#2", status="open", attributes=("delivery",))
    account.sell("#3", ago=3600)
    pos = account.adapter(sales_by="search", search_days=7)
    assert numbers(list(pos.unfinished_sales())) == {"#1"}
    assert numbers(list(pos.sales_between(NOW - timedelta(hours=2), NOW - timedelta(minutes=30)))) == {"#3"}


def test_a_span_before_the_index_is_searched_for(account: LightspeedXAccount) -> None:
    account.sell("#old", ago=90 * DAY)
    account.sell("#new", ago=DAY)
    pos = account.adapter()
    assert numbers(list(pos.sales_between(NOW - timedelta(days=100), NOW - timedelta(days=80)))) == {"#old"}
    assert numbers(list(pos.sales_between(NOW - timedelta(days=2), NOW))) == {"#new"}


def test_a_search_whose_pages_move_is_not_believed() -> None:
    app = Flask("moving")

    @app.get("/api/2026-07/search")
    def search() -> Response:
        rows = [{"id": f"{n}", "_metadata": {"version": n + 1}, "state": "closed"} for n in range(1000)]
        return Response(json.dumps({"data": rows}), mimetype="application/json")

    with served(app) as url:
        own = {"token": SECRET, "base_url": url, "sales_by": "search"}
        pos = ADAPTERS["lightspeed_x"](own, clock=ManualClock(NOW), sleep=lambda seconds: None)
        with pytest.raises(Untrustworthy):
            pos.sales_by_reference(["#1"])


# --- states, money, lines -------------------------------------------------------------------------------------------

STATES: list[tuple[str, tuple[str, ...], SaleStatus]] = [
    ("parked", (), SaleStatus.INCOMPLETE),
    ("pending", (), SaleStatus.INCOMPLETE),
    ("pending", ("pickup",), SaleStatus.OPEN),
    ("pending", ("delivery",), SaleStatus.OPEN),
    ("pending", ("layby",), SaleStatus.OPEN),
    ("pending", ("onaccount", "delivery"), SaleStatus.OPEN),
    ("pending", ("service",), SaleStatus.OPEN),
    ("closed", (), SaleStatus.COMPLETE),
    ("closed", ("delivery",), SaleStatus.COMPLETE),
    ("voided", (), SaleStatus.CANCELLED),
]


@pytest.mark.parametrize(("state", "attributes", "status"), STATES)
@pytest.mark.parametrize("version", ["2.0", "2026-07"])
def test_states_and_attributes(
    account: LightspeedXAccount, version: str, state: str, attributes: tuple[str, ...], status: SaleStatus
) -> None:
    account.books.add_sale(invoice_number="#1", lines=[], total=Decimal(1), state=state, attributes=attributes)
    pos = account.adapter(api_version=version)
    [sale] = pos.sales_by_reference(["#1"])
    assert (sale.status, sale.raw_status) == (status, " ".join([state, *sorted(attributes)]))
    unfinished = [one.reference for one in pos.unfinished_sales()]
    assert unfinished == (["#1"] if status is SaleStatus.INCOMPLETE else [])


@pytest.mark.parametrize(
    ("row", "status", "raw"),
    [
        ({"status": "AWAITING_DISPATCH"}, SaleStatus.OPEN, "AWAITING_DISPATCH delivery"),
        ({"status": "SAVED"}, SaleStatus.INCOMPLETE, "SAVED"),
        ({"status": "CLOSED"}, SaleStatus.COMPLETE, "CLOSED"),
        ({"status": "TELEPORTED"}, SaleStatus.UNKNOWN, "TELEPORTED"),
        ({"state": "pending", "attributes": ["teleport"]}, SaleStatus.UNKNOWN, "pending teleport"),
        ({}, SaleStatus.UNKNOWN, ""),
    ],
)
def test_older_and_unknown_words(row: dict[str, Any], status: SaleStatus, raw: str) -> None:
    assert (status_of(row), raw_status(row)) == (status, raw)


@pytest.mark.parametrize("version", ["2.0", "2026-07"])
def test_a_sale_reads_the_same_in_both_shapes(account: LightspeedXAccount, version: str) -> None:
    outlet = account.books.add_outlet("Main Store")
    user = account.books.add_user("Online Orders")
    mug = account.books.add_product("MUG-01", "Mug")
    line = Line(product_id=mug, qty=Decimal(2), unit_price=Decimal("4.30435"), unit_tax=Decimal("0.5"))
    account.books.add_sale(
        invoice_number="#1040", lines=[line], total=Decimal("9.61"), tax=Decimal("1.00"), paid=Decimal("5.00"),
        outlet_id=outlet, user_id=user,
    )  # fmt: skip
    pos = account.adapter(api_version=version)
    pos.set_up(SetUpQuestions(skus=("MUG-01",)))
    [sale] = pos.sales_by_reference(["#1040"])
    assert (sale.total, sale.tax, sale.paid, sale.balance) == tuple(map(Decimal, ("9.61", "1.00", "5", "4.61")))
    assert (sale.kind, sale.location, sale.employee_id, sale.created_at) == (SaleKind.SALE, outlet, user, NOW)
    assert [(one.sku, one.quantity, one.unit_price, one.title) for one in sale.lines or ()] == [
        ("MUG-01", Decimal(2), Decimal("4.30435"), "Mug")
    ]


def test_lines_are_unread_until_the_catalogue_is_known(account: LightspeedXAccount) -> None:
    account.sell("#1001")
    pos = account.adapter()
    [sale] = pos.sales_by_reference(["#1001"])
    assert sale.lines is None
    [lined] = pos.with_lines([sale])
    assert [line.sku for line in lined.lines or ()] == ["MUG-99"]
    stand_in = account.books.add_product("NO PRODUCT FOUND", "No Product Found")
    account.books.add_sale(
        invoice_number="#1002", lines=[Line(product_id=stand_in, qty=Decimal(1), unit_price=Decimal(5))],
        total=Decimal(5),
    )  # fmt: skip
    [sale] = pos.sales_by_reference(["#1002"])
    assert [line.sku for line in sale.lines or ()] == ["NO PRODUCT FOUND"]


def test_lines_stay_unread_where_products_are_refused() -> None:
    app = Flask("refusing")

    @app.get("/api/2026-07/products")
    def products() -> Response:
        return Response('{"error": "permission denied"}', 403, mimetype="application/json")

    @app.get("/api/2026-07/sales")
    def sales() -> Response:
        line = {"product": {"id": "p"}, "quantity": 1, "pricing": {"price": 5}}
        row = {"id": "a", "invoice_number": "#1001", "state": "closed", "version": 1, "line_items": [line]}
        rows = [row] if request.args["after"] == "0" else []
        return Response(json.dumps({"data": rows}), mimetype="application/json")

    with served(app) as url:
        own = {"token": SECRET, "base_url": url}
        pos = ADAPTERS["lightspeed_x"](own, clock=ManualClock(NOW), sleep=lambda seconds: None)
        [sale] = pos.sales_by_reference(["#1001"])
        assert pos.with_lines([sale]) == [sale]
        assert sale.lines is None


@pytest.mark.parametrize("row", [{"id": 7}, {"id": ""}, {"id": "x", "totals": {"price_incl_tax": "much"}}, {}])
def test_a_row_that_is_no_sale_is_not_believed(row: dict[str, Any]) -> None:
    with pytest.raises(Untrustworthy):
        sale_from(row, "invoice_number")


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_pair_is_renewed_when_it_is_refused_and_outlives_the_worker(kept: LightspeedXAccount) -> None:
    kept.sell("#1001")
    assert numbers(kept.by_oauth().sales_by_reference(["#1001"])) == {"#1001"}
    assert kept.books.grants.refreshes == 1
    kept.books.grants.expire_access()
    assert numbers(kept.by_oauth().sales_by_reference(["#1001"])) == {"#1001"}
    assert kept.books.grants.refreshes == 2


def test_a_chain_that_is_broken_asks_for_a_new_authorisation(kept: LightspeedXAccount) -> None:
    kept.by_oauth().sales_by_reference(["#1001"])
    kept.books.grants.revoke_all()
    with pytest.raises(Unauthorised, match="authorise the connection again") as raised:
        kept.by_oauth().sales_by_reference(["#1001"])
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("envelope", ["text", "object"])
def test_a_refusal_says_why_in_either_envelope(account: LightspeedXAccount, envelope: str) -> None:
    account.books.switches = Switches(api_versions="dated", error_envelope=envelope)
    with pytest.raises(Rejected, match="No such version"):
        account.adapter(api_version="2.0").sales_by_reference(["#1"])


def test_a_personal_token_that_is_refused_is_said_so(account: LightspeedXAccount) -> None:
    account.books.grants.revoke_all()
    with pytest.raises(Unauthorised, match="personal token"):
        account.adapter().sales_by_reference(["#1001"])


@pytest.mark.parametrize(
    "settings",
    [{}, {"token": SECRET}, {"subdomain": "demo"}, {"subdomain": "demo", "client_id": "a", "client_secret": "b"}],
)
def test_settings_that_lack_something_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        ADAPTERS["lightspeed_x"](settings, clock=ManualClock(NOW), sleep=lambda seconds: None)


# --- set-up ---------------------------------------------------------------------------------------------------------


def people(pos: Pos, name: str = "", *ids: str) -> dict[str, str]:
    read = pos.set_up(SetUpQuestions(employee=name, employee_ids=ids))
    assert from_json(SetUp, to_json(read)) == read
    words = ("archived", "locked", "deleted")
    return {
        one.name or "unknown": next((word for word in words if getattr(one, word)), "active")
        for one in read.employees or ()
    }


@pytest.mark.parametrize("version", ["2.0", "2026-07"])
@pytest.mark.parametrize("listed", [True, False])
def test_users_who_matter(account: LightspeedXAccount, version: str, listed: bool) -> None:
    account.books.switches = Switches(deleted_users_listed=listed)
    seller, deleted = account.books.add_user("Online Orders"), account.books.add_user("Eva Former")
    purged = account.books.add_user("Old Hand")
    account.books.add_user("Nobody Asked")
    pos = account.adapter(api_version=version)
    assert people(pos, " online  orders") == {"Ana Owner": "active", "Online Orders": "active"}
    assert people(pos, "online.orders") == {"Ana Owner": "active", "Online Orders": "active"}
    account.books.set_user(seller, enabled=False)
    account.books.set_user(deleted, deleted_at=NOW)
    account.books.set_user(purged, deleted_at=NOW, purged=True)
    assert people(pos, "Online Orders", deleted, purged) == {
        "Ana Owner": "active", "Online Orders": "locked", "Eva Former": "deleted", "unknown": "deleted",
    }  # fmt: skip


def test_a_list_whose_pages_hold_fewer_than_anothers_is_read_to_its_end(account: LightspeedXAccount) -> None:
    for number in range(33):
        account.add_item(f"SKU-{number}")
        account.books.add_user(f"Till {number}")
    pages = Pages(Http(account.url), PersonalToken(SECRET))
    assert len(pages.page("products", 0).rows) == 33
    account.books.switches = Switches(page_size_most=10)
    assert len(pages.every("users")) == len(account.books.users.by_id)


@pytest.mark.parametrize("purged", [False, True])
def test_whoever_the_connector_sells_as_is_known_by_its_sales(account: LightspeedXAccount, purged: bool) -> None:
    seller, other = account.books.add_user("Web Orders"), account.books.add_user("Bo Till")
    if purged:
        account.books.set_user(seller, deleted_at=NOW, purged=True)
    read = account.adapter().set_up(SetUpQuestions(employee="Bo Till", employee_ids=(seller,)))
    assert {one.employee_id: one.sells for one in read.employees or ()} == {
        seller: True, other: False, account.books.owner_id: False,
    }  # fmt: skip


def test_payment_types_outlets_and_tills(account: LightspeedXAccount) -> None:
    account.books.add_outlet("Main Store", registers=2)
    account.books.add_outlet("Warehouse", registers=0)
    kind = account.books.add_payment_type("Shopify")
    account.books.add_payment_type("Cash")
    pos = account.adapter()
    read = pos.set_up(SetUpQuestions())
    assert {(place.name, place.stations) for place in read.locations or ()} == {("Main Store", 2), ("Warehouse", 0)}
    assert set(read.payment_types or ()) == {"Shopify", "Cash"}
    account.books.set_payment_type(kind, deleted_at=NOW)
    assert pos.set_up(SetUpQuestions()).payment_types == ("Cash",)
    assert {place.name for place in pos.identity().locations} == {"Main Store", "Warehouse"}
    assert pos.identity().name == "Ana Owner"


def test_products_with_a_hyphen_are_found_and_changes_seen(account: LightspeedXAccount) -> None:
    for sku in ("MUG-01", "MUG-01", "mug-01", "CUP"):
        account.add_item(sku)
    pos = account.adapter()

    def active(sku: str) -> list[bool]:
        return [item.active for item in (pos.set_up(SetUpQuestions(skus=(sku,))).items or {})[sku]]

    assert (active("MUG-01"), active("CUP"), active("NONE")) == ([True, True], [True], [])
    account.books.set_product("CUP", active=False)
    assert active("CUP") == [False]


# --- whatever the account does --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "value"), VARIANTS, ids=str)
@pytest.mark.parametrize("sales_by", ["feed", "search"])
def test_every_variant_reads_the_same(switch: str, value: Any, sales_by: str) -> None:
    with lightspeed_x({switch: value}) as account:
        sold = account.sell("#1001", total="100.05")
        account.sell("#1002", status="canceled", ago=120)
        account.sell("#1003", status="pending", ago=90_000)
        account.give_back("#1001", "-20.29")
        account.add_item("OLD-1", active=False)
        account.books.add_payment_type("Shopify")
        account.clock.advance(timedelta(seconds=60))
        pos = account.adapter(sales_by=sales_by)
        set_up = pos.set_up(SetUpQuestions(skus=("OLD-1", "MUG-99"), employee="Ana Owner"))
        assert not set_up.unread
        assert [item.active for item in (set_up.items or {})["OLD-1"]] == [False]
        assert [one.active for one in set_up.employees or ()] == [True]
        assert set_up.payment_types == ("Shopify",)
        found = pos.sales_by_reference(["#1001", "#1002", "#1003"])
        assert {(sale.reference, sale.status, sale.kind) for sale in found} == {
            ("#1001", SaleStatus.COMPLETE, SaleKind.SALE), ("#1001", SaleStatus.COMPLETE, SaleKind.REFUND),
            ("#1002", SaleStatus.CANCELLED, SaleKind.SALE), ("#1003", SaleStatus.INCOMPLETE, SaleKind.SALE),
        }  # fmt: skip
        assert sum(sale.total or 0 for sale in found if sale.reference == "#1001") == Decimal("79.76")
        [lined] = [sale for sale in found if sale.sale_id == sold]
        assert [(line.sku, line.quantity) for line in lined.lines or ()] == [("MUG-99", Decimal(1))]
        assert numbers(list(pos.unfinished_sales())) == {"#1003"}
        between = pos.sales_between(NOW - timedelta(minutes=10), NOW - timedelta(seconds=30))
        assert numbers(list(between)) == {"#1001", "#1002"}


def test_a_collection_that_only_one_generation_serves(account: LightspeedXAccount) -> None:
    account.books.switches = Switches(api_versions="2.0")
    account.sell("#1001")
    pos = account.adapter()
    assert numbers(pos.sales_by_reference(["#1001"])) == {"#1001"}
    before = account.calls
    pos.sales_by_reference(["#1001"])
    assert account.calls - before <= 2  # what is gone is asked for once
    assert pos.identity().name == "Ana Owner"
