"""An Admin GraphQL order becomes the same `Order` that a webhook's body does, word for word.

What the app was refused must be taken out of the node first: an absent key is *not known*, null is *there is none*.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconcile.errors import Untrustworthy
from reconcile.model import Order, OrderLine, Payment, Refund, RefundLine
from reconcile.shopify.body import first_shipment
from reconcile.shopify.fields import storable, to_amount, to_moment
from reconcile.shopify.personal import facts_from_node

Node = Mapping[str, Any]

# OrderDisplayFulfillmentStatus → REST's word. REST sends null for all that has not been shipped, so that an order read
# here and the same order in a webhook are equal; what is on hold is said by `on_hold`. An unknown word is kept.
FULFILMENT = {
    "PARTIALLY_FULFILLED": "partial",
    "UNFULFILLED": "unfulfilled",
    "ON_HOLD": "unfulfilled",
    "OPEN": "unfulfilled",
    "IN_PROGRESS": "unfulfilled",
    "PENDING_FULFILLMENT": "unfulfilled",
    "REQUEST_DECLINED": "unfulfilled",
    "SCHEDULED": "unfulfilled",
}


def order_from_node(node: Node) -> Order:
    """Raises `Untrustworthy` when the node has not the shape of an order."""
    try:
        return _order(node)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = node.get("name") if isinstance(node, Mapping) else None
        raise Untrustworthy(f"Shopify's answer on order {name} has not the shape of an order ({error!r}).") from None


def _order(node: Node) -> Order:
    total, tax = _amount(node.get("totalPriceSet")), _amount(node.get("totalTaxSet"))
    created_at = _moment(node["createdAt"])
    holds = _connection(node.get("fulfillmentOrders"))
    return Order(
        order_id=int(node.get("legacyResourceId") or id_of(node["id"])),
        name=storable(node["name"]).strip(),
        number=node.get("number"),
        created_at=created_at,
        updated_at=_moment(node["updatedAt"]),
        cancelled_at=_maybe(node.get("cancelledAt")),
        closed_at=_maybe(node.get("closedAt")),
        fulfilled_at=first_shipment(
            (_word(f.get("status")), _maybe(f.get("createdAt"))) for f in node.get("fulfillments") or ()
        ),
        financial_status=_word(node.get("displayFinancialStatus")),
        fulfillment_status=_fulfilment(node.get("displayFulfillmentStatus")),
        test=bool(node.get("test")),
        source_name=node.get("sourceName"),
        app_id=_app(node.get("app")),
        tags=frozenset(storable(tag).strip() for tag in node.get("tags") or ()),
        gateways=tuple(storable(name) for name in node.get("paymentGatewayNames") or () if name),
        currency=node.get("currencyCode") or "",
        total=total,
        current_total=_amount(node.get("currentTotalPriceSet"), total),
        tax=tax,
        current_tax=_amount(node.get("currentTotalTaxSet"), tax),
        discount=_amount(node.get("totalDiscountsSet")),
        shipping=_amount(node.get("totalShippingPriceSet")),
        duties=_amount(node.get("originalTotalDutiesSet")),
        fees=_amount(node.get("originalTotalAdditionalFeesSet")),
        taxes_included=bool(node.get("taxesIncluded")),
        lines=tuple(_line(line) for line in _connection(node["lineItems"]) or ()),
        refunds=tuple(_refund(refund, created_at) for refund in node.get("refunds") or ()),
        payments=_payments(node.get("transactions"), created_at),
        customer=facts_from_node(node),
        assigned_locations=_locations(holds),
        on_hold=_on_hold(node, holds),
    )


def id_of(gid: str) -> int:
    """The number at the end of `gid://shopify/Order/450789469`."""
    return int(gid.rpartition("/")[2].partition("?")[0])


def _line(line: Node) -> OrderLine:
    return OrderLine(
        line_id=id_of(line["id"]),
        sku=storable(line.get("sku") or "") or None,
        title=storable(line.get("title") or ""),
        quantity=line["quantity"],
        current_quantity=line["quantity"] if line.get("currentQuantity") is None else line["currentQuantity"],
        price=_amount(line["originalUnitPriceSet"]),
        discount=_amount(line.get("totalDiscountSet")),
        gift_card=bool(line.get("isGiftCard")),
        product_exists=line.get("product", True) is not None,
    )


def _refund(refund: Node, otherwise: datetime) -> Refund:
    """Very old refunds have no moment of their own; they get the order's."""
    return Refund(
        refund_id=id_of(refund["id"]),
        created_at=_maybe(refund.get("createdAt")) or otherwise,
        amount=_amount(refund.get("totalRefundedSet")),
        lines=tuple(_refund_line(line) for line in _connection(refund.get("refundLineItems")) or ()),
    )


def _refund_line(line: Node) -> RefundLine:
    return RefundLine(
        line_id=id_of(line["lineItem"]["id"]),
        sku=storable(line["lineItem"].get("sku") or "") or None,
        quantity=line["quantity"],
        restock_type=_word(line.get("restockType")),
    )


def _payments(transactions: Iterable[Node] | None, otherwise: datetime) -> tuple[Payment, ...] | None:
    if transactions is None:
        return None
    return tuple(
        Payment(
            kind=_word(transaction.get("kind")) or "",
            status=_word(transaction.get("status")) or "",
            gateway=storable(transaction.get("gateway") or ""),
            amount=_amount(transaction.get("amountSet")),
            created_at=_maybe(transaction.get("createdAt")) or otherwise,
        )
        for transaction in transactions
    )


def _locations(holds: list[Node] | None) -> frozenset[str] | None:
    """Where what is to be shipped was assigned to; a fulfilment order that was moved away is cancelled."""
    if holds is None:
        return None
    named = (hold["assignedLocation"]["name"] for hold in holds if hold["status"] != "CANCELLED")
    return frozenset(storable(name) for name in named if name)


def _on_hold(node: Node, holds: list[Node] | None) -> bool | None:
    if node.get("displayFulfillmentStatus") == "ON_HOLD":
        return True
    return None if holds is None else any(hold["status"] == "ON_HOLD" for hold in holds)


def _connection(connection: Node | None) -> list[Node] | None:
    return None if connection is None else list(connection["nodes"])


def _fulfilment(word: str | None) -> str:
    return FULFILMENT.get(word, word.lower()) if word else "unfulfilled"


def _word(word: str | None) -> str | None:
    return word.lower() if word else None


def _app(app: Node | None) -> str | None:
    return str(id_of(app["id"])) if app else None


def _amount(bag: Node | None, otherwise: Decimal = Decimal(0)) -> Decimal:
    if bag is None:
        return otherwise
    amount = to_amount(bag["shopMoney"]["amount"])
    if amount is None:
        raise ValueError("an amount is no number")
    return amount


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _moment(text: object) -> datetime:
    moment = to_moment(text)
    if moment is None:
        raise ValueError("a moment is no moment")
    return moment
