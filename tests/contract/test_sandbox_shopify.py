"""The sandbox's Shopify over real HTTP, held against the facts."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.shop import RefundedLine, ShopLine, ShopRefund, Transaction
from sandbox.shopify.deliveries import RETRY_GAPS, signature
from sandbox.shopify.disorder import Fault
from sandbox.shopify.payload import order_body
from tests.contract.shops import DOMAIN, SECRET, START, Storefront, receiver, storefront

SAMPLES = Path(__file__).parent.parent / "fixtures" / "shopify"
SECOND = timedelta(seconds=1)
SOON = timedelta(seconds=3)
ORDERS = """query Some($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name updatedAt totalPriceSet { shopMoney { amount } } } pageInfo { hasNextPage endCursor }
  }
}"""
TAG = (
    "mutation Tag($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }"
)
SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri } userErrors { message }
  }
}"""


def names(answer: dict[str, Any]) -> list[str]:
    return [node["name"] for node in answer["data"]["orders"]["nodes"]]


# --- webhooks


def test_signature_of_the_vector() -> None:
    body = '{"id":820982911946154508,"name":"#9999","note":"é"}'.encode()
    assert signature("hush", body) == "LlDmjVaSgzeFkFt7cvFIloDSaik0TmhfSvcsne2k5DI="


def test_a_delivery_has_every_documented_header_and_is_signed_over_its_raw_bytes() -> None:
    with receiver() as listening, storefront(webhook_url=listening.url) as front:
        front.place(1001, financial_status="pending")
        front.pass_time(SOON)
        ((headers, body),) = listening.heard
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == DOMAIN
    assert headers["X-Shopify-Api-Version"] == "2026-10"
    assert headers["X-Shopify-Hmac-Sha256"] == signature(SECRET, body)
    assert headers["X-Shopify-Triggered-At"] == "2026-11-02T09:00:00.000000000Z"
    assert headers["X-Shopify-Webhook-Id"] and headers["X-Shopify-Event-Id"]
    assert json.loads(body)["name"] == "#1001"


def test_topics_of_one_act_share_an_event_id_and_no_webhook_id() -> None:
    with storefront() as front:
        front.place(1001)
        front.place(1002)
        sent = front.pass_time(SOON)
    events = [delivery["headers"]["X-Shopify-Event-Id"] for delivery in sent]
    assert [delivery["headers"]["X-Shopify-Topic"] for delivery in sent].count("orders/paid") == 2
    assert len(sent) == 4 and len(set(events)) == 2
    assert len({delivery["headers"]["X-Shopify-Webhook-Id"] for delivery in sent}) == 4


def test_nothing_goes_out_before_its_time() -> None:
    with storefront() as front:
        front.place(1001)
        assert front.pass_time(timedelta(milliseconds=900)) == []
        assert len(front.pass_time(SOON)) == 2


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refused_delivery_is_sent_again_eight_times_in_four_hours_as_it_was(status: int) -> None:
    with receiver() as listening, storefront(webhook_url=listening.url) as front:
        front.place(1001, financial_status="pending")
        listening.status = status
        front.pass_time(SOON)
        front.shop.orders[next(iter(front.shop.orders))].tags = ["changed since"]
        for gap in RETRY_GAPS:
            front.pass_time(gap)
        front.pass_time(timedelta(days=1))
    assert len(listening.heard) == 9
    assert sum(RETRY_GAPS, timedelta()) == timedelta(hours=4)
    assert len({(headers["X-Shopify-Webhook-Id"], body) for headers, body in listening.heard}) == 1


def test_a_delivery_that_arrives_on_a_retry_is_not_sent_again() -> None:
    with receiver() as listening, storefront(webhook_url=listening.url) as front:
        front.place(1001, financial_status="pending")
        listening.status = 503
        front.pass_time(SOON)
        listening.status = 200
        front.pass_time(timedelta(hours=1))
        front.pass_time(timedelta(hours=9))
    assert len(listening.heard) == 2


