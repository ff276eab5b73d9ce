"""Orders over the API: the list, its filter and its pages, one order whole, hold and dismiss."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert, text, update

from reconcile.ledger.queries import OrderFilter, first_of
from reconcile.ledger.tables import actions, events, orders
from reconcile.model import OrderLine, SaleLine
from reconcile.services import Services
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import ARCHIVED, HELD_BACK, Api, told, two_shops

PROMISED = {
    "store", "order_id", "name", "standing", "cause", "certainty", "case_state", "total", "currency", "created_at",
    "eligible_at", "first_seen_at", "looked_at", "next_look_at", "attempts",
}  # fmt: skip


@pytest.fixture
def shops(services: Services) -> Services:
    return two_shops(services)


def names(page: dict[str, Any]) -> list[str]:
    return [item["name"] for item in page["items"]]


def test_an_order_carries_what_is_promised(shops: Services) -> None:
    decision = {"verb": "tell", "reason": "what holds it back has to be changed first", "limit": "", "by": ""}
    keep(shops.ledger, an_order(total=Decimal("19.9")), decision=decision, looked_at=PLACED, **HELD_BACK)
    (item,) = Api(shops, "viewer").get("orders")["items"]
    assert set(item) >= PROMISED
    assert (item["total"], item["currency"]) == ("19.90", "CAD")
    assert (item["created_at"], item["looked_at"]) == ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z")
    assert (item["next_look_at"], item["attempts"]) == (None, 0)
    assert (item["cause"], item["subject"], item["certainty"]) == (ARCHIVED.cause, ARCHIVED.subject, "certain")
    assert item["decision"] == decision
    assert item["shopify_url"] == "https://demo.myshopify.com/admin/orders/1001"


FILTERS = [
    ("standing=missing", ["#1003", "#1001"]),
    ("standing=matched", ["#1002"]),
    ("cause=archived_orders_off", ["#1003"]),
    ("state=needs_person", ["#1003"]),
    ("state=open", ["#1003"]),
    ("state=closed", []),
    ("q=100", ["#1003", "#1002", "#1001"]),
    ("q=%231002", ["#1002"]),
    ("q=mug-0", ["#1003", "#1001"]),
    ("q=tea%25", ["#1002"]),
    ("q=%25", ["#1002"]),
    ("q=_", []),
    ("q=%5C", []),
    ("store=demo", ["#1003", "#1001"]),
    ("store=other", ["#1002"]),
    ("since=2026-11-02T09:00:00Z", ["#1003", "#1002"]),
    ("since=2026-11-02T10:00:00%2B01:00", ["#1003", "#1002"]),
    ("until=2026-11-02T09:00:00Z", ["#1001"]),
    ("until=2026-11-02T09:00:00", ["#1001"]),
    ("since=2026-11-03", []),
    ("store=&standing=&cause=&state=&q=&since=&until=&limit=&cursor=", ["#1003", "#1002", "#1001"]),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_each_part_of_the_filter(shops: Services, query: str, found: list[str]) -> None:
    tea = (OrderLine(line_id=1, sku="Tea%2", title="Tea", quantity=1, current_quantity=1, price=Decimal(5)),)
    keep(shops.ledger, an_order(1001))
    second = an_order(1002, created_at=PLACED + timedelta(hours=1), lines=tea)
    keep(shops.ledger, second, [a_sale(second)], store="other")
    keep(shops.ledger, an_order(1003, created_at=PLACED + timedelta(hours=2)), **HELD_BACK)
    assert names(Api(shops, "viewer").get(f"orders?{query}")) == found


def test_pages_hold_every_order_once_newest_first_while_new_ones_come_in(shops: Services) -> None:
    for number in range(12):  # several share one moment, in both shops
        at = PLACED + timedelta(minutes=number // 4)
        keep(shops.ledger, an_order(1000 + number, created_at=at), store=("demo", "other")[number % 2])
    api, seen, cursor = Api(shops, "viewer"), [], ""
    while cursor is not None:
        page = api.get(f"orders?limit=5&cursor={quote(cursor)}")
        seen += [(item["created_at"], item["store"], item["order_id"]) for item in page["items"]]
        cursor = page["next"]
        keep(shops.ledger, an_order(2000 + len(seen), created_at=PLACED + timedelta(days=1)))
    assert seen == sorted(seen, reverse=True)
    assert {key[2] for key in seen} == set(range(1000, 1012))
    assert len(seen) == 12


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=251", "limit"), ("limit=x", "limit"), ("standing=lost", "standing"),
        ("state=lost", "state"), ("since=yesterday", "since"), ("since=0001-01-01", "since"), ("until=9999-12-31", "until"),
        ("cursor=x", "cursor"), ("cursor=W10", "cursor"), ("cursor=WzFlOTksICJhIiwgMV0", "cursor"), ("cursor=bnVsbA", "cursor"),
        ("q=%00", "q"), ("stanting=missing", "stanting"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_named(shops: Services, query: str, field: str) -> None:
    keep(shops.ledger, an_order())
    status, slug, details = Api(shops, "viewer").refused("GET", f"orders?{query}")
    assert (status, slug) == (422, "invalid")
    assert field in details


def test_the_list_is_read_along_an_index_and_not_sorted_whole(services: Services) -> None:
    if not services.ledger.is_sqlite:
        pytest.skip("PostgreSQL plans by the size of a table, and this one is empty")
    after = [PLACED, "demo", 1001]
    for wanted, index in (
        (OrderFilter(), "ix_orders_sought"),
        (OrderFilter(standing="missing"), "ix_orders_store_standing"),
        (OrderFilter(state="needs_person"), "ix_orders_store_case_state"),
        (OrderFilter(cause="unexplained"), "ix_orders_store_cause"),
        (OrderFilter(q="mug", since=PLACED - timedelta(days=90)), "COVERING INDEX ix_orders_sought"),
    ):
        with services.ledger.read() as connection:
            query = first_of("demo", wanted, 50, after)
            plain = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
            plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {plain}"))]
        assert index in " ".join(plan), plan
        assert wanted.q or "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


def test_one_order_shows_both_sides_findings_touches_and_history(shops: Services) -> None:
    order = an_order(discount=Decimal("1.5"))
    sale = a_sale(
        order, total=Decimal("97.50"), discount=None,
        lines=(SaleLine(sku="MUG-01", quantity=Decimal("1.000"), unit_price=Decimal(45)),),
    )  # fmt: skip
    keep(shops.ledger, order, [sale], [ARCHIVED], standing="differs", **HELD_BACK)
    key = {"store": "demo", "order_id": 1001}
    with shops.ledger.write() as connection:
        touch = {
            "number": 1,
            "tag": "reconciler-retry-1",
            "state": "done",
            "cause": "unexplained",
            "intended_at": PLACED,
        }
        connection.execute(insert(actions).values(**key, **touch))
        connection.execute(insert(events).values(**key, at=PLACED, kind="touch", text="reconciler-retry-1"))
        connection.execute(
            insert(events).values(store="demo", order_id=1002, at=PLACED, kind="touch", text="another's")
        )
    seen = Api(shops, "viewer").get("orders/demo/1001")
    assert seen["order"]["lines"][0]["price"] == "45.00"
    assert seen["order"]["created_at"] == "2026-11-02T08:00:00Z"
    assert seen["sales"][0]["lines"][0]["quantity"] == "1"
    amounts = {pair["what"]: (pair["shopify"], pair["pos"], pair["same"]) for pair in seen["sides"]["amounts"]}
    assert amounts["sold"] == ("107.50", "97.50", False)
    assert amounts["discount"] == ("1.50", None, None)
    assert seen["sides"]["lines"] == [{"sku": "MUG-01", "shopify": "2", "pos": "1", "same": False}]
    (finding,) = seen["findings"]
    assert finding["facts"] == [{"side": "declared", "what": "Download Archived Orders", "value": "off"}]
    assert [one["tag"] for one in seen["actions"]] == ["reconciler-retry-1"]
    assert [(one["who"], one["text"]) for one in seen["events"]] == [("policy", "reconciler-retry-1")]
    assert seen["may_requeue"] is False
    assert "ticket:1001" in seen["may_not_because"]


def test_an_absent_order_has_nothing_on_the_other_side(shops: Services) -> None:
    keep(shops.ledger, an_order())
    seen = Api(shops, "viewer").get("orders/demo/1001")
    assert seen["sides"]["lines"] is None
    assert all(pair["pos"] is None for pair in seen["sides"]["amounts"])
    assert (seen["sales"], seen["may_requeue"], seen["may_not_because"]) == ([], True, None)


def test_a_report_for_the_connectors_support_comes_in_the_language_asked_for(shops: Services) -> None:
    keep(shops.ledger, an_order(), **HELD_BACK)
    api = Api(shops, "viewer")
    english, french = (api.get(f"orders/demo/1001/support{tail}")["text"] for tail in ("", "?locale=fr"))
    assert "#1001" in english
    assert "#1001" in french
    assert english != french


# --- hold and dismiss -----------------------------------------------------------------------------------------------


def test_a_held_order_is_left_alone_until_then(shops: Services) -> None:
    keep(shops.ledger, an_order(), **HELD_BACK, next_look_at=PLACED + timedelta(days=3), requeued_by="bob")
    answer = Api(shops).call("POST", "orders/demo/1001/hold", {"until": "2026-11-03T10:00:00+01:00"})
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["case_state"], said["held_until"], said["requeued_by"]) == ("held", "2026-11-03T09:00:00Z", None)
    assert said["next_look_at"] == "2026-11-03T09:00:00Z"
    assert [(row.who, row.order_id) for row in told(shops, "hold")] == [("ann", 1001)]


@pytest.mark.parametrize("until", ["2026-11-02T08:59:59Z", "soon", "9999-12-31T23:59:59-12:00", None])
def test_a_hold_ends_in_the_future(shops: Services, until: str | None) -> None:
    keep(shops.ledger, an_order())
    status, slug, details = Api(shops).refused("POST", "orders/demo/1001/hold", {"until": until})
    assert (status, slug, list(details)) == (422, "invalid", ["until"])


@pytest.mark.parametrize(("by_hand", "closing"), [(False, "dismissed"), (True, "by_hand")])
def test_a_dismissed_case_is_closed_with_who_and_why(shops: Services, by_hand: bool, closing: str) -> None:
    keep(shops.ledger, an_order(), **HELD_BACK)
    api = Api(shops)
    body = {"reason": "refunded by phone", "by_hand": by_hand}
    said = api.call("POST", "orders/demo/1001/dismiss", body).get_json()
    assert (said["case_state"], said["closing"], said["closed_by"]) == ("closed", closing, "ann")
    assert "refunded by phone" in told(shops, "dismiss")[0].text
    assert api.refused("POST", "orders/demo/1001/dismiss", body)[:2] == (409, "refused")


@pytest.mark.parametrize("reason", ["", "  ", None, "\ud800", "a\0b", "x" * 2001])
def test_a_case_is_not_dismissed_without_a_reason(shops: Services, reason: str | None) -> None:
    keep(shops.ledger, an_order())
    status, _, details = Api(shops).refused("POST", "orders/demo/1001/dismiss", {"reason": reason})
    assert (status, list(details)) == (422, ["reason"])


@pytest.mark.parametrize("standing", ["matched", "excluded"])
@pytest.mark.parametrize(("what", "body"), [("hold", {"until": "2026-12-01"}), ("dismiss", {"reason": "why not"})])
def test_nothing_is_open_on_a_settled_order(shops: Services, standing: str, what: str, body: dict[str, str]) -> None:
    keep(shops.ledger, an_order(), standing=standing)
    assert Api(shops).refused("POST", f"orders/demo/1001/{what}", body)[0] == 409


def test_a_repeated_write_is_answered_as_the_first_time_and_done_once(shops: Services) -> None:
    keep(shops.ledger, an_order(), **HELD_BACK)
    api, body = Api(shops), {"until": "2026-11-03T09:00:00Z"}
    first = api.call("POST", "orders/demo/1001/hold", body, Idempotency_Key="k1")
    with shops.ledger.write() as connection:
        connection.execute(update(orders).values(name="changed since"))
    again = api.call("POST", "orders/demo/1001/hold", body, Idempotency_Key="k1")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert len(told(shops, "hold")) == 1
    other_body = api.call("POST", "orders/demo/1001/hold", {"until": "2026-11-04"}, Idempotency_Key="k1")
    assert other_body.status_code == 422
    api.call("POST", "orders/demo/1001/hold", body, Idempotency_Key="k2")
    Api(shops, name="bob").call("POST", "orders/demo/1001/hold", body, Idempotency_Key="k1")
    assert [row.who for row in told(shops, "hold")] == ["ann", "ann", "bob"]


def test_a_write_that_was_refused_may_be_tried_again_under_its_key(shops: Services) -> None:
    keep(shops.ledger, an_order(), standing="matched")
    api, body = Api(shops), {"reason": "refunded by phone"}
    assert api.call("POST", "orders/demo/1001/dismiss", body, Idempotency_Key="k").status_code == 409
    with shops.ledger.write() as connection:
        connection.execute(update(orders).values(standing="missing"))
    assert api.call("POST", "orders/demo/1001/dismiss", body, Idempotency_Key="k").status_code == 200
