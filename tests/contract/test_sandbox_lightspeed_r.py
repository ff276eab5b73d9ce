"""The sandbox's R-Series account against the facts, over real HTTP and without the product's adapter."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.datastructures import MultiDict

from sandbox.lightspeed_r.bucket import cost_of
from sandbox.lightspeed_r.grants import TokenRefused
from sandbox.lightspeed_r.switches import Switches
from tests.contract.lightspeed_r_account import NOW, SECRET, LightspeedRAccount, lightspeed_r


class Caller:
    """A client with a token of its own."""

    def __init__(self, account: LightspeedRAccount) -> None:
        self.account = account
        self.session = requests.Session()
        self.session.trust_env = False
        self.pair: dict[str, Any] = {"refresh_token": SECRET}

    def refresh(self, refresh_token: str | None = None, **changes: object) -> requests.Response:
        body = {
            "client_id": "app", "client_secret": f"secret-{SECRET}", "grant_type": "refresh_token",
            "refresh_token": refresh_token or self.pair["refresh_token"], **changes,
        }  # fmt: skip
        return self.session.post(f"{self.account.url}/auth/oauth/token", json=body, timeout=10)

    def ask(self, path: str, token: str | None = None, **params: Any) -> requests.Response:
        if "access_token" not in self.pair:
            self.pair = self.refresh().json()
        where = f"{self.account.url}/API/{path}" if path.startswith("V3") or path == "Session.json" else ""
        return self.session.get(
            where or f"{self.account.url}/API/V3/Account/{self.account.books.account_id}/{path}.json", params=params,
            headers={"Authorization": f"Bearer {token or self.pair['access_token']}"}, timeout=10,
        )  # fmt: skip

    def references(self, **params: Any) -> list[str]:
        """The references of the sales on one page."""
        found = self.ask("Sale", **params).json().get("Sale", [])
        return [row["referenceNumber"] for row in (found if isinstance(found, list) else [found])]


@pytest.fixture
def caller() -> Iterator[Caller]:
    with lightspeed_r() as opened:
        yield Caller(opened)


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_refresh_gives_a_new_pair_and_the_old_token_dies_at_the_first_use(caller: Caller) -> None:
    first = caller.refresh(SECRET).json()
    assert first["expires_in"] == 3600 and first["refresh_token"] != SECRET
    assert caller.refresh(SECRET).status_code == 200  # its answer may have been lost: the old one is still good
    assert caller.ask("Sale", token=first["access_token"]).status_code == 200
    gone = caller.refresh(SECRET)
    assert (gone.status_code, gone.json()["error"]) == (400, "invalid_grant")
    assert caller.refresh(first["refresh_token"]).status_code == 200


def test_the_token_endpoint_refuses_what_is_wrong(caller: Caller) -> None:
    assert caller.refresh(SECRET, client_secret="wrong").json()["error"] == "invalid_client"
    assert caller.refresh(SECRET, scope="employee:all").json()["error"] == "invalid_scope"
    assert caller.refresh(SECRET, grant_type="password").json()["error"] == "invalid_request"


def test_a_code_is_good_once_for_a_minute_and_with_its_proof(caller: Caller) -> None:
    grants = caller.account.books.grants
    asked = {"client_id": "app", "response_type": "code", "scope": "employee:register_read", "state": "s"}
    challenged = asked | {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}  # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    client = ("app", f"secret-{SECRET}")
    for query, proof, later, good in (
        (asked, "", 0, True), (challenged, verifier, 0, True), (challenged, "", 0, False), (asked, "", 61, False),
    ):  # fmt: skip
        back = grants.approve(query, NOW)
        assert back
        code, at = parse_qs(urlsplit(back).query)["code"][0], NOW + timedelta(seconds=later)
        if good:
            assert grants.exchange(*client, code, proof, at, 60).access
        with pytest.raises(TokenRefused):
            grants.exchange(*client, code, proof, at, 60)
    assert grants.approve(asked | {"client_id": "another"}, NOW) is None


def test_five_refreshes_a_minute_are_the_most(caller: Caller) -> None:
    assert [caller.refresh(SECRET).status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_token_ends_with_its_time_and_with_a_locked_owner(caller: Caller) -> None:
    owner = caller.account.books.add_employee("Ana", "Owner")
    caller.account.books.owner_id = owner
    assert caller.ask("Sale").status_code == 200
    caller.account.books.set_employee(owner, locked=True)
    assert caller.ask("Sale").json()["error"] == "access_denied"
    caller.account.books.set_employee(owner, locked=False)
    caller.account.clock.advance(timedelta(hours=1))
    assert caller.ask("Sale").json()["hint"] == "Access token could not be verified"


@pytest.mark.parametrize(("switch", "status"), [("refused", 401), ("works", 200)])
def test_what_an_archived_owner_does_to_a_token_is_a_switch(switch: str, status: int) -> None:
    with lightspeed_r({"archived_owner": switch}) as account:
        caller = Caller(account)
        account.books.owner_id = account.books.add_employee("Ana", "Owner")
        account.books.set_employee(account.books.owner_id, archived=True)
        assert caller.ask("Sale").status_code == status


# --- shapes ---------------------------------------------------------------------------------------------------------


def test_every_scalar_is_a_string_and_one_is_an_object(caller: Caller) -> None:
    caller.account.sell("#1", total="54.50")
    body = caller.ask("Sale").json()
    row = body["Sale"]
    assert body["@attributes"] == {"next": "", "previous": ""}
    assert (row["saleID"], row["completed"], row["total"], row["balance"]) == ("1", "true", "54.5", "0")
    assert all(isinstance(value, str) for value in row.values())
    assert "SaleLines" not in row
    lined = caller.ask("Sale", load_relations='["SaleLines","SaleLines.Item"]').json()["Sale"]
    assert lined["SaleLines"]["SaleLine"]["Item"]["customSku"] == "MUG-99"
    caller.account.sell("#2")
    assert isinstance(caller.ask("Sale").json()["Sale"], list)


def test_no_hits_have_no_key(caller: Caller) -> None:
    assert caller.ask("Sale").json() == {"@attributes": {"next": "", "previous": ""}}


def test_a_draft_has_no_completion_time(caller: Caller) -> None:
    caller.account.sell("#1", status="pending")
    assert "completeTime" not in caller.ask("Sale").json()["Sale"]


def test_an_error_is_json_sent_as_html(caller: Caller) -> None:
    answer = caller.ask("Employee/9")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json() == {
        "httpCode": "404", "httpMessage": "Not Found", "errorClass": "Exception",
        "message": "Object of type 'Employee' not found with primary ID '9'.",
    }  # fmt: skip


def test_who_the_token_is(caller: Caller) -> None:
    caller.account.books.owner_id = caller.account.books.add_employee("Ana", "Owner")
    for path in ("Session.json", "V3/Session.json"):
        body = caller.ask(path).json()
        assert (body["systemCustomerID"], body["employeeID"]) == ("70123", "1")
    assert caller.ask("V3/Account.json").json()["Account"]["accountID"] == "70123"


# --- questions ------------------------------------------------------------------------------------------------------


def test_references_by_or_in_one_call(caller: Caller) -> None:
    for number in range(4):
        caller.account.sell(f"#{number}")
    caller.account.sell("A|B")
    assert caller.references(**{"or": "referenceNumber=#1|referenceNumber=%233"}) == ["#1", "#3"]
    assert caller.references(**{"or": "referenceNumber=A%7CB"}) == ["A|B"]


@pytest.mark.parametrize(("switch", "status"), [("refused", 400), ("works", 200)])
def test_whether_in_takes_text_is_a_switch(switch: str, status: int) -> None:
    with lightspeed_r({"in_on_strings": switch}) as account:
        account.sell("#1")
        answer = Caller(account).ask("Sale", referenceNumber='IN,["#1"]')
        assert answer.status_code == status
        assert (answer.json().get("Sale") or {}).get("referenceNumber") == ("#1" if status == 200 else None)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"saleID": "IN,[1,3]"}, ["#0", "#2"]),
        ({"saleID": "><,2,3"}, ["#1", "#2"]),
        ({"total": ">,100"}, ["#3"]),
        ({"completed": "false"}, ["#1"]),
        ({"referenceNumber": "~,#%"}, ["#0", "#1", "#2", "#3"]),
        ({"referenceNumber": "!=,#0", "sort": "-saleID"}, ["#3", "#2", "#1"]),
        ({"timeStamp": ">=,2026-11-02T11:59:00-0000"}, ["#2", "#3"]),
    ],
)
def test_operators(caller: Caller, question: dict[str, str], found: list[str]) -> None:
    for number, (ago, total, status) in enumerate(
        [(7200, "1", "complete"), (7200, "2", "pending"), (60, "3", "complete"), (30, "400", "complete")]
    ):
        caller.account.sell(f"#{number}", ago=ago, total=total, status=status)
    assert caller.references(**question) == found


@pytest.mark.parametrize(
    "question",
    [
        {"colour": "red"}, {"saleID": "first"}, {"sort": "total"}, {"limit": "101"}, {"archived": "1"},
        {"load_relations": "SaleLines"}, {"count": "1", "limit": "5"}, {"or": "referenceNumber"},
        {"timeStamp": ">=,yesterday"}, {"after": "made-up"},
    ],
)  # fmt: skip
def test_what_no_page_documents_is_refused(caller: Caller, question: dict[str, str]) -> None:
    assert caller.ask("Sale", **question).status_code == 400


def test_archived_records_are_hidden_until_they_are_asked_for(caller: Caller) -> None:
    caller.account.sell("#1", status="pending")
    caller.account.sell("#2")
    caller.account.books.set_sale(1, archived=True)
    assert caller.references() == ["#2"]
    assert caller.references(archived="true") == ["#1", "#2"]
    assert caller.references(archived="only") == ["#1"]
    with pytest.raises(ValueError, match="completed"):
        caller.account.books.set_sale(2, archived=True)


def test_a_count_alone(caller: Caller) -> None:
    for number in range(3):
        caller.account.sell(f"#{number}")
    assert caller.ask("Sale", count="1").json() == {"@attributes": {"count": "3"}}


def test_cursors_lead_through_everything_and_back(caller: Caller) -> None:
    for number in range(250):
        caller.account.sell(f"#{number}", ago=250 - number)
    seen: list[str] = []
    answer = caller.ask("Sale", sort="timeStamp", archived="true")
    while True:
        body = answer.json()
        seen += [row["referenceNumber"] for row in body["Sale"]]
        if not body["@attributes"]["next"]:
            break
        assert "archived=true" in body["@attributes"]["next"] and "limit=100" in body["@attributes"]["next"]
        answer = caller.session.get(body["@attributes"]["next"], headers=answer.request.headers, timeout=10)
    assert seen == [f"#{number}" for number in range(250)]
    back = caller.session.get(body["@attributes"]["previous"], headers=answer.request.headers, timeout=10).json()
    assert [row["referenceNumber"] for row in back["Sale"]] == seen[100:200]


def test_only_reading_is_known(caller: Caller) -> None:
    caller.ask("Sale")
    headers = {"Authorization": f"Bearer {caller.pair['access_token']}"}
    url = f"{caller.account.url}/API/V3/Account/70123/Sale/1.json"
    assert caller.session.put(url, json={"completed": True}, headers=headers, timeout=10).status_code == 405


# --- limits ---------------------------------------------------------------------------------------------------------


def test_the_headers_say_how_full_the_bucket_is(caller: Caller) -> None:
    caller.account.books.add_shop("Main", registers=2)
    headers = caller.ask("Sale", load_relations='["SaleLines"]').headers
    assert headers["X-LS-Api-Bucket-Level"] == "1.4/100"
    assert (headers["X-LS-Api-Drip-Rate"], headers["X-LS-Api-Request-Cost"]) == ("1.5", "1.4")
    caller.account.clock.advance(timedelta(seconds=10))
    assert caller.ask("Sale").headers["X-LS-Api-Bucket-Level"] == "1/100"


def test_the_first_request_that_overflows_passes_and_the_next_is_refused(caller: Caller) -> None:
    bucket = caller.account.books.bucket
    bucket.bursts = False
    statuses = [caller.ask("Sale", count="1").status_code for _ in range(10)]
    assert statuses == [200] * 9 + [429]
    bucket.level = 92.5
    refused = caller.ask("Sale")
    assert (refused.headers["X-LS-Api-RateLimit-Type"], refused.headers["Retry-After"]) == ("api-leaky-bucket", "3")


def test_too_many_requests_in_one_second(caller: Caller) -> None:
    statuses = [caller.ask("Sale") for _ in range(21)]
    assert [answer.status_code for answer in statuses] == [200] * 20 + [429]
    assert statuses[-1].headers["X-LS-Api-RateLimit-Type"] == "api-burst-limiter"
    assert "burst rate limit exceeded" in statuses[-1].text
    caller.account.clock.advance(timedelta(seconds=1))
    assert caller.ask("Sale").status_code == 200


@pytest.mark.parametrize(
    ("args", "loaded", "single", "cost"),
    [
        ({}, [], False, 1),
        ({}, ["SaleLines"], True, 1.2),
        ({}, ["SaleLines"], False, 1.4),
        ({}, ["SaleLines", "SaleLines.Item"], False, 1.6),
        ({"count": "1"}, [], False, 10),
        ({"or": "referenceNumber=1|referenceNumber=2|referenceNumber=3"}, [], False, 1),
        ({"or": "upc=1|ean=1"}, [], False, 3),
        ({"or": "total=>,1|balance=>,1"}, [], False, 12),
    ],
)
def test_costs(args: dict[str, str], loaded: list[str], single: bool, cost: float) -> None:
    assert cost_of(MultiDict(args), loaded, single=single) == cost


# --- what nobody documents ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["refused", "accepted", "left_incomplete"])
def test_what_becomes_of_a_sale_by_an_archived_employee_is_a_switch(switch: str) -> None:
    with lightspeed_r({"archived_poster": switch}) as account:
        seller = account.books.add_employee("Shopify", "Sales")
        account.books.set_employee(seller, archived=True)

        def write() -> int:
            return account.books.add_sale(reference="#1", lines=[], total=Decimal(5), employee_id=seller)

        if switch == "refused":
            with pytest.raises(ValueError):
                write()
            assert Caller(account).references() == []
            return
        write()
        row = Caller(account).ask("Sale").json()["Sale"]
        assert row["completed"] == ("true" if switch == "accepted" else "false")


def test_a_sale_that_does_not_balance_is_not_completed(caller: Caller) -> None:
    caller.account.sell("#1", status="pending")
    caller.account.books.set_sale(1, paid=caller.account.books.sales.by_id[1].total - 1)
    with pytest.raises(ValueError, match="balance"):
        caller.account.books.set_sale(1, completed=True)


def test_unknown_switches_and_values_are_refused() -> None:
    for wrong in ({"no_such": 1}, {"archived_poster": "maybe"}, {"token_lives_s": 0}):
        with pytest.raises(ValueError):
            Switches.from_dict(wrong)