def test_nobody_listening_is_a_failure_too() -> None:
    with storefront(webhook_url="http://127.0.0.1:9/webhooks") as front:
        front.place(1001, financial_status="pending")
        front.pass_time(SOON)
        assert front.timeline.next_at() == front.now() + RETRY_GAPS[0]


def test_lost_webhooks() -> None:
    with storefront(Fault(kind="webhook_lost", share=0.3)) as front:
        for number in range(1001, 1201):
            front.place(number, financial_status="pending")
        assert 115 <= len(front.pass_time(SOON)) <= 165


def test_a_fault_ends_with_its_window() -> None:
    lost = Fault(kind="webhook_lost", since=START + SECOND, until=START + 10 * SECOND)
    with storefront(lost) as front:
        arrived = []
        for number in (1001, 1002, 1003):
            front.place(number, financial_status="pending")
            arrived += [json.loads(delivery["body"])["name"] for delivery in front.pass_time(5 * SECOND)]
    assert arrived == ["#1001", "#1003"]


def test_doubled_webhooks_come_with_the_same_id_or_with_a_second_one() -> None:
    with storefront(Fault(kind="webhook_doubled")) as front:
        for number in range(1001, 1021):
            front.place(number, financial_status="pending")
        sent = front.pass_time(SOON)
    ids = {delivery["headers"]["X-Shopify-Webhook-Id"] for delivery in sent}
    assert len(sent) == 40 and 20 < len(ids) < 40


def test_shuffled_webhooks_lose_their_order() -> None:
    with storefront(Fault(kind="webhook_shuffled")) as front:
        for number in range(1001, 1021):
            front.place(number, financial_status="pending")
        sent = [json.loads(delivery["body"])["name"] for delivery in front.pass_time(timedelta(minutes=11))]
    assert sorted(sent) != sent and len(sent) == 20


def test_the_same_seed_loses_the_same_deliveries() -> None:
    def play() -> list[str]:
        with storefront(Fault(kind="webhook_lost", share=0.5)) as front:
            for number in range(1001, 1021):
                front.place(number)
            return [delivery["headers"]["X-Shopify-Webhook-Id"] for delivery in front.pass_time(SOON)]

    assert play() == play()


def test_a_subscription_made_by_api_is_served_and_ends_when_its_retries_are_used_up() -> None:
    with receiver() as listening, storefront() as front:
        made = front.ask(SUBSCRIBE, topic="ORDERS_CREATE", sub={"uri": listening.url})
        assert made["data"]["webhookSubscriptionCreate"]["userErrors"] == []
        again = front.ask(SUBSCRIBE, topic="ORDERS_CREATE", sub={"uri": listening.url})
        taken = again["data"]["webhookSubscriptionCreate"]["userErrors"][0]["message"]
        assert taken == "Address for this topic has already been taken"
        listening.status = 500
        front.place(1001)
        front.pass_time(SOON)
        for gap in RETRY_GAPS:
            assert front.shop.subscriptions
            front.pass_time(gap)
        assert not front.shop.subscriptions and len(listening.heard) == 9


def test_one_address_subscribed_in_both_ways_hears_a_topic_once() -> None:
    with receiver() as listening, storefront(webhook_url=listening.url) as front:
        front.ask(SUBSCRIBE, topic="ORDERS_CREATE", sub={"uri": listening.url})
        front.place(1001)
        front.pass_time(SOON)
    assert sorted(listening.topics()) == ["orders/create", "orders/paid"]


# --- bodies


def edited_and_refunded(front: Storefront) -> dict[str, Any]:
    """Bodies by topic, after a day of one order."""
    order = front.place(1001, tax=Decimal("1.60"), shipping=Decimal("5.00"), tags=["b2b", "wholesale"])
    line = order.lines[0]
    back = RefundedLine(id=1, line_id=line.id, quantity=1, restock_type="return")
    refund = ShopRefund(id=900, created_at=front.now(), amount=Decimal("10.80"), lines=[back])
    left = [ShopLine(id=line.id, sku=line.sku, title=line.title, quantity=2, current_quantity=1, price=line.price)]
    front.shop.change(order.id, "refunds/create", refunds=[refund], financial_status="partially_refunded")
    front.shop.change(order.id, "orders/edited", lines=left)
    front.shop.remove(order.id)
    sent = front.pass_time(SOON)
    return {delivery["headers"]["X-Shopify-Topic"]: json.loads(delivery["body"]) for delivery in sent}


