"""The REST order body: its schema, built once, and the order that is made of it.

Only the fields that the product uses are declared; all others are left out. Nearly everything may be null or absent,
because older API versions, narrowed subscriptions and restricted apps leave fields out.
Source: https://shopify.dev/docs/api/webhooks and https://shopify.dev/docs/api/admin-rest/latest/resources/order.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from reconcile.model import Order, OrderLine, Payment, Refund, RefundLine
from reconcile.shopify.fields import Count, Flag, Identifier, Moment, Money, ShopMoney, Text, Word
from reconcile.shopify.personal import facts_from_body
from reconcile.shopify.straight import loader

NOT_SHIPPED = frozenset({"cancelled", "error", "failure"})
MONEY_NOT_MOVED = frozenset({"failure", "error"})
NOTHING = Decimal(0)


class _Body(Schema):
    class Meta:
        unknown = EXCLUDE


class LineBody(_Body):
    id = Identifier(required=True)
    sku = Text(load_default=None)
    title = Text(load_default=None)
    quantity = Count(required=True)
    current_quantity = Count(load_default=None)
    price = Money(required=True)
    total_discount = Money(load_default=None)
    gift_card = Flag(load_default=None)
    product_exists = Flag(load_default=None)


class ShippingLineBody(_Body):
    price = Money(load_default=None)


class FulfilmentBody(_Body):
    status = Word(load_default=None)
    created_at = Moment(load_default=None)


class TransactionBody(_Body):
    kind = Word(load_default=None)
    status = Word(load_default=None)
    gateway = Text(load_default=None)
    amount = Money(load_default=None)
    amount_set = ShopMoney(load_default=None)
    created_at = Moment(load_default=None)


class RefundedItemBody(_Body):
    sku = Text(load_default=None)


class RefundLineBody(_Body):
    line_item_id = Identifier(required=True)
    quantity = Count(required=True)
    restock_type = Word(load_default=None)
    line_item = fields.Nested(RefundedItemBody, load_default=None)


class RefundBody(_Body):
    id = Identifier(required=True)
    created_at = Moment(required=True)
    refund_line_items = fields.List(fields.Nested(RefundLineBody), load_default=None)
    transactions = fields.List(fields.Nested(TransactionBody), load_default=None)


class OrderBody(_Body):
    id = Identifier(required=True)
    name = Text(required=True, filled=True)
    order_number = Count(load_default=None)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    cancelled_at = Moment(load_default=None)
    closed_at = Moment(load_default=None)
    financial_status = Word(load_default=None)
    fulfillment_status = Word(load_default=None)
    test = Flag(load_default=None)
    source_name = Word(load_default=None)
    app_id = Word(load_default=None)
    tags = Text(load_default=None)
    payment_gateway_names = fields.List(Text(allow_none=True), load_default=None)
    gateway = Text(load_default=None)
    currency = Text(load_default=None)
    total_price = Money(load_default=None)
    current_total_price = Money(load_default=None)
    total_tax = Money(load_default=None)
    current_total_tax = Money(load_default=None)
    total_discounts = Money(load_default=None)
    total_shipping_price_set = ShopMoney(load_default=None)
    original_total_duties_set = ShopMoney(load_default=None)
    original_total_additional_fees_set = ShopMoney(load_default=None)
    taxes_included = Flag(load_default=None)
    line_items = fields.List(fields.Nested(LineBody), load_default=None)
    shipping_lines = fields.List(fields.Nested(ShippingLineBody), load_default=None)
    fulfillments = fields.List(fields.Nested(FulfilmentBody), load_default=None)
    refunds = fields.List(fields.Nested(RefundBody), load_default=None)
    transactions = fields.List(fields.Nested(TransactionBody), load_default=None)


Raw = Mapping[str, Any]
ORDER = OrderBody()
load_order = loader(ORDER)


def order_from(raw: Raw) -> Order:
    """The order of a REST body; raises marshmallow's `ValidationError` with the fields that are at fault."""
    body = load_order(raw)
    refunds = tuple(_refund(refund) for refund in body["refunds"] or ())
    total, tax = body["total_price"], body["total_tax"] or NOTHING
    return Order(
        order_id=body["id"],
        name=body["name"].strip(),
        # `number` counts from 1 while `order_number` is the one in the name, and GraphQL's `number`.
        number=body["order_number"],
        created_at=body["created_at"],
        updated_at=body["updated_at"],
        cancelled_at=body["cancelled_at"],
        closed_at=body["closed_at"],
        fulfilled_at=first_shipment((f["status"], f["created_at"]) for f in body["fulfillments"] or ()),
        financial_status=body["financial_status"],
        fulfillment_status=body["fulfillment_status"] or "unfulfilled",
        test=body["test"] or False,
        source_name=body["source_name"],
        app_id=body["app_id"],
        tags=_tags(body["tags"]),
        gateways=_gateways(body),
        currency=body["currency"] or "",
        total=_first(total, body["current_total_price"]),
        current_total=_first(body["current_total_price"], total),
        tax=tax,
        current_tax=_first(body["current_total_tax"], tax),
        discount=body["total_discounts"] or NOTHING,
        shipping=_shipping(body),
        duties=body["original_total_duties_set"] or NOTHING,
        fees=body["original_total_additional_fees_set"] or NOTHING,
        taxes_included=body["taxes_included"] or False,
        lines=_lines(body["line_items"] or (), refunds),
        refunds=refunds,
        payments=_payments(body["transactions"], body["created_at"]),
        customer=facts_from_body(raw),
    )


