"""Webhook bodies become orders; what cannot be read says which field is at fault, never its value."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.errors import PoisonPayload
from reconcile.model import Order
from reconcile.shopify.payload import Mention, MentionKind, read_order, read_topic_ids
from reconcile.shopify.stored import order_from_json, order_to_json

FIXTURES = Path(__file__).parent.parent / "fixtures" / "shopify"
FILES = sorted(path for path in FIXTURES.rglob("*.json") if path.name != "MANIFEST.json")
MIDNIGHT = datetime(2022, 1, 1, tzinfo=UTC)  # the docs' 2021-12-31T19:00:00-05:00


def sample(name: str) -> Any:
    """The body as it would have been delivered."""
    content = json.loads((FIXTURES / name).read_text())
    if isinstance(content.get("orders"), list):
        return content["orders"][0]
    return next((content[key] for key in ("body", "response", "order") if key in content), content)


def read(body: object) -> Order:
    return read_order(json.dumps(body).encode())


def least(**changes: Any) -> dict[str, Any]:
    """The least body that is an order."""
    return {"id": 1, "name": "#1", "created_at": "2026-01-01T10:00:00Z", "updated_at": "2026-01-01T10:00:00Z"} | changes


def refusal(body: object) -> str:
    with pytest.raises(PoisonPayload) as caught:
        read(body)
    return str(caught.value)


ORDERS = {
    "docs-2023-07/orders.create.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "docs-2024-10/orders.create.json": ("#9999", "359.97", "369.97", "10.00", 3),
    "go-shopify/order.json": ("#9999", "10.00", "9.50", "10.00", 2),
    "go-shopify/orders.json": ("#9999", "10.00", "9.50", "10.00", 2),
    "go-shopify/order_with_transaction.json": ("#9999", "10.00", "9.50", "10.00", 2),
    "hookdeck-2024-10/orders.cancelled.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "hookdeck-2024-10/orders.create.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "hookdeck-2024-10/orders.fulfilled.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "hookdeck-2024-10/orders.paid.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "hookdeck-2024-10/orders.partially_fulfilled.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "hookdeck-2024-10/orders.updated.json": ("#9999", "388.00", "398.00", "10.00", 2),
    "shopify-python-api/order.json": ("#1001", "409.94", "409.94", "0.00", 3),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_sample_order_is_read(name: str) -> None:
    order = read(sample(name))
    name_, total, current, shipping, lines = ORDERS[name]
    assert (order.name, order.total, order.current_total) == (name_, Decimal(total), Decimal(current))
    assert (order.shipping, len(order.lines), order.currency) == (Decimal(shipping), lines, "USD")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_sample_is_an_order_or_refused_in_words(path: Path) -> None:
    name = str(path.relative_to(FIXTURES))
    if name in ORDERS:
        assert read(sample(name)).order_id > 0
    else:
        assert refusal(sample(name)).startswith(("The order cannot be read: `", "The body is no order"))


@pytest.mark.parametrize("name", ORDERS)
def test_a_stored_order_comes_back_equal(name: str) -> None:
    order = read(sample(name))
    assert order_from_json(json.loads(json.dumps(order_to_json(order)))) == order


def test_the_fields_of_a_sample() -> None:
    order = read(sample("docs-2024-10/orders.create.json"))
    assert order.created_at == order.cancelled_at == MIDNIGHT
    assert order.number == 1234
    assert order.tags == {"tag1", "tag2"}
    assert order.gateways == ("visa", "bogus")
    assert (order.financial_status, order.fulfillment_status) == ("voided", "unfulfilled")
    assert (order.test, order.source_name, order.closed_at) == (True, "web", None)
    assert order.payments is None
    assert order.assigned_locations is None
    assert order.on_hold is None
    line = order.lines[0]
    assert (line.sku, line.title, line.quantity, line.price) == (
        "SKU2006-001",
        "Aviator sunglasses",
        1,
        Decimal("89.99"),
    )
    assert not line.gift_card
    assert line.product_exists


def test_an_unknown_word_is_kept_as_it_is() -> None:
    order = read(least(financial_status="promised", fulfillment_status="teleported", source_name="marsnet"))
    assert (order.financial_status, order.fulfillment_status, order.source_name) == (
        "promised",
        "teleported",
        "marsnet",
    )


def test_an_id_past_2_to_the_53_is_exact() -> None:
    assert read(least(id=820982911946154508)).order_id == 820982911946154508


@pytest.mark.parametrize("number", [820982911946154508.5, 8.2e17, True, -1, 2**63, "12a", "", None, [1]])
def test_what_is_no_id_is_refused(number: object) -> None:
    assert "`id`" in refusal(least(id=number))


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12.30", "12.30"),
        (12.3, "12.3"),
        (195.67, "195.67"),
        (12, "12"),
        ("0", "0"),
        ("-3.00", "-3.00"),
        ("1e2", "100"),
    ],
)
def test_money_is_exact_however_it_is_written(written: object, amount: str) -> None:
    total = read(least(total_price=written)).total
    assert total == Decimal(amount)
    assert "E" not in str(total)


@pytest.mark.parametrize("written", ["", "free", "NaN", "Infinity", "1e400", "1,00", True, {}, ["1"]])
def test_what_is_no_money_is_refused(written: object) -> None:
    assert refusal(least(total_price=written)) == "The order cannot be read: `total_price` is not an amount."


@pytest.mark.parametrize("missing", ["id", "name", "created_at", "updated_at"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_what_every_order_must_have(missing: str, how: str) -> None:
    body = least(**{missing: None})
    if how == "absent":
        del body[missing]
    assert f"`{missing}` is {'missing' if how == 'absent' else 'null'}" in refusal(body)


def test_all_else_may_be_absent_or_null() -> None:
    body = sample("docs-2024-10/orders.create.json")
    nothing = least() | {key: None for key in body if key not in least()}
    for order in (read(least()), read(nothing)):
        assert order.total == 0
        assert not (order.lines or order.refunds or order.tags)
        assert order.fulfillment_status == "unfulfilled"


@pytest.mark.parametrize("moment", ["2026-01-01T10:00:00", "yesterday", "", 1767261600, "9999-12-31T23:59:59-14:00"])
def test_a_moment_must_say_its_offset(moment: object) -> None:
    assert refusal(least(updated_at=moment)) == (
        "The order cannot be read: `updated_at` is not a moment with an offset."
    )


def test_nanoseconds_are_cut() -> None:
    order = read(least(updated_at="2024-08-07T22:58:43.610785557Z"))
    assert order.updated_at == datetime(2024, 8, 7, 22, 58, 43, 610785, UTC)


def test_tags_are_one_joined_string() -> None:
    assert read(least(tags=" hold,  VIP customer,,été ")).tags == {"hold", "VIP customer", "été"}


def test_gateways_may_hold_blanks() -> None:
    assert read(least(payment_gateway_names=["", "shopify_payments", None, "gift_card"])).gateways == (
        "shopify_payments",
        "gift_card",
    )


def test_a_line_in_all_its_parts() -> None:
    line = {
        "id": 7, "sku": "", "title": "Mug", "quantity": 3, "current_quantity": 1, "price": "4.50",
        "total_discount": "1.00", "gift_card": True, "product_exists": False, "product_id": None,
    }  # fmt: skip
    (read_line,) = read(least(line_items=[line])).lines
    assert (read_line.sku, read_line.quantity, read_line.current_quantity) == (None, 3, 1)
    assert (read_line.price, read_line.discount) == (Decimal("4.50"), Decimal("1.00"))
    assert read_line.gift_card
    assert not read_line.product_exists


REFUND = {
    "id": 5,
    "created_at": "2026-01-02T10:00:00Z",
    "refund_line_items": [
        {"line_item_id": 7, "quantity": 2, "restock_type": "return", "subtotal": 195.67, "line_item": {"sku": "MUG"}}
    ],
    "transactions": [
        {"kind": "refund", "status": "success", "amount": "5.00", "amount_set": {"shop_money": {"amount": "6.10"}}},
        {"kind": "refund", "status": "pending", "amount": "1.00"},
        {"kind": "refund", "status": "failure", "amount": "99.00"},
        {"kind": "void", "status": "success", "amount": "50.00"},
    ],
}


def test_a_refund_counts_the_money_that_moved_in_the_shops_currency() -> None:
    (refund,) = read(least(refunds=[REFUND])).refunds
    assert refund.amount == Decimal("7.10")
    (line,) = refund.lines
    assert (line.line_id, line.sku, line.quantity, line.restock_type) == (7, "MUG", 2, "return")


def test_without_current_quantity_it_follows_from_the_refunds() -> None:
    line = {"id": 7, "quantity": 3, "price": "1"}
    assert read(least(line_items=[line], refunds=[REFUND])).lines[0].current_quantity == 1


def test_payments_are_read_where_the_body_has_them() -> None:
    (payment,) = read(sample("go-shopify/order_with_transaction.json")).payments or ()
    assert (payment.kind, payment.status, payment.amount) == ("sale", "success", Decimal("79.60"))
    assert read(least(transactions=[])).payments == ()


def test_the_first_fulfilment_that_was_not_called_off() -> None:
    shipped = [
        {"status": "cancelled", "created_at": "2026-01-01T10:01:00Z"},
        {"status": "success", "created_at": "2026-01-03T10:00:00Z"},
        {"status": "success", "created_at": "2026-01-02T10:00:00Z"},
    ]
    assert read(least(fulfillments=shipped)).fulfilled_at == datetime(2026, 1, 2, 10, tzinfo=UTC)


def test_duties_and_fees_as_first_charged() -> None:
    bag = {"shop_money": {"amount": "3.20", "currency_code": "EUR"}}
    order = read(least(original_total_duties_set=bag, original_total_additional_fees_set=bag))
    assert (order.duties, order.fees) == (Decimal("3.20"), Decimal("3.20"))


def test_texts_are_made_storable() -> None:
    order = read(
        least(name="#1\x00", line_items=[{"id": 1, "quantity": 1, "price": 1, "title": "a\ud800b", "sku": "é"}])
    )
    assert order.name == "#1\ufffd"
    assert order.lines[0].title == "a\ufffdb"
    assert order.lines[0].sku == "é"


def test_the_path_to_a_fault_is_named() -> None:
    lines = [{"id": 1, "quantity": 1, "price": "1"}, {"id": 2, "quantity": "two", "price": "1"}]
    assert refusal(least(line_items=lines, fulfillments={})) == (
        "The order cannot be read: `line_items.1.quantity` is not a whole number; `fulfillments` is no list."
    )


def test_many_faults_are_counted() -> None:
    lines = [{"id": n, "quantity": 1, "price": "?"} for n in range(9)]
    assert refusal(least(line_items=lines)).endswith("; and 4 more.")


def test_no_value_is_ever_in_the_words() -> None:
    secret = "jane.doe@example.com"
    body = dict.fromkeys(sample("docs-2024-10/orders.create.json"), secret)
    assert secret not in refusal(body)
    assert secret not in refusal(least(line_items=[{"id": secret, "price": secret, "quantity": secret}]))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b'{"id": NaN}', "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "no JSON object"),
        (b'"#1001"', "no JSON object"),
        (b'{"response": {"id": 1}}', "stands under `response`"),
        (b'{"order": {"id": 1}}', "stands under `order`"),
    ],
)
def test_what_is_no_order_at_all(body: bytes, words: str) -> None:
    with pytest.raises(PoisonPayload, match=words):
        read_order(body)


def test_a_fulfilment_is_no_order_whatever_its_topic_says() -> None:
    assert "`order_id`" in refusal(sample("hookdeck-2024-10/fulfillments.create.json"))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "name", "created_at", "updated_at", "line_items", "refunds", "customer", "tags",
                         "shipping_address", "total_price", "total_shipping_price_set", "shop_money", "amount",
                         "fulfillments", "payment_gateway_names", "transactions", "email", "first_name"]),
        inner, max_size=6),
    max_leaves=12,
))  # fmt: skip
def test_anything_at_all_is_an_order_or_poison(noise: object) -> None:
    body = least(**noise) if isinstance(noise, dict) else noise
    try:
        order = read(body)
    except PoisonPayload as poison:
        assert str(poison)
    else:
        assert order_from_json(json.loads(json.dumps(order_to_json(order)))) == order


# --- bodies that only mention an order ------------------------------------------------------------------------------

MENTIONS = {
    ("orders/edited", "hookdeck-2024-10/orders.edited.json"): (820982911946154500, MentionKind.EDITED, MIDNIGHT),
    ("orders/delete", "hookdeck-2024-10/orders.delete.json"): (820982911946154500, MentionKind.DELETED, None),
    ("refunds/create", "hookdeck-2024-10/refunds.create.json"): (820982911946154500, MentionKind.REFUNDED, MIDNIGHT),
    ("refunds/create", "docs-2023-07/refunds.create.json"): (820982911946154500, MentionKind.REFUNDED, MIDNIGHT),
    ("refunds/create", "docs-2024-10/refunds.create.json"): (820982911946154500, MentionKind.REFUNDED, MIDNIGHT),
    ("fulfillments/create", "hookdeck-2024-10/fulfillments.create.json"): (
        820982911946154500, MentionKind.CHANGED, MIDNIGHT,
    ),
    ("order_transactions/create", "hookdeck-2024-10/order_transactions.create.json"): (
        820982911946154500, MentionKind.CHANGED, MIDNIGHT,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("topic", "name"), MENTIONS)
def test_a_body_that_only_mentions_an_order(topic: str, name: str) -> None:
    order_id, kind, at = MENTIONS[topic, name]
    found = read_topic_ids(topic, json.dumps(sample(name)).encode())
    assert found == Mention(order_id=order_id, kind=kind, at=at)


@pytest.mark.parametrize(
    ("topic", "body", "words"),
    [
        ("orders/edited", {"order_edit": {"id": 1}}, "`order_id` is missing"),
        ("orders/edited", {"id": 1}, "`order_edit` is missing"),
        ("orders/delete", {"id": None}, "`id` is null"),
        ("orders/delete", {}, "`id` is missing"),
        ("refunds/create", {"order_id": 1, "created_at": "soon"}, "`created_at` is not a moment"),
        ("refunds/create", [], "no JSON object"),
    ],
)
def test_a_mention_that_cannot_be_read(topic: str, body: object, words: str) -> None:
    with pytest.raises(PoisonPayload, match=words):
        read_topic_ids(topic, json.dumps(body).encode())


def test_an_orders_body_deletes_nothing() -> None:
    body = json.dumps(sample("docs-2024-10/orders.create.json")).encode()
    with pytest.raises(PoisonPayload, match="carries more than the id"):
        read_topic_ids("orders/delete", body)
