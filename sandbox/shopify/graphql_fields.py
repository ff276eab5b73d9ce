"""An order as GraphQL shows it: a tree whose lists are made when they are asked for."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from sandbox.shop import ZERO, Buyer, RefundedLine, ShopLine, ShopOrder, ShopRefund, Transaction
from sandbox.shopify.pages import Page, connection
from sandbox.shopify.wire import gid, graphql_amount, graphql_moment, number_for

Node = dict[str, Any]
FULFILMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED", "restocked": "RESTOCKED"}


def order_node(order: ShopOrder) -> Node:
    """The order; lists are functions of their arguments, as the executor calls them."""
    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": order.name,
        "number": order.number,
        "createdAt": graphql_moment(order.created_at),
        "processedAt": graphql_moment(order.created_at),
        "updatedAt": graphql_moment(order.updated_at),
        "cancelledAt": graphql_moment(order.cancelled_at),
        "closedAt": graphql_moment(order.closed_at),
        "closed": order.closed_at is not None,
        "confirmed": True,
        "test": order.test,
        "tags": sorted(order.tags),
        "email": order.buyer.email if order.buyer else None,
        "sourceName": order.source_name,
        "confirmationNumber": f"C{order.id % 1_000_000_000:09d}",
        "app": {"id": gid("App", order.app_id), "name": "Online Store"} if order.app_id else None,
        "displayFinancialStatus": order.financial_status.upper(),
        "displayFulfillmentStatus": _fulfilment(order),
        "paymentGatewayNames": order.gateways,
        "taxesIncluded": False,
        **_money(order),
        **_buyer(order.buyer),
        "fulfillments": _fulfilments(order),
        "refunds": lambda info, first=None: [refund_node(order, refund) for refund in order.refunds[:first]],
        "transactions": lambda info, first=None: [_transaction(order, t) for t in _movements(order)[:first]],
        "lineItems": _listed(order.lines, lambda line: _line(order, line)),
        "fulfillmentOrders": _listed(order.locations, lambda name: _fulfilment_order(order, name)),
    }


def refund_node(order: ShopOrder, refund: ShopRefund) -> Node:
    return {
        "__typename": "Refund",
        "id": gid("Refund", refund.id),
        "createdAt": graphql_moment(refund.created_at),
        "updatedAt": graphql_moment(refund.created_at),
        "totalRefundedSet": _bag(refund.amount, order.currency),
        "refundLineItems": _listed(refund.lines, lambda line: _refunded(order, line)),
    }


def _listed(rows: Sequence[Any], node: Callable[[Any], Node]) -> Callable[..., Page]:
    """A connection whose cursors count the places."""
    placed = list(enumerate(rows))
    return lambda info, first=None, after=None: connection(
        placed, lambda row: (row[0],), lambda row: node(row[1]), first, after
    )


def _bag(amount: Decimal, currency: str) -> Node:
    money = {"amount": graphql_amount(amount), "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def _money(order: ShopOrder) -> Node:
    goods = sum((line.price * line.quantity for line in order.lines), ZERO)
    tax = order.tax if order.current_tax is None else order.current_tax
    taken_off = order.total - order.current_total - (order.tax - tax)
    amounts = {
        "totalPriceSet": order.total,
        "currentTotalPriceSet": order.current_total,
        "currentSubtotalPriceSet": goods - order.discount - taken_off,
        "totalTaxSet": order.tax,
        "currentTotalTaxSet": tax,
        "totalDiscountsSet": order.discount,
        "currentTotalDiscountsSet": order.discount,
        "totalShippingPriceSet": order.shipping,
        "currentShippingPriceSet": order.shipping,
        "originalTotalDutiesSet": order.duties or None,
        "originalTotalAdditionalFeesSet": order.fees or None,
    }
    bags = {name: None if amount is None else _bag(amount, order.currency) for name, amount in amounts.items()}
    return {"currencyCode": order.currency, **bags}


def _buyer(buyer: Buyer | None) -> Node:
    if buyer is None:
        return {"customer": None, "shippingAddress": None, "billingAddress": None}
    name = {"firstName": buyer.first_name or None, "lastName": buyer.last_name or None}
    address = {
        **name,
        "address1": buyer.address1 or None,
        "city": buyer.city or None,
        "province": buyer.province or None,
        "zip": buyer.zip or None,
        "country": "United States",
        "phone": buyer.phone or None,
    }
    customer = {"__typename": "Customer", "id": gid("Customer", buyer.id), **name}
    return {"customer": customer, "shippingAddress": address, "billingAddress": address}


def _fulfilment(order: ShopOrder) -> str:
    if order.on_hold and order.fulfillment_status != "fulfilled":
        return "ON_HOLD"
    return FULFILMENT.get(order.fulfillment_status, str(order.fulfillment_status).upper())


def _fulfilments(order: ShopOrder) -> list[Node]:
    if order.fulfilled_at is None:
        return []
    number = gid("Fulfillment", order.id + 6)
    return [{"id": number, "createdAt": graphql_moment(order.fulfilled_at), "status": "SUCCESS"}]


def _fulfilment_order(order: ShopOrder, location: str) -> Node:
    status = "ON_HOLD" if order.on_hold else "OPEN"
    if order.cancelled_at:
        status = "CANCELLED"
    elif order.fulfillment_status == "fulfilled":
        status = "CLOSED"
    number = gid("FulfillmentOrder", order.id * 10 + order.locations.index(location))
    return {"id": number, "status": status, "assignedLocation": {"name": location}}


def _line(order: ShopOrder, line: ShopLine) -> Node:
    product = {"id": gid("Product", number_for(line.title)), "title": line.title} if line.product_exists else None
    return {
        "id": gid("LineItem", line.id),
        "sku": line.sku,
        "title": line.title,
        "name": line.title,
        "quantity": line.quantity,
        "currentQuantity": line.current_quantity,
        "originalUnitPriceSet": _bag(line.price, order.currency),
        "totalDiscountSet": _bag(line.discount, order.currency),
        "isGiftCard": line.gift_card,
        "requiresShipping": not line.gift_card,
        "product": product,
    }


def _refunded(order: ShopOrder, refunded: RefundedLine) -> Node:
    line = next(line for line in order.lines if line.id == refunded.line_id)
    return {
        "id": gid("RefundLineItem", refunded.id),
        "lineItem": _line(order, line),
        "quantity": refunded.quantity,
        "restockType": refunded.restock_type.upper(),
    }


def _movements(order: ShopOrder) -> list[Transaction]:
    """The order's transactions, and what each refund gave back."""
    gateway = order.gateways[0] if order.gateways else "manual"
    given_back = [
        Transaction(
            id=refund.id + 1, kind="refund", status="success", gateway=gateway, amount=refund.amount,
            created_at=refund.created_at,
        )
        for refund in order.refunds
        if refund.amount
    ]  # fmt: skip
    return [*order.transactions, *given_back]


def _transaction(order: ShopOrder, transaction: Transaction) -> Node:
    return {
        "id": gid("OrderTransaction", transaction.id),
        "kind": transaction.kind.upper(),
        "status": transaction.status.upper(),
        "gateway": transaction.gateway,
        "amountSet": _bag(transaction.amount, order.currency),
        "createdAt": graphql_moment(transaction.created_at),
        "processedAt": graphql_moment(transaction.created_at),
    }