def _first(*amounts: Decimal | None) -> Decimal:
    return next((amount for amount in amounts if amount is not None), NOTHING)


def _tags(joined: str | None) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, (joined or "").split(","))))


def _gateways(body: Raw) -> tuple[str, ...]:
    names = body["payment_gateway_names"]
    return tuple(filter(None, [body["gateway"]] if names is None else names))


def _shipping(body: Raw) -> Decimal:
    """Before discounts, as `total_shipping_price_set` has it; bodies before 2018 have the lines alone."""
    whole: Decimal | None = body["total_shipping_price_set"]
    return sum((s["price"] or NOTHING for s in body["shipping_lines"] or ()), NOTHING) if whole is None else whole


def _lines(lines: Iterable[Raw], refunds: Iterable[Refund]) -> tuple[OrderLine, ...]:
    taken_back: dict[int, int] = {}
    for line in (line for refund in refunds for line in refund.lines):
        taken_back[line.line_id] = taken_back.get(line.line_id, 0) + line.quantity
    return tuple(_line(line, taken_back.get(line["id"], 0)) for line in lines)


def _line(line: Raw, taken_back: int) -> OrderLine:
    """API versions before 2024 have no `current_quantity`; there it follows from the refunds."""
    current = line["current_quantity"]
    return OrderLine(
        line_id=line["id"],
        sku=line["sku"] or None,
        title=line["title"] or "",
        quantity=line["quantity"],
        current_quantity=line["quantity"] - taken_back if current is None else current,
        price=line["price"],
        discount=line["total_discount"] or NOTHING,
        gift_card=line["gift_card"] or False,
        product_exists=line["product_exists"] is not False,
    )


def _refund(refund: Raw) -> Refund:
    return Refund(
        refund_id=refund["id"],
        created_at=refund["created_at"],
        amount=sum((_given_back(t) for t in refund["transactions"] or ()), NOTHING),
        lines=tuple(_refund_line(line) for line in refund["refund_line_items"] or ()),
    )


def _given_back(transaction: Raw) -> Decimal:
    moved = transaction["kind"] in (None, "refund") and transaction["status"] not in MONEY_NOT_MOVED
    return _first(transaction["amount_set"], transaction["amount"]) if moved else NOTHING


def _refund_line(line: Raw) -> RefundLine:
    return RefundLine(
        line_id=line["line_item_id"],
        sku=(line["line_item"] or {}).get("sku") or None,
        quantity=line["quantity"],
        restock_type=line["restock_type"],
    )


def _payments(transactions: Iterable[Raw] | None, otherwise: datetime) -> tuple[Payment, ...] | None:
    if transactions is None:
        return None
    return tuple(
        Payment(
            kind=transaction["kind"] or "",
            status=transaction["status"] or "",
            gateway=transaction["gateway"] or "",
            amount=_first(transaction["amount_set"], transaction["amount"]),
            created_at=transaction["created_at"] or otherwise,
        )
        for transaction in transactions
    )


def first_shipment(fulfilments: Iterable[tuple[str | None, datetime | None]]) -> datetime | None:
    """The moment of the first fulfilment that was not called off."""
    return min((at for status, at in fulfilments if at is not None and status not in NOT_SHIPPED), default=None)
