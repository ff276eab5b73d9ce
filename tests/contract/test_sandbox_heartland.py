"""The sandbox's Heartland account against the facts, over real HTTP and without the product's adapter."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.accounts import TOKEN, HeartlandAccount, heartland


@pytest.fixture
def account() -> Iterator[HeartlandAccount]:
    with heartland() as opened:
        yield opened


def ask(account: HeartlandAccount, path: str, token: str = TOKEN, **params: Any) -> requests.Response:
    named = {key.replace("include", "_include[]").replace("sort", "sort[]"): value for key, value in params.items()}
    if "filter" in named:
        named["_filter"] = json.dumps(named.pop("filter"))
    session = requests.Session()
    session.trust_env = False
    return session.get(
        f"{account.url}/api/{path}", params=named, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def test_a_wrong_token_is_refused_before_anything_else(account: HeartlandAccount) -> None:
    assert ask(account, "sales/orders", token="wrong").status_code == 401
    assert ask(account, "no/such/path", token="wrong").status_code == 401


def test_a_collection_counts_all_that_match_and_gives_a_page(account: HeartlandAccount) -> None:
    for number in range(45):
        account.sell(f"#{number}")
    body = ask(account, "sales/orders", per_page=20, page=3).json()
    assert (body["total"], body["pages"], len(body["results"])) == (45, 3, 5)
    assert len(ask(account, "sales/orders", per_page="all").json()["results"]) == 45
    assert ask(account, "sales/orders", page=9, per_page=20).json()["results"] == []


@pytest.mark.parametrize(
    "where",
    [
        {"public_id": {"$in": ["#1", "#2"]}},
        [{"public_id": {"$in": ["#1", "#2"]}}, {"status": "complete"}],
        {"$or": [{"public_id": "#1"}, {"public_id": "#2"}]},
        {"public_id": {"$in": ["#1", "#2"]}, "id": {"$gt": 0}},
    ],
)
def test_filters_in_every_form_that_was_seen(account: HeartlandAccount, where: Any) -> None:
    for number in range(4):
        account.sell(f"#{number}")
    found = ask(account, "sales/orders", filter=where, sort="id,desc").json()["results"]
    assert [row["public_id"] for row in found] == ["#2", "#1"]


@pytest.mark.parametrize("where", [{"colour": "red"}, {"public_id": {"$like": "#*"}}, {"public_id": {"$in": "#1"}}])
def test_what_the_account_does_not_know_is_refused_not_ignored(account: HeartlandAccount, where: Any) -> None:
    answer = ask(account, "sales/orders", filter=where)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_lines_come_along_when_they_are_asked_for(account: HeartlandAccount) -> None:
    account.sell("#1")
    assert "lines" not in ask(account, "sales/orders").json()["results"][0]
    [row] = ask(account, "sales/orders", include="lines").json()["results"]
    assert [line["item_public_id"] for line in row["lines"]] == ["MUG-01"]
    [line] = ask(account, f"sales/orders/{row['id']}/lines").json()["results"]
    assert line == row["lines"][0]


def test_a_return_is_a_ticket_of_its_own(account: HeartlandAccount) -> None:
    account.sell("#1")
    account.give_back("#1", "-20.00")
    assert ask(account, "sales/orders").json()["total"] == 1
    [ticket] = ask(account, "sales/tickets", filter={"public_id": "#1"}).json()["results"]
    assert (ticket["type"], ticket["total"]) == ("Return", -20.0)


def test_only_an_invoice_completes_an_order(account: HeartlandAccount) -> None:
    account.sell("#1", status="open")
    account.sell("#2", status="complete")
    invoices = ask(account, "sales/invoices").json()["results"]
    orders = {row["id"]: row["public_id"] for row in ask(account, "sales/orders").json()["results"]}
    assert [orders[invoice["order_id"]] for invoice in invoices] == ["#2"]


def test_nothing_can_be_written_over_http(account: HeartlandAccount) -> None:
    session = requests.Session()
    session.trust_env = False
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = session.post(f"{account.url}/api/sales/orders", json={"public_id": "#1"}, headers=headers, timeout=10)
    assert answer.status_code in (404, 405)
    assert account.books.all_orders() == []
