"""What a webhook carries: the REST body of an order, with all that Shopify puts into it.

Field names and shapes are those of the public samples (API 2024-10 to 2025-04) and the reference
(https://shopify.dev/docs/api/webhooks); the product reads a part of them, a real body has them all.
"""

from collections.abc import Collection
from decimal import Decimal

from sandbox.shop import ZERO, ShopOrder
from sandbox.shopify.parts import (
    bag,
    fulfilment_rows,
    line_row,
    maybe_bag,
    shipping_row,
    tax_rows,
)
from sandbox.shopify.people import REFUSED_KEYS, address_row, customer_row
from sandbox.shopify.refunds import refund_row
from sandbox.shopify.wire import Json, gid, rest_amount, rest_moment

NOTHING: frozenset[str] = frozenset()


def body_for(topic: str, order: ShopOrder, without: Collection[str] = NOTHING) -> Json:
    """The body of a delivery of this topic; `without` names (in GraphQL's words) what the app may not see."""
    if topic == "orders/delete":
        return {"id": order.id}
    if topic == "refunds/create":
        return refund_row(order, order.refunds[-1])
    if topic == "orders/edited":
        return edit_body(order)
    return order_body(order, without)


def order_body(order: ShopOrder, without: Collection[str] = NOTHING) -> Json:
    """The order as REST writes it; what the app may not see is left out, key and all."""
    body = {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        **_identity(order),
        **_state(order),
        **_money(order),
        **_buyer(order),
        "discount_applications": _applications(order),
        "fulfillments": fulfilment_rows(order),
        "line_items": [line_row(order, line) for line in order.lines],
        "payment_terms": None,
        "refunds": [refund_row(order, refund) for refund in order.refunds],
        "returns": [],
        "line_item_groups": [],
        "shipping_lines": [shipping_row(order)] if order.shipping else [],
    }
    refused = {key for field in without for key in REFUSED_KEYS.get(field, ())}
    return {key: value for key, value in body.items() if key not in refused}


def edit_body(order: ShopOrder) -> Json:
    """An order edit that was committed; the order itself is not in it."""
    removed = [
        {"id": line.id, "delta": line.quantity - line.current_quantity}
        for line in order.lines
        if line.current_quantity < line.quantity
    ]
    nothing: Json = {"additions": [], "removals": []}
    edit = {
        "id": order.id + 7,
        "app_id": None,
        "created_at": rest_moment(order.updated_at),
        "committed_at": rest_moment(order.updated_at),
        "notify_customer": False,
        "order_id": order.id,
        "staff_note": "",
        "user_id": None,
        "line_items": {"additions": [], "removals": removed},
        "discounts": {"line_item": nothing},
        "shipping_lines": nothing,
    }
    return {"order_edit": edit}


def _identity(order: ShopOrder) -> Json:
    return {
        "app_id": order.app_id,
        "name": order.name,
        "number": order.number - 1000,
        "order_number": order.number,
        "confirmation_number": f"C{order.id % 1_000_000_000:09d}",
        "created_at": rest_moment(order.created_at),
        "processed_at": rest_moment(order.created_at),
        "updated_at": rest_moment(order.updated_at),
        "cancelled_at": rest_moment(order.cancelled_at),
        "closed_at": rest_moment(order.closed_at),
        "source_name": order.source_name,
        "source_identifier": None,
        "source_url": None,
        "po_number": None,
        "reference": None,
        "location_id": None,
        "device_id": None,
        "user_id": None,
        "merchant_of_record_app_id": None,
        "merchant_business_entity_id": None,
        "cart_token": f"cart{order.id}",
        "checkout_token": f"checkout{order.id}",
        "token": f"token{order.id}",
        "order_status_url": f"https://demo-shop.myshopify.com/1/orders/token{order.id}/authenticate?key=key{order.id}",
        "landing_site": "/",
        "landing_site_ref": None,
        "referring_site": "https://www.example.com/",
    }


def _state(order: ShopOrder) -> Json:
    return {
        "cancel_reason": "customer" if order.cancelled_at else None,
        "confirmed": True,
        "test": order.test,
        "financial_status": order.financial_status,
        "fulfillment_status": order.fulfillment_status,
        "tags": ", ".join(order.tags),
        "note": None,
        "note_attributes": [],
        "payment_gateway_names": order.gateways,
        "discount_codes": _codes(order),
        "estimated_taxes": False,
        "tax_exempt": False,
        "taxes_included": False,
        "duties_included": False,
        "buyer_accepts_marketing": False,
        "total_weight": 567 * sum(line.quantity for line in order.lines),
    }


def _money(order: ShopOrder) -> Json:
    """Strings in the shop's currency, each with its bag of both currencies."""
    goods = sum((line.price * line.quantity for line in order.lines), ZERO)
    tax = order.tax if order.current_tax is None else order.current_tax
    subtotal = goods - order.discount
    amounts: dict[str, Decimal] = {
        "subtotal_price": subtotal,
        "total_line_items_price": goods,
        "total_discounts": order.discount,
        "total_price": order.total,
        "total_tax": order.tax,
        "current_subtotal_price": subtotal - (order.total - order.current_total - (order.tax - tax)),
        "current_total_discounts": order.discount,
        "current_total_price": order.current_total,
        "current_total_tax": tax,
    }
    both = {name: rest_amount(amount) for name, amount in amounts.items()}
    bags = {f"{name}_set": bag(amount, order.currency) for name, amount in amounts.items()}
    return {
        **both,
        **bags,
        "currency": order.currency,
        "presentment_currency": order.currency,
        "total_outstanding": rest_amount(order.total if order.financial_status in ("pending", "authorized") else ZERO),
        "total_tip_received": "0.00",
        "total_shipping_price_set": bag(order.shipping, order.currency),
        "current_shipping_price_set": bag(order.shipping, order.currency),
        "original_total_duties_set": maybe_bag(order.duties, order.currency),
        "current_total_duties_set": maybe_bag(order.duties, order.currency),
        "original_total_additional_fees_set": maybe_bag(order.fees, order.currency),
        "current_total_additional_fees_set": maybe_bag(order.fees, order.currency),
        "total_cash_rounding_payment_adjustment_set": bag(ZERO, order.currency),
        "total_cash_rounding_refund_adjustment_set": bag(ZERO, order.currency),
        "tax_lines": tax_rows(order),
    }


def _buyer(order: ShopOrder) -> Json:
    """Everything personal that a real body has: the product's door is what must keep it out."""
    email = order.buyer.email if order.buyer else None
    return {
        "email": email or "",
        "contact_email": email,
        "phone": order.buyer.phone if order.buyer else None,
        "customer": customer_row(order),
        "billing_address": address_row(order.buyer),
        "shipping_address": address_row(order.buyer),
        "customer_locale": "en",
        "browser_ip": "203.0.113.7",
        "client_details": {
            "accept_language": "en",
            "browser_height": None,
            "browser_ip": "203.0.113.7",
            "browser_width": None,
            "session_hash": None,
            "user_agent": "Mozilla/5.0",
        },
    }


def _codes(order: ShopOrder) -> list[Json]:
    if not order.discount:
        return []
    return [{"code": "WELCOME", "amount": rest_amount(order.discount), "type": "fixed_amount"}]


def _applications(order: ShopOrder) -> list[Json]:
    if not order.discount:
        return []
    return [
        {
            "type": "discount_code",
            "code": "WELCOME",
            "value": rest_amount(order.discount),
            "value_type": "fixed_amount",
            "allocation_method": "across",
            "target_selection": "all",
            "target_type": "line_item",
        }
    ]