def test_bodies_have_the_shapes_of_their_topics() -> None:
    with storefront() as front:
        bodies = edited_and_refunded(front)
    order = bodies["orders/create"]
    assert (order["total_price"], order["current_total_price"]) == ("26.60", "26.60")
    assert order["tags"] == "b2b, wholesale"
    assert order["created_at"] == "2026-11-02T04:00:00-05:00"
    assert order["customer"]["email"] == order["email"] == "ada@example.com"
    refund = bodies["refunds/create"]
    assert refund["order_id"] == order["id"] and refund["refund_line_items"][0]["subtotal"] == 10.0
    assert refund["transactions"][0]["amount"] == "10.80"
    assert bodies["orders/edited"]["order_edit"]["line_items"]["removals"] == [{"id": 100100, "delta": 1}]
    assert bodies["orders/delete"] == {"id": order["id"]}


@pytest.mark.parametrize("sample", ["hookdeck-2024-10/orders.create", "docs-2024-10/orders.create"])
def test_an_order_body_has_every_key_of_the_public_samples(sample: str) -> None:
    wanted = json.loads((SAMPLES / f"{sample}.json").read_text())
    wanted = wanted.get("body") or wanted.get("response") or wanted
    with storefront() as front:
        body = order_body(front.place(1001, shipping=Decimal(5)))
    gone = {"checkout_id"}  # since API 2026-04
    assert wanted.keys() - body.keys() <= gone
    for part in ("line_items", "shipping_lines"):
        assert wanted[part][0].keys() <= body[part][0].keys()  # type: ignore[index]
    assert 3_000 < len(json.dumps(body, separators=(",", ":"))) < 8_000


def test_what_the_app_may_not_see_is_absent_from_bodies_and_not_null() -> None:
    with storefront() as front:
        front.side.faults.set({"denied_fields": ["customer", "email", "shippingAddress", "billingAddress"]})
        front.place(1001)
        body = json.loads(front.pass_time(SOON)[0]["body"])
    assert not {"customer", "email", "contact_email", "phone", "shipping_address", "billing_address"} & body.keys()


# --- search and paging


def test_search_by_change_in_pages_oldest_first() -> None:
    with storefront() as front:
        for number in range(1001, 1011):
            front.place(number)
            front.pass_time(SECOND)
        found, cursor = [], None
        while True:
            answer = front.ask(ORDERS, first=4, after=cursor, query="updated_at:>='2026-11-02T09:00:02Z'")
            found += names(answer)
            info = answer["data"]["orders"]["pageInfo"]
            if not info["hasNextPage"]:
                break
            cursor = info["endCursor"]
    assert found == [f"#{number}" for number in range(1003, 1011)]


