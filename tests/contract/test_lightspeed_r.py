"""Lightspeed R's own sides: rotating tokens, the bucket, cursors, shapes, and every switch that nobody documents."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, Response, request

from reconcile.clock import ManualClock
from reconcile.codec import from_json, to_json
from reconcile.config import Shop
from reconcile.errors import ConfigurationError, Rejected, Throttled, Unauthorised, Untrustworthy
from reconcile.ledger import Ledger
from reconcile.ledger.keeping import Keeping
from reconcile.ledger.tables import kept
from reconcile.model import Order, SaleKind, SaleStatus, SetUp, SetUpQuestions
from reconcile.pos.lightspeed_oauth import R_SERIES
from reconcile.pos.lightspeed_r_pages import Pace
from reconcile.pos.passing import Passing
from reconcile.pos.registry import ADAPTERS
from reconcile.snapshot import take
from reconcile.vault import Vault
from sandbox.lightspeed_r.books import Line
from sandbox.lightspeed_r.switches import CHOICES
from tests.contract.lightspeed_r_account import NOW, SECRET, LightspeedRAccount, lightspeed_r
from tests.contract.serving import served

VARIANTS = [(name, value) for name, values in CHOICES.items() for value in values]


@pytest.fixture
def account() -> Iterator[LightspeedRAccount]:
    with lightspeed_r() as opened:
        yield opened


# --- tokens ---------------------------------------------------------------------------------------------------------


class Recorder(Passing):
    """A store that notes how many calls had been made when something was kept."""

    def __init__(self, account: LightspeedRAccount) -> None:
        super().__init__()
        self.account = account
        self.puts: list[int] = []

    def put(self, key: str, value: str) -> None:
        self.puts.append(self.account.calls)
        super().put(key, value)


def test_a_new_pair_is_kept_before_it_is_used(account: LightspeedRAccount) -> None:
    store = account.store = Recorder(account)
    account.adapter().sales_by_reference(["#1"])
    assert (store.puts, account.calls) == ([1], 2)
    assert SECRET not in (store.get(R_SERIES.key) or "")


def test_another_worker_goes_on_with_what_was_kept(account: LightspeedRAccount) -> None:
    account.adapter().sales_by_reference(["#1"])
    account.adapter().sales_by_reference(["#1"])
    assert account.books.grants.refreshes == 1


def test_an_old_token_is_replaced_before_it_ends(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    pos.sales_by_reference(["#1"])
    account.clock.advance(timedelta(minutes=59, seconds=30))
    pos.sales_by_reference(["#1"])
    assert (account.books.grants.refreshes, account.calls) == (2, 4)


def test_a_refused_token_is_replaced_once(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    pos.sales_by_reference(["#1"])
    account.books.grants.expire_access()
    pos.sales_by_reference(["#1"])
    assert (account.books.grants.refreshes, account.calls) == (2, 5)
    account.books.faults.garbage = "401"
    with pytest.raises(Unauthorised):
        pos.sales_by_reference(["#1"])
    assert account.books.grants.refreshes == 3


def test_a_right_that_is_missing_is_no_reason_to_refresh(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    pos.sales_by_reference(["#1"])
    account.books.faults.garbage = "403"
    with pytest.raises(Unauthorised):
        pos.sales_by_reference(["#1"])
    assert account.books.grants.refreshes == 1


def test_a_lost_answer_is_asked_again_with_the_old_token(account: LightspeedRAccount) -> None:
    asked: list[str] = []
    app = Flask("losing")

    @app.post("/auth/oauth/token")
    def token() -> Response:
        given = request.get_json()
        asked.append(given["refresh_token"])
        grant = account.books.grants.refresh("app", f"secret-{SECRET}", given["refresh_token"], NOW, 3600)
        body = json.dumps({"expires_in": 3600, "access_token": grant.access, "refresh_token": grant.refresh})
        if len(asked) == 1:  # the pair was made, but half of the answer never came
            return Response(body[:40], headers={"Content-Length": str(len(body)), "Connection": "close"})
        return Response(body, mimetype="application/json")

    account.sell("#1")
    with served(app) as auth_url:
        assert len(account.adapter(auth_url=auth_url).sales_by_reference(["#1"])) == 1
    assert asked == [SECRET, SECRET]


def test_what_another_worker_has_got_is_used_instead_of_a_refresh(account: LightspeedRAccount) -> None:
    mine, other = account.adapter(), account.adapter()
    mine.sales_by_reference(["#1"])
    account.books.grants.expire_access()
    other.sales_by_reference(["#1"])
    mine.sales_by_reference(["#1"])
    assert account.books.grants.refreshes == 2


class Behind(Passing):
    """A store that was read just before another worker put its pair there."""

    def __init__(self, shared: Passing) -> None:
        super().__init__()
        self.shared = shared
        self.before: str | None = shared.get(R_SERIES.key)
        self.reads = 0

    def get(self, key: str) -> str | None:
        self.reads += 1
        return self.before if self.reads == 1 else self.shared.get(key)

    def put(self, key: str, value: str) -> None:
        self.shared.put(key, value)


def test_two_workers_that_refresh_at_once_go_on_with_the_pair_of_the_quicker(account: LightspeedRAccount) -> None:
    shared = account.store
    account.adapter().sales_by_reference(["#1"])
    account.clock.advance(timedelta(hours=2))
    account.store = Behind(shared)
    slower = account.adapter()
    account.store = shared
    account.adapter().sales_by_reference(["#1"])  # refreshes, and by its first use ends the refresh token before
    kept_then = shared.get(R_SERIES.key)
    assert slower.sales_by_reference(["#1"]) == []
    assert shared.get(R_SERIES.key) == kept_then


def test_a_connection_that_was_ended_asks_for_a_person(account: LightspeedRAccount) -> None:
    account.books.grants.revoke_all()
    with pytest.raises(Unauthorised, match="authorise the connection again") as raised:
        account.adapter().sales_by_reference(["#1"])
    assert SECRET not in str(raised.value)


def test_a_new_refresh_token_in_the_settings_begins_anew(account: LightspeedRAccount) -> None:
    account.adapter().sales_by_reference(["#1"])
    account.books.grants.revoke_all()
    account.books.grants.begin("another-refresh-token", NOW)
    assert account.adapter(refresh_token="another-refresh-token").sales_by_reference(["#1"]) == []


def test_tokens_lie_sealed_in_the_ledger(ledger: Ledger, account: LightspeedRAccount) -> None:
    clock = ManualClock(NOW)
    keeping = Keeping(ledger, Vault("a key"), clock, "demo")
    assert keeping.get(R_SERIES.key) is None
    account.store = keeping  # type: ignore[assignment]
    account.adapter().sales_by_reference(["#1"])
    first = keeping.get(R_SERIES.key)
    account.clock.advance(timedelta(hours=2))
    account.adapter().sales_by_reference(["#1"])
    assert first and keeping.get(R_SERIES.key) not in (None, first)
    with ledger.read() as connection:
        [row] = connection.execute(kept.select()).all()
    assert json.loads(first)["refresh"].encode() not in row.value
    assert Keeping(ledger, Vault("a key"), clock, "other").get(R_SERIES.key) is None


def test_every_setting_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError) as raised:
        ADAPTERS["lightspeed_r"]({"client_id": "app"}, clock=ManualClock(NOW), sleep=lambda s: None)
    assert [line.partition(":")[0] for line in raised.value.problems] == ["pos.client_secret", "pos.refresh_token"]


# --- limits ---------------------------------------------------------------------------------------------------------


def test_a_full_bucket_is_waited_for(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    account.books.bucket.level = 89.0
    pos.sales_by_reference(["#1"])
    account.books.bucket.level = 90.0
    pos.sales_by_reference(["#1"])
    assert len(account.waits) == 1 and 4 < account.waits[0] < 6


def test_a_bucket_that_needs_too_long_pauses_the_shop(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    account.books.bucket.level = 89.0
    pos.sales_by_reference(["#1"])
    pace: Pace = pos.pages.pace  # type: ignore[attr-defined]
    pace.level = 200.0
    with pytest.raises(Throttled) as raised:
        pos.sales_by_reference(["#1"])
    assert raised.value.after is not None and raised.value.after > timedelta(minutes=1)


def test_bursts_are_kept_under_their_limit(account: LightspeedRAccount) -> None:
    pos = account.adapter()
    for _ in range(45):
        pos.sales_by_reference(["#1"])  # none is refused
    assert account.waits == [1, 1]


def test_a_thousand_orders_cost_as_much_as_is_promised(account: LightspeedRAccount) -> None:
    references = [f"#{number}" for number in range(1000)]
    for reference in references:
        account.sell(reference)
    found = account.adapter().sales_by_reference(references)
    assert len(found) == 1000
    assert account.calls == 11  # one of them for the token
    assert account.books.bucket.spent == pytest.approx(16)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-LS-Api-Bucket-Level": "10.25/90", "X-LS-Api-Drip-Rate": "1"}, 0),
        ({"X-LS-Api-Bucket-Level": "89/90", "X-LS-Api-Drip-Rate": "1.5"}, 2),
        ({"X-LS-Api-Burst-Level": "20/20"}, 1),
        ({"X-LS-Api-Bucket-Level": "nonsense", "X-LS-Api-Drip-Rate": "none"}, 0),
        ({}, 0),
    ],
)
def test_how_long_a_request_waits(headers: dict[str, str], wait: float) -> None:
    pace = Pace()
    pace.hear(headers, now=100)
    assert pace.wait(100) == pytest.approx(wait)
    assert pace.wait(200) == 0


# --- what comes back ------------------------------------------------------------------------------------------------


def test_edges_of_a_page(account: LightspeedRAccount) -> None:
    for number in range(200):
        account.sell(f"#{number}", status="pending")
    assert len(list(account.adapter().unfinished_sales())) == 200


def test_three_ways_of_being_unfinished(account: LightspeedRAccount) -> None:
    for number, paid in enumerate(("0", "150", "100")):
        account.sell(f"#{number}", status="pending")
        account.books.set_sale(number + 1, paid=Decimal(paid))
    found = account.adapter().sales_by_reference(["#0", "#1", "#2"])
    assert [(sale.status, sale.balance) for sale in found] == [
        (SaleStatus.INCOMPLETE, Decimal(balance)) for balance in (100, -50, 0)
    ]


def test_a_deleted_draft_is_seen_and_is_cancelled(account: LightspeedRAccount) -> None:
    account.sell("#1", status="pending")
    account.books.set_sale(1, archived=True)
    [sale] = account.adapter().sales_by_reference(["#1"])
    assert (sale.status, sale.raw_status) == (SaleStatus.CANCELLED, "archived")
    assert list(account.adapter().unfinished_sales()) == []


def test_lines_carry_the_code_that_is_linked_to_shopify(account: LightspeedRAccount) -> None:
    books = account.books
    mug = books.add_item("MUG-01", "Mug", upc="0123")
    own = books.add_item("", "Shopify Shipping")
    lines = [Line(item_id=item, qty=Decimal(2), unit_price=Decimal("9.99")) for item in (mug, own)]
    books.add_sale(reference="#1", lines=lines, total=Decimal("39.96"))
    for field, sku in (("customSku", "MUG-01"), ("upc", "0123"), ("systemSku", books.items.by_id[mug].system_sku)):
        [sale] = account.adapter(sku_field=field).sales_by_reference(["#1"])
        assert [(line.sku, line.quantity) for line in sale.lines or ()] == [(sku, 2), ("Shopify Shipping", 2)]


def test_a_refund_has_the_same_reference_and_less_than_nothing(account: LightspeedRAccount) -> None:
    account.sell("#1")
    account.give_back("#1")
    found = account.adapter().sales_by_reference(["#1"])
    assert [sale.kind for sale in found] == [SaleKind.SALE, SaleKind.REFUND]
    assert found[1].lines == ()


def test_the_employees_that_matter_and_no_others(account: LightspeedRAccount) -> None:
    books = account.books
    owner, assigned, seen, other = (books.add_employee(*name) for name in
        (("Ana", "Owner"), ("Shopify", "Sales"), ("Bo", "Till"), ("Cy", "Other")))  # fmt: skip
    books.owner_id = owner
    books.set_employee(assigned, archived=True)
    books.set_employee(seen, locked=True)
    wanted = SetUpQuestions(employee="shopify  sales", employee_ids=(str(seen), "99"))
    read = account.adapter().set_up(wanted)
    found = {one.employee_id: one for one in read.employees or ()}
    assert found.keys() == {str(owner), str(assigned), str(seen), "99"} and str(other) not in found
    assert found[str(owner)].owns_token and found[str(owner)].active
    assert found[str(assigned)].archived and not found[str(assigned)].active
    assert found[str(seen)].locked and found["99"].deleted
    assert from_json(SetUp, to_json(read)) == read


def test_a_large_staff_is_not_read_for_those_who_are_known_by_their_ids(account: LightspeedRAccount) -> None:
    seen = [str(account.books.add_employee("Till", f"{number}")) for number in range(250)][-1]
    pos = account.adapter()
    pos.set_up(SetUpQuestions())
    before = account.calls
    read = pos.set_up(SetUpQuestions(employee_ids=(seen,)))
    assert account.calls - before == 1
    assert [(one.name, one.sells) for one in read.employees or () if one.employee_id == seen] == [("Till 249", True)]
    named = pos.set_up(SetUpQuestions(employee="till 7"))
    assert "Till 7" in [one.name for one in named.employees or ()]


def test_shops_with_their_tills_and_ways_to_pay(account: LightspeedRAccount) -> None:
    account.books.add_shop("Main", registers=2)
    account.books.add_shop("Depot", registers=0)
    account.books.add_payment_type("Web", "ecom")
    read = account.adapter().set_up(SetUpQuestions())
    assert [(place.name, place.stations) for place in read.locations or ()] == [("Main", 2), ("Depot", 0)]
    assert read.payment_types == ("Web",)


def test_who_the_token_is(account: LightspeedRAccount) -> None:
    account.books.owner_id = account.books.add_employee("Ana", "Owner")
    account.books.add_shop("Main")
    identity = account.adapter(account_id="").identity()
    assert (identity.name, identity.account.split()[0]) == ("Ana Owner", "70123")
    assert [place.name for place in identity.locations] == ["Main"] and not identity.blind_spots


def test_a_cursor_is_never_followed_to_another_host(account: LightspeedRAccount) -> None:
    app = Flask("elsewhere")
    paths: list[str] = []

    @app.get("/API/V3/Account/70123/Sale.json")
    def page() -> dict[str, Any]:
        paths.append(request.args.get("after", ""))
        first = not request.args.get("after")
        leads = "https://elsewhere.example/API/V3/Account/70123/Sale.json?archived=true&after=WzFd"
        row = {"saleID": "1" if first else "2", "referenceNumber": "#1", "completed": "true", "total": "1"}
        return {"@attributes": {"next": leads if first else "", "previous": ""}, "Sale": row}

    with served(app) as url:
        found = account.adapter(base_url=url, auth_url=account.url).sales_by_reference(["#1"])
    assert [sale.sale_id for sale in found] == ["sale:1", "sale:2"] and paths == ["", "WzFd"]


def test_cursors_that_lead_in_a_circle_end(account: LightspeedRAccount) -> None:
    app = Flask("circle")

    @app.get("/API/V3/Account/70123/Sale.json")
    def page() -> dict[str, Any]:
        leads = "https://x/API/V3/Account/70123/Sale.json?after=WzFd"
        return {"@attributes": {"next": leads}, "Sale": {"saleID": "1", "completed": "true", "referenceNumber": "#1"}}

    with served(app) as url, pytest.raises(Untrustworthy, match="circle"):
        account.adapter(base_url=url, auth_url=account.url).sales_by_reference(["#1"])


# --- what nobody documents ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "value"), VARIANTS, ids=str)
def test_every_variant_reads_the_same(switch: str, value: Any) -> None:
    with lightspeed_r({switch: value}) as account:
        account.sell("#1001", total="100.00")
        account.sell("#1002", status="canceled")
        account.sell("#1003", status="pending", ago=90_000)
        account.add_item("OLD", active=False)
        account.books.owner_id = account.books.add_employee("Ana", "Owner")
        pos = account.adapter(account_id="")
        set_up = pos.set_up(SetUpQuestions(skus=("OLD", "MUG-99")))
        assert not set_up.unread
        assert {sku: [item.active for item in found] for sku, found in (set_up.items or {}).items()} == {
            "OLD": [False], "MUG-99": [True],
        }  # fmt: skip
        assert [one.name for one in set_up.employees or ()] == ["Ana Owner"]
        assert pos.identity().name == "Ana Owner"
        found = {sale.reference: sale for sale in pos.sales_by_reference(["#1001", "#1002", "#1003"])}
        assert {name: sale.status for name, sale in found.items()} == {
            "#1001": SaleStatus.COMPLETE, "#1002": SaleStatus.CANCELLED, "#1003": SaleStatus.INCOMPLETE,
        }  # fmt: skip
        assert all(sale.updated_at for sale in found.values())
        assert {sale.reference for sale in pos.sales_between(NOW - timedelta(hours=1), NOW)} == {"#1001", "#1002"}
        assert pos.with_lines(list(found.values())) == list(found.values())


@pytest.mark.parametrize("switch", CHOICES["in_on_strings"])
def test_asking_by_in_is_refused_or_works_and_is_never_an_empty_list(switch: str) -> None:
    with lightspeed_r({"in_on_strings": switch}) as account:
        account.sell('#10"01')
        pos = account.adapter(references_in=True)
        if switch == "refused":
            with pytest.raises(Rejected):
                pos.sales_by_reference(['#10"01'])
        else:
            assert len(pos.sales_by_reference(['#10"01'])) == 1


@pytest.mark.parametrize("reference", ["#10 01", "A|B=C", "50% off", "a&b", "1+1", "é#"])
def test_any_reference_can_be_asked_for(reference: str) -> None:
    with lightspeed_r() as account:
        account.sell(reference)
        account.sell("#2")
        assert [sale.reference for sale in account.adapter().sales_by_reference([reference, "#3"])] == [reference]


def test_a_record_in_other_capitals_is_no_absence() -> None:
    order = Order(order_id=1, name="S-1001", created_at=NOW - timedelta(hours=1), updated_at=NOW)
    shop = Shop(store="demo", domain="demo.myshopify.com")
    with lightspeed_r({"reference_case": "ignored"}) as account:
        made = account.sell("s-1001")
        seen = take(shop, account.adapter(), [order], now=NOW, learned={}, control="S-1001")
    assert ([sale.sale_id for sale in seen.sales[1]], seen.control_found) == ([made], True)


def test_an_edit_that_lowers_the_order_is_no_refund(account: LightspeedRAccount) -> None:
    account.books.add_sale(reference="#1-E001", lines=[], total=Decimal("-9.00"))
    [sale] = account.adapter().sales_by_reference(["#1-E001"])
    assert sale.kind is SaleKind.SALE


def test_a_second_reading_of_the_settings_costs_two_calls(account: LightspeedRAccount) -> None:
    account.add_item("MUG-01")
    account.books.owner_id = account.books.add_employee("Ana", "Owner")
    pos = account.adapter(sku_field="customSku")
    pos.set_up(SetUpQuestions(skus=("MUG-01",)))
    before = account.calls
    pos.set_up(SetUpQuestions(skus=("MUG-01",)))
    assert account.calls - before == 2  # the items, and the employees
