"""The sandbox's X-Series account against the facts, over real HTTP and without the product's adapter."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from sandbox.lightspeed_x.books import LightspeedXBooks, Line, RegisterClosed, Switches, UserRefused
from sandbox.lightspeed_x.grants import TokenRefused
from tests.contract.lightspeed_x_account import NOW, SECRET, LightspeedXAccount, lightspeed_x

HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> Iterator[LightspeedXAccount]:
    with lightspeed_x() as opened:
        yield opened


def ask(account: LightspeedXAccount, path: str, token: str = SECRET, **params: Any) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    return session.get(
        f"{account.url}/api/{path}", params=params, headers={"Authorization": f"Bearer {token}"}, timeout=10
    )


def send(account: LightspeedXAccount, path: str, **body: Any) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    return session.post(f"{account.url}/api/{path}", headers={"Authorization": f"Bearer {SECRET}"}, timeout=10, **body)


# --- access and limits ----------------------------------------------------------------------------------------------


def test_a_wrong_token_is_refused_before_anything_else(account: LightspeedXAccount) -> None:
    answer = ask(account, "2.0/sales", token="wrong")
    assert (answer.status_code, answer.json()) == (401, {"error": "Access token is not valid"})
    assert ask(account, "2.0/no/such/path", token="wrong").status_code == 401


def test_deleting_a_user_ends_the_users_tokens(account: LightspeedXAccount) -> None:
    assert account.books.owner_id is not None
    account.books.set_user(account.books.owner_id, deleted_at=NOW)
    assert ask(account, "2.0/sales").status_code == 401


def refresh(account: LightspeedXAccount, token: str, **body: Any) -> requests.Response:
    given = {
        "client_id": "app", "client_secret": f"secret-{SECRET}", "refresh_token": token, "grant_type": "refresh_token",
    }  # fmt: skip
    return send(account, "1.0/token", **(body or {"data": given}))


def test_a_refresh_gives_a_new_pair_and_revokes_the_old_one(account: LightspeedXAccount) -> None:
    pair = refresh(account, SECRET).json()
    assert (pair["expires_in"], pair["domain_prefix"]) == (86_400, "demo-shop")
    assert ask(account, "2.0/sales", token=pair["access_token"]).status_code == 200
    again = refresh(account, pair["refresh_token"]).json()
    assert ask(account, "2.0/sales", token=pair["access_token"]).status_code == 401
    assert refresh(account, SECRET).json() == {"error": "invalid_grant"}
    assert again["refresh_token"] != pair["refresh_token"]


def test_a_token_request_is_a_form(account: LightspeedXAccount) -> None:
    assert refresh(account, SECRET, json={"refresh_token": SECRET}).status_code == 400


def test_three_hundred_calls_a_register_and_fifty_in_five_minutes(account: LightspeedXAccount) -> None:
    account.books.add_outlet("Main Store", registers=2)
    first = ask(account, "2.0/sales")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("650", "649")
    account.books.limit.used = 650
    account.clock.advance(timedelta(minutes=2))
    refused = ask(account, "2.0/sales")
    body = {"error": "Too Many Requests", "message": "Rate limiting enforced"}
    assert (refused.status_code, refused.json()) == (429, body)
    again_at = parsedate_to_datetime(refused.headers["Retry-After"])
    assert NOW + timedelta(minutes=5) <= again_at <= NOW + timedelta(minutes=5, seconds=2)
    account.clock.advance(timedelta(minutes=3, seconds=1))
    assert ask(account, "2.0/sales").status_code == 200


# --- feeds ----------------------------------------------------------------------------------------------------------


def versions(rows: list[dict[str, Any]]) -> list[int]:
    return [row.get("version") or row["_metadata"]["version"] for row in rows]


@pytest.mark.parametrize("version", ["2.0", "2026-07", "2026-01"])
def test_a_feed_gives_what_changed_after_a_version_in_pages(account: LightspeedXAccount, version: str) -> None:
    for number in range(5):
        account.sell(f"#{number}")
    first = ask(account, f"{version}/sales", page_size=3, after=0).json()
    assert versions(first["data"]) == sorted(versions(first["data"]))
    assert first["version"] == {"min": versions(first["data"])[0], "max": versions(first["data"])[-1]}
    second = ask(account, f"{version}/sales", page_size=3, after=first["version"]["max"]).json()
    assert [row["invoice_number"] for row in [*first["data"], *second["data"]]] == [f"#{n}" for n in range(5)]
    end = ask(account, f"{version}/sales", after=second["version"]["max"]).json()
    assert end == {"data": [], "version": {"min": None, "max": None}}


def test_every_change_moves_a_sale_to_the_end_of_the_feed(account: LightspeedXAccount) -> None:
    first, second = account.sell("#1"), account.sell("#2")
    seen = ask(account, "2026-07/sales").json()["version"]["max"]
    account.books.set_sale(first.removeprefix("sale:"), state="voided")
    [row] = ask(account, "2026-07/sales", after=seen).json()["data"]
    assert (row["id"], row["state"]) == (first.removeprefix("sale:"), "voided")
    assert [r["id"] for r in ask(account, "2026-07/sales").json()["data"]] == [
        second.removeprefix("sale:"), first.removeprefix("sale:"),
    ]  # fmt: skip


def test_a_deleted_sale_comes_along_with_the_time_of_its_deletion(account: LightspeedXAccount) -> None:
    sale = account.sell("#1").removeprefix("sale:")
    account.books.delete_sale(sale)
    assert ask(account, "2.0/sales").json()["data"][0]["deleted_at"] == NOW.isoformat()
    account.books.switches = Switches(deleted_sales_listed=False)
    assert ask(account, "2.0/sales").json()["data"] == []


def test_no_filter_on_a_reference_or_a_source_exists(account: LightspeedXAccount) -> None:
    for name in ("invoice_number", "source_id", "source", "deleted", "date_from"):
        assert ask(account, "2026-07/sales", **{name: "1"}).status_code == 400


def test_the_two_shapes_of_one_sale(account: LightspeedXAccount) -> None:
    mug = account.books.add_product("MUG-01", "Mug")
    line = Line(product_id=mug, qty=Decimal(2), unit_price=Decimal("4.30435"), unit_tax=Decimal("0.5"))
    account.books.add_sale(
        invoice_number="#1040", lines=[line], total=Decimal("9.61"), tax=Decimal("1.00"), state="pending",
        attributes=["delivery"], source="SHOPIFY", source_id="5990011223344",
    )  # fmt: skip
    [flat] = ask(account, "2.0/sales").json()["data"]
    assert (flat["state"], flat["attributes"], flat["status"]) == ("pending", ["delivery"], "AWAITING_DISPATCH")
    assert (flat["total_price"], flat["total_tax"], flat["source_id"]) == (8.61, 1, "5990011223344")
    assert (flat["line_items"][0]["product_id"], flat["line_items"][0]["price"]) == (mug, 4.30435)
    [nested] = ask(account, "2026-07/sales").json()["data"]
    assert (nested["totals"]["price_incl_tax"], nested["totals"]["tax"]) == (9.61, 1)
    assert (nested["source"]["type"], nested["source"]["id"]) == ("SHOPIFY", "5990011223344")
    assert nested["line_items"][0]["product"] == {"id": mug}
    assert nested["_metadata"]["version"] == flat["version"]


def test_deleted_outlets_and_products_are_shown_when_asked_for(account: LightspeedXAccount) -> None:
    account.books.add_product("OLD", "Old", active=False)
    product = account.books.products.keyed("OLD")[0]
    assert [row["active"] for row in ask(account, "2.0/products").json()["data"]] == [False]
    assert product.deleted_at is None
    assert ask(account, "2.0/users", deleted="true").status_code == 400  # documented as absent there


# --- search ---------------------------------------------------------------------------------------------------------


def found(account: LightspeedXAccount, **params: Any) -> list[str]:
    rows = ask(account, "2.0/search", type="sales", **params).json()["data"]
    return [row["invoice_number"] for row in rows]


def test_search_gives_windows_of_the_sale_date_by_offset(account: LightspeedXAccount) -> None:
    for hours in range(5):
        account.sell(f"#{hours}", ago=hours * 3600)
    window = {"date_from": (NOW - 3 * HOUR).isoformat(), "date_to": (NOW - HOUR).isoformat()}
    assert found(account, **window) == ["#3", "#2", "#1"]
    assert found(account, **window, page_size=2, offset=2) == ["#1"]


def test_search_by_states_that_repeat(account: LightspeedXAccount) -> None:
    account.sell("#1", status="pending")
    account.sell("#2", status="open", attributes=("pickup",))
    account.sell("#3")
    assert sorted(found(account, state=["parked", "pending"])) == ["#1", "#2"]


def test_search_knows_a_change_only_after_its_lag(account: LightspeedXAccount) -> None:
    account.books.switches = Switches(search_lag_s=90)
    account.sell("#1", ago=0)
    assert found(account) == []
    account.clock.advance(timedelta(seconds=90))
    assert found(account) == ["#1"]


def test_search_may_cut_a_number_into_words(account: LightspeedXAccount) -> None:
    account.sell("MR-1484-NZ")
    assert found(account, invoice_number="MR-1484-NZ") == ["MR-1484-NZ"]
    assert found(account, invoice_number="1484") == []
    account.books.switches = Switches(search_words="tokens")
    assert found(account, invoice_number="1484") == ["MR-1484-NZ"]


def test_product_search_wants_lower_case_and_finds_no_hyphen(account: LightspeedXAccount) -> None:
    account.books.add_product("Mug01", "Mug")
    account.books.add_product("mug-02", "Mug")

    def skus(sku: str) -> list[str]:
        return [row["sku"] for row in ask(account, "2.0/search", type="products", sku=sku).json()["data"]]

    assert (skus("mug01"), skus("Mug01"), skus("mug-02")) == (["Mug01"], [], [])


# --- users ----------------------------------------------------------------------------------------------------------


def test_users_say_whether_they_are_enabled_or_marked_for_deletion(account: LightspeedXAccount) -> None:
    user = account.books.add_user("Online Orders")
    account.books.set_user(user, enabled=False)
    [own] = ask(account, "2026-07/user").json()["data"]
    assert (own["display_name"], own["enabled"], own["deleted_at"]) == ("Ana Owner", True, None)
    assert not {"is_active"} & own.keys()
    account.books.set_user(user, deleted_at=NOW)
    [row] = ask(account, f"2026-07/users/{user}").json()["data"]
    assert (row["enabled"], row["time_until_deletion"]) == (False, "14 days")


def test_many_users_at_once_in_the_shape_of_each_generation(account: LightspeedXAccount) -> None:
    user = account.books.add_user("Online Orders")
    for path, body in (("2.0/users/bulk", {"user_ids": [user]}), ("2026-07/users/bulk", [user])):
        assert [row["id"] for row in send(account, path, json=body).json()["data"]] == [user]
    assert send(account, "2.0/users/bulk", json=[user]).status_code == 400
    assert send(account, "2026-07/users/bulk", json={"user_ids": [user]}).status_code == 400


def test_a_purged_user_is_not_found(account: LightspeedXAccount) -> None:
    user = account.books.add_user("Gone")
    account.books.set_user(user, deleted_at=NOW, purged=True)
    answer = ask(account, f"2.0/users/{user}")
    assert (answer.status_code, answer.json()) == (404, {"error": "user not found"})
    assert send(account, "2026-07/users/bulk", json=[user]).json()["data"] == []


# --- the books ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "state"), [("accepted", "closed"), ("left_parked", "parked")])
def test_what_a_disabled_user_does_to_a_sale(switch: str, state: str) -> None:
    books = LightspeedXBooks(Switches(disabled_poster=switch))
    user = books.add_user("Online Orders")
    books.set_user(user, enabled=False)
    sale = books.add_sale(invoice_number="#1", lines=[], total=Decimal(1), user_id=user)
    assert books.sales.by_id[sale].state == state


def test_a_sale_may_be_refused() -> None:
    books = LightspeedXBooks(Switches(closed_register="refused"))
    user, outlet = books.add_user("Online Orders"), books.add_outlet("Main Store")
    books.set_user(user, deleted_at=NOW)
    with pytest.raises(UserRefused):
        books.add_sale(invoice_number="#1", lines=[], total=Decimal(1), user_id=user)
    books.set_registers(outlet, open=False)
    with pytest.raises(RegisterClosed):
        books.add_sale(invoice_number="#1", lines=[], total=Decimal(1), outlet_id=outlet)
    with pytest.raises(ValueError, match="exclude"):
        books.add_sale(invoice_number="#1", lines=[], total=Decimal(1), attributes=["pickup", "delivery"])
    assert not books.sales.by_id


@pytest.mark.parametrize("given", [{"colour": "red"}, {"money": "gold"}, {"page_size_most": 0}, {"search_lag_s": True}])
def test_a_switch_that_nobody_named_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        Switches.from_dict(given)


def test_nothing_can_be_written_over_http(account: LightspeedXAccount) -> None:
    answer = send(account, "2026-07/sales", json={"state": "closed"})
    assert answer.status_code in (404, 405)
    assert not account.books.sales.by_id


def test_a_code_is_good_once_and_only_for_the_way_back_that_was_named(account: LightspeedXAccount) -> None:
    grants, client = account.books.grants, ("app", f"secret-{SECRET}")
    asked = {"client_id": "app", "response_type": "code", "redirect_uri": "https://a.example/b", "state": "12345678"}
    for back, good in (("https://a.example/b", True), ("https://a.example/c", False)):
        code = str(grants.approve(asked, "demo", NOW)).partition("code=")[2].partition("&")[0]
        if good:
            assert grants.exchange(*client, code, back, NOW, 60).access
        with pytest.raises(TokenRefused):
            grants.exchange(*client, code, back, NOW, 60)
    for wrong in ({"state": "short"}, {"redirect_uri": ""}, {"client_id": "another"}):
        assert grants.approve(asked | wrong, "demo", NOW) is None