def test_an_order_that_changes_while_it_is_paged_comes_again_at_the_end_and_hides_no_other() -> None:
    with storefront() as front:
        orders = [front.place(number, updated_at=START + (number - 1000) * SECOND) for number in range(1001, 1006)]
        first = front.ask(ORDERS, first=2, query="")
        front.pass_time(timedelta(minutes=1))
        front.shop.change(orders[0].id, tags=["x"])
        rest = front.ask(ORDERS, first=10, after=first["data"]["orders"]["pageInfo"]["endCursor"], query="")
    assert names(rest) == ["#1003", "#1004", "#1005", "#1001"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("updated_at:>='2026-11-02T09:00:01Z' AND updated_at:<='2026-11-02T09:00:02Z'", ["#1001", "#1002"]),
        ("updated_at:>'2026-11-02T09:00:01Z' status:closed", ["#1003"]),
        ("status:any", ["#1001", "#1002", "#1003"]),
        (f"id:{5_012_345_678_900 + 1002}", ["#1002"]),
        ("name:#1001 OR name:1003", ["#1001", "#1003"]),
        ("-tag:b2b", ["#1001", "#1003"]),
        ("financial_status:pending", []),
        ("no_such_field:x", ["#1001", "#1002", "#1003"]),
        ("updated_at:>=yesterday-ish", ["#1001", "#1002", "#1003"]),
    ],
)
def test_search_terms(search: str, found: list[str]) -> None:
    with storefront() as front:
        front.place(1001, updated_at=START + SECOND)
        front.place(1002, updated_at=START + 2 * SECOND, tags=["B2B"])
        front.place(1003, updated_at=START + 3 * SECOND, closed_at=START)
        assert names(front.ask(ORDERS, first=10, query=search)) == found


def test_orders_older_than_sixty_days_are_not_there_without_the_scope() -> None:
    with storefront() as front:
        front.place(1001, created_at=START - timedelta(days=61))
        assert names(front.ask(ORDERS, first=10)) == []
        front.side.faults.scopes = ("read_orders", "read_all_orders")
        assert names(front.ask(ORDERS, first=10)) == ["#1001"]


