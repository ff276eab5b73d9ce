"""What the loop relies on, asked of every adapter in the registry over real HTTP. A new POS joins with one opener."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconcile.errors import ReconcilerError, Rejected, Retryable, Throttled, Unauthorised, Unsupported, Untrustworthy
from reconcile.model import SaleKind, SaleStatus, SetUpQuestions
from reconcile.pos.base import Capability, Metered, Wired
from reconcile.pos.registry import ADAPTERS
from tests.contract.accounts import NOW, OPENERS, TOKEN, Account

MOST_CALLS = {1: 2, 100: 2, 1_000: 20}  # orders → requests: the floor is ten a thousand for each of two collections


@pytest.fixture(params=sorted(ADAPTERS))
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with OPENERS[request.param]() as opened:
        yield opened


def test_finds_every_record_of_a_reference(account: Account) -> None:
    sold = {account.sell("#1001"), account.sell("#1001"), account.sell("#1001-E001")}
    returned = account.give_back("#1001")
    account.sell("#10011")
    found = account.adapter().sales_by_reference(["#1001", "1001", "#1001-E001"])
    assert {sale.sale_id for sale in found} == {*sold, returned}
    assert {sale.sale_id for sale in found if sale.kind is SaleKind.REFUND} == {returned}


def test_absent_is_an_empty_list(account: Account) -> None:
    account.sell("#1001")
    assert account.adapter().sales_by_reference(["#2001"]) == []
    assert account.adapter().sales_by_reference([]) == []


@pytest.mark.parametrize("orders", MOST_CALLS)
def test_stays_within_its_budget_of_calls(account: Account, orders: int) -> None:
    references = [f"#{number}" for number in range(1001, 1001 + orders)]
    for reference in references:
        account.sell(reference)
    found = account.adapter().sales_by_reference(references)
    assert {sale.reference for sale in found} == set(references)
    assert account.calls <= MOST_CALLS[orders]


def test_pages_past_the_first_page(account: Account) -> None:
    for number in range(1201):
        account.sell(f"#{number}", status="pending")
    assert len({sale.reference for sale in account.adapter().unfinished_sales()}) == 1201


def test_money_is_kept_to_the_cent(account: Account) -> None:
    account.sell("#1001", total="1234567.89")
    account.sell("#1002", total="0.10")
    account.give_back("#1001", "-0.29")
    found = account.adapter().sales_by_reference(["#1001", "#1002"])
    assert sorted(sale.total for sale in found if sale.total is not None) == [
        Decimal("-0.29"), Decimal("0.10"), Decimal("1234567.89"),
    ]  # fmt: skip


def test_an_unknown_word_is_unknown_and_kept(account: Account) -> None:
    account.sell("#1001")
    account.unknown_word("#1001", "Awaiting Frobnication")
    [sale] = account.adapter().sales_by_reference(["#1001"])
    assert (sale.status, sale.raw_status) == (SaleStatus.UNKNOWN, "Awaiting Frobnication")


def test_records_between_two_moments(account: Account) -> None:
    account.sell("#1001", ago=7200)
    wanted = account.sell(None, ago=1800)
    account.sell("#1003", ago=0)
    found = account.adapter().sales_between(NOW - timedelta(hours=1), NOW - timedelta(minutes=1))
    assert [sale.sale_id for sale in found] == [wanted]


def test_reads_the_set_up(account: Account) -> None:
    account.require_field("Gift note")
    account.add_item("MUG-01")
    account.add_item("TWICE")
    account.add_item("TWICE")
    account.add_item("OLD", active=False)
    pos = account.adapter()
    read = pos.set_up(SetUpQuestions(skus=("MUG-01", "TWICE", "OLD", "NONE")))
    assert not read.unread
    fields = ["Gift note"] if Capability.REQUIRED_FIELDS in pos.capabilities else None
    assert (read.required_fields and [field.name for field in read.required_fields]) == fields
    items = read.items or {}
    assert {sku: [item.active for item in found] for sku, found in items.items()} == {
        "MUG-01": [True], "TWICE": [True, True], "OLD": [False], "NONE": [],
    }  # fmt: skip


READS: dict[str, Any] = {
    "sales_by_reference": lambda pos: pos.sales_by_reference(["#1001"]),
    "unfinished_sales": lambda pos: list(pos.unfinished_sales()),
    "sales_between": lambda pos: list(pos.sales_between(NOW - timedelta(hours=1), NOW)),
}
BAD_DAYS: dict[str, type[ReconcilerError]] = {
    "401": Unauthorised,
    "403": Unauthorised,
    "429": Throttled,
    "429_bare": Throttled,
    "503": Throttled,
    "500": Retryable,
    "down": Retryable,
    "html_200": Untrustworthy,
    "half_body": Retryable,
    "not_json": Untrustworthy,
    "empty_wrong_total": Untrustworthy,
    "ignores_filter": Untrustworthy,
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("how", BAD_DAYS)
def test_a_bad_day_is_an_error_and_never_an_empty_list(
    account: Account, how: str, read: str, caplog: pytest.LogCaptureFixture
) -> None:
    account.sell("#2002", ago=90_000)
    account.misbehave(how)
    with caplog.at_level(logging.DEBUG), pytest.raises(ReconcilerError) as raised:
        READS[read](account.adapter())
    assert isinstance(raised.value, BAD_DAYS[how]), raised.value
    assert TOKEN not in caplog.text + str(raised.value)


def test_says_how_long_to_wait_when_told(account: Account) -> None:
    account.misbehave("429")
    with pytest.raises(Throttled) as raised:
        account.adapter().sales_by_reference(["#1001"])
    assert raised.value.after == timedelta(seconds=7)


def test_a_refused_part_of_the_set_up_hides_no_other(account: Account) -> None:
    account.misbehave("403")
    with pytest.raises(Unauthorised):
        account.adapter().identity()
    assert account.adapter().set_up(SetUpQuestions()).unread


def test_nothing_listens(account: Account) -> None:
    with pytest.raises(Retryable):
        account.adapter(url="http://127.0.0.1:9").sales_by_reference(["#1001"])


@pytest.mark.parametrize("read", READS)
def test_what_is_not_there_is_refused_and_never_an_empty_list(account: Account, read: str) -> None:
    account.sell("#1001")
    adapter = account.adapter(url=f"{account.url}/elsewhere", auth_url=account.url)
    with pytest.raises(Rejected) as raised:
        READS[read](adapter)
    assert raised.value.status == 404


def test_what_is_not_declared_raises_before_any_request(account: Account) -> None:
    adapter = account.adapter()
    adapter.capabilities = frozenset()
    for read in ("unfinished_sales", "sales_between"):
        with pytest.raises(Unsupported):
            READS[read](adapter)
    assert account.calls == 0


def test_capabilities_are_words_of_the_catalogue(account: Account) -> None:
    assert account.adapter().capabilities <= frozenset(Capability)


def test_each_time_that_it_asks_to_slow_down_is_counted(account: Account) -> None:
    adapter = account.adapter()
    assert isinstance(adapter, Wired) and adapter.http.slowed == 0
    account.misbehave("429")
    with pytest.raises(Throttled):
        adapter.identity()
    assert adapter.http.slowed == 1


def test_a_vendor_that_says_what_is_left_is_believed(account: Account) -> None:
    adapter = account.adapter()
    if not isinstance(adapter, Metered):
        pytest.skip("this vendor says nothing of limits")
    assert adapter.budget_left() is None
    adapter.identity()
    left = adapter.budget_left()
    assert left is not None
    assert 0 < left < 1
