"""The rows inside a REST order body: lines, shipping, taxes, fulfilments."""

from decimal import Decimal

from sandbox.shop import ShopLine, ShopOrder
from sandbox.shopify.wire import Json, gid, number_for, rest_amount, rest_moment


def bag(amount: Decimal, currency: str) -> Json:
    """An amount in the shop's currency and in the buyer's, which are one here."""
    money = {"amount": rest_amount(amount), "currency_code": currency}
    return {"shop_money": money, "presentment_money": money}


def maybe_bag(amount: Decimal, currency: str) -> Json | None:
    return bag(amount, currency) if amount else None


def tax_rows(order: ShopOrder) -> list[Json]:
    if not order.tax:
        return []
    row = {
        "title": "State Tax",
        "rate": 0.08,
        "price": rest_amount(order.tax),
        "price_set": bag(order.tax, order.currency),
        "channel_liable": False,
    }
    return [row]


def line_row(order: ShopOrder, line: ShopLine) -> Json:
    """A line item; the taxes of all lines stand on the first one."""
    shipped = line.quantity if order.fulfillment_status == "fulfilled" else 0
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "attributed_staffs": [],
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": max(line.current_quantity - shipped, 0),
        "fulfillment_service": "gift_card" if line.gift_card else "manual",
        "fulfillment_status": "fulfilled" if shipped else None,
        "gift_card": line.gift_card,
        "grams": 0 if line.gift_card else 567,
        "name": line.title,
        "price": rest_amount(line.price),
        "price_set": bag(line.price, order.currency),
        "product_exists": line.product_exists,
        "product_id": number_for(line.title) if line.product_exists else None,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": not line.gift_card,
        "sales_line_item_group_id": None,
        "sku": line.sku,
        "taxable": not line.gift_card,
        "title": line.title,
        "total_discount": rest_amount(line.discount),
        "total_discount_set": bag(line.discount, order.currency),
        "variant_id": number_for(line.sku or line.title) if line.product_exists else None,
        "variant_inventory_management": "shopify",
        "variant_title": None,
        "vendor": "Demo",
        "tax_lines": tax_rows(order) if line is order.lines[0] else [],
        "duties": [],
        "discount_allocations": _allocations(order, line),
    }


def _allocations(order: ShopOrder, line: ShopLine) -> list[Json]:
    if not line.discount:
        return []
    return [
        {
            "amount": rest_amount(line.discount),
            "amount_set": bag(line.discount, order.currency),
            "discount_application_index": 0,
        }
    ]


def shipping_row(order: ShopOrder) -> Json:
    price, price_set = rest_amount(order.shipping), bag(order.shipping, order.currency)
    return {
        "id": order.id + 5,
        "carrier_identifier": None,
        "code": "Standard",
        "current_discounted_price_set": price_set,
        "discounted_price": price,
        "discounted_price_set": price_set,
        "is_removed": False,
        "phone": None,
        "price": price,
        "price_set": price_set,
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": "Standard",
        "tax_lines": [],
        "discount_allocations": [],
    }


def fulfilment_rows(order: ShopOrder) -> list[Json]:
    """One parcel, once something was shipped."""
    if order.fulfilled_at is None:
        return []
    row = {
        "id": order.id + 6,
        "admin_graphql_api_id": gid("Fulfillment", order.id + 6),
        "order_id": order.id,
        "name": f"{order.name}.1",
        "status": "success",
        "shipment_status": None,
        "service": "manual",
        "location_id": number_for(order.locations[0]) if order.locations else None,
        "origin_address": {},
        "receipt": {},
        "created_at": rest_moment(order.fulfilled_at),
        "updated_at": rest_moment(order.fulfilled_at),
        "tracking_company": None,
        "tracking_number": None,
        "tracking_numbers": [],
        "tracking_url": None,
        "tracking_urls": [],
        "line_items": [line_row(order, line) for line in order.lines],
    }
    return [row]