def test_single_things_by_id() -> None:
    with storefront() as front:
        edited = front.place(1001)
        sale = Transaction(id=5, kind="sale", status="success", gateway="x", amount=Decimal(20), created_at=START)
        edited.transactions = [sale]
        document = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Order {
          name transactions(first: 5) { kind amountSet { shopMoney { amount } } } } } }"""
        answer = front.ask(document, ids=[f"gid://shopify/Order/{edited.id}", "gid://shopify/Order/1"])
        bad = front.ask(document, ids=["1001"])
    transaction = {"kind": "SALE", "amountSet": {"shopMoney": {"amount": "20.0"}}}
    assert answer["data"]["nodes"] == [{"__typename": "Order", "name": "#1001", "transactions": [transaction]}, None]
    assert bad["errors"][0]["message"] == "Invalid global id '1001'"


# --- what is refused


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        (
            "{ orders(first: 1) { nodes { gateway } } }",
            "undefinedField",
            "Field 'gateway' doesn't exist on type 'Order'",
        ),
        ("{ orders(first: 1, page: 2) { nodes { id } } }", "argumentNotAccepted", "doesn't accept argument 'page'"),
        ("{ orders(first: 1) { nodes {", "PARSE_ERROR", "Syntax Error"),
        ("{ orders { nodes { id } } }", "BAD_REQUEST", "you must provide one of first or last"),
        ("{ orders(first: 251) { nodes { id } } }", "BAD_REQUEST", "first must be"),
        ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "INVALID_VARIABLE", "$ids"),
    ],
)
def test_what_shopify_does_not_have_is_refused_with_200(document: str, code: str, said: str) -> None:
    with storefront() as front:
        answer = front.post(document)
        error = answer.json()["errors"][0]
    assert answer.status_code == 200 and error["extensions"]["code"] == code and said in error["message"]


def test_a_tag_moves_the_order_and_comes_back_as_an_update() -> None:
    with storefront() as front:
        order = front.place(1001)
        front.pass_time(timedelta(minutes=1))
        answer = front.ask(TAG, id=f"gid://shopify/Order/{order.id}", tags="a, b")
        (echo,) = front.pass_time(SOON)
    assert answer["data"]["tagsAdd"] == {"node": {"id": f"gid://shopify/Order/{order.id}"}, "userErrors": []}
    assert order.tags == ["a", "b"] and order.updated_at == START + timedelta(minutes=1)
    assert echo["headers"]["X-Shopify-Topic"] == "orders/updated" and json.loads(echo["body"])["tags"] == "a, b"


def test_a_tag_for_nobody_is_a_user_error() -> None:
    with storefront() as front:
        answer = front.ask(TAG, id="gid://shopify/Order/1", tags=["a"])
    assert answer["data"]["tagsAdd"] == {"node": None, "userErrors": [{"message": "Order does not exist"}]}


def test_denied_fields_are_null_beside_an_error() -> None:
    with storefront() as front:
        front.place(1001)
        front.side.faults.set({"denied_fields": ["email"]})
        answer = front.ask("{ orders(first: 1) { nodes { name email } } }")
    assert answer["data"]["orders"]["nodes"] == [{"name": "#1001", "email": None}]
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["errors"][0]["path"] == ["orders", "nodes", 0, "email"]


# --- the bucket


def test_costs_are_taken_and_what_was_too_much_is_given_back() -> None:
    with storefront() as front:
        front.place(1001)
        cost = front.ask(ORDERS, first=50)["extensions"]["cost"]
    assert cost["requestedQueryCost"] > cost["actualQueryCost"] > 0
    status = cost["throttleStatus"]
    assert (status["maximumAvailable"], status["restoreRate"]) == (2000, 100)
    assert status["currentlyAvailable"] == 2000 - cost["actualQueryCost"]


def test_an_empty_bucket_throttles_with_200_and_fills_with_time() -> None:
    with storefront() as front:
        front.place(1001)
        front.side.api.bucket.drain()
        front.side.api.bucket.rate = 1.0
        throttled = front.post(ORDERS, first=50)
        front.pass_time(timedelta(minutes=5))
        served = front.ask(ORDERS, first=50)
    answer = throttled.json()
    assert throttled.status_code == 200 and "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["actualQueryCost"] is None
    assert names(served) == ["#1001"]


def test_a_query_above_a_thousand_points_is_not_carried_out() -> None:
    lines = "lineItems(first: 250) { nodes { product { id } originalUnitPriceSet { shopMoney { amount } } } }"
    dear = "{ orders(first: 250) { nodes { " + " ".join(f"part{n}: {lines}" for n in range(9)) + " } } }"
    with storefront() as front:
        error = front.ask(dear)["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED" and "(1000)" in error["message"]


# --- tokens


def granted(front: Storefront, **form: str) -> requests.Response:
    asked = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "client-secret"} | form
    return requests.post(f"{front.url}/admin/oauth/access_token", data=asked, timeout=10)


def test_a_token_lasts_a_day() -> None:
    with storefront() as front:
        answer = granted(front).json()
        token = answer["access_token"]
        assert answer["expires_in"] == 86399 and "read_orders" in answer["scope"].split(",")
        assert "data" in front.ask(ORDERS, token, first=1)
        front.pass_time(timedelta(seconds=86399))
        refused = front.post(ORDERS, token, first=1)
    assert refused.status_code == 401 and isinstance(refused.json()["errors"], str)


def test_a_token_request_may_be_json_as_well() -> None:
    with storefront() as front:
        asked = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "client-secret"}
        answer = requests.post(f"{front.url}/admin/oauth/access_token", json=asked, timeout=10)
    assert answer.status_code == 200


def test_a_client_that_is_not_known_gets_no_token() -> None:
    with storefront() as front:
        refused = granted(front, client_secret="guessed")
        other = granted(front, grant_type="password")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    assert other.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(("asked", "served"), [("2026-10", "2026-10"), ("2024-01", "2026-01"), ("2026-04", "2026-04")])
def test_a_retired_version_falls_forward(asked: str, served: str) -> None:
    with storefront() as front:
        assert front.post(ORDERS, version=asked, first=1).headers["X-Shopify-API-Version"] == served


@pytest.mark.parametrize("version", ["2027-04", "2026-11", "latest"])
def test_a_version_that_never_was_is_not_found(version: str) -> None:
    with storefront() as front:
        assert front.post(ORDERS, version=version, first=1).status_code == 404


def test_every_call_is_counted() -> None:
    with storefront() as front:
        granted(front)
        front.ask(ORDERS, "wrong", first=1)
        assert front.shop.calls == 2
