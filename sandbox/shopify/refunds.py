"""A refund as REST writes it: in an order's body, and alone in `refunds/create`."""

from sandbox.shop import ZERO, RefundedLine, ShopOrder, ShopRefund
from sandbox.shopify.parts import bag, line_row
from sandbox.shopify.wire import Json, gid, rest_amount, rest_moment


def refund_row(order: ShopOrder, refund: ShopRefund) -> Json:
    return {
        "id": refund.id,
        "admin_graphql_api_id": gid("Refund", refund.id),
        "order_id": order.id,
        "created_at": rest_moment(refund.created_at),
        "processed_at": rest_moment(refund.created_at),
        "note": None,
        "user_id": None,
        "restock": any(line.restock_type != "no_restock" for line in refund.lines),
        "return": None,
        "duties": [],
        "total_duties_set": bag(ZERO, order.currency),
        "refund_shipping_lines": [],
        "order_adjustments": [],
        "refund_line_items": [_line(order, line) for line in refund.lines],
        "transactions": [_transaction(order, refund)] if refund.amount else [],
    }


def _line(order: ShopOrder, refunded: RefundedLine) -> Json:
    """Subtotal and tax are JSON numbers here and nowhere else, as in the samples."""
    line = next(line for line in order.lines if line.id == refunded.line_id)
    subtotal = line.price * refunded.quantity - line.discount * refunded.quantity / (line.quantity or 1)
    return {
        "id": refunded.id,
        "line_item_id": refunded.line_id,
        "location_id": None,
        "quantity": refunded.quantity,
        "restock_type": refunded.restock_type,
        "subtotal": float(round(subtotal, 2)),
        "subtotal_set": bag(subtotal, order.currency),
        "total_tax": 0.0,
        "total_tax_set": bag(ZERO, order.currency),
        "line_item": line_row(order, line),
    }


def _transaction(order: ShopOrder, refund: ShopRefund) -> Json:
    number = refund.id + 1
    gateway = order.gateways[0] if order.gateways else "manual"
    return {
        "id": number,
        "admin_graphql_api_id": gid("OrderTransaction", number),
        "order_id": order.id,
        "parent_id": None,
        "kind": "refund",
        "status": "success",
        "gateway": gateway,
        "payment_id": f"{order.name}.2",
        "amount": rest_amount(refund.amount),
        "amount_set": bag(refund.amount, order.currency),
        "currency": order.currency,
        "message": "Refunded",
        "authorization": None,
        "error_code": None,
        "test": order.test,
        "user_id": None,
        "device_id": None,
        "location_id": None,
        "source_name": "1830279",
        "receipt": {},
        "created_at": rest_moment(refund.created_at),
        "processed_at": rest_moment(refund.created_at),
    }
