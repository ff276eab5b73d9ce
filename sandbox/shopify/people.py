"""The buyer in a REST body, as personal as real ones are."""

from sandbox.shop import Buyer, ShopOrder
from sandbox.shopify.wire import Json, gid, rest_moment

# What a refused GraphQL field is called in REST bodies, where it is left out.
REFUSED_KEYS = {
    "customer": ("customer",),
    "email": ("email", "contact_email", "phone", "customer"),
    "shippingAddress": ("shipping_address",),
    "billingAddress": ("billing_address",),
}


def address_row(buyer: Buyer | None) -> Json | None:
    if buyer is None:
        return None
    return {
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "name": f"{buyer.first_name} {buyer.last_name}".strip(),
        "company": None,
        "address1": buyer.address1,
        "address2": None,
        "city": buyer.city,
        "province": buyer.province,
        "province_code": buyer.province[:2].upper() or None,
        "zip": buyer.zip,
        "country": "United States",
        "country_code": "US",
        "phone": buyer.phone,
        "latitude": None,
        "longitude": None,
    }


def customer_row(order: ShopOrder) -> Json | None:
    buyer = order.buyer
    if buyer is None:
        return None
    home = {"id": buyer.id + 1, "customer_id": buyer.id, **(address_row(buyer) or {})}
    return {
        "id": buyer.id,
        "admin_graphql_api_id": gid("Customer", buyer.id),
        "email": buyer.email,
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "phone": buyer.phone,
        "created_at": rest_moment(order.created_at),
        "updated_at": rest_moment(order.created_at),
        "state": "disabled",
        "note": None,
        "tags": "",
        "currency": order.currency,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "email_marketing_consent": {"state": "not_subscribed", "opt_in_level": None, "consent_updated_at": None},
        "sms_marketing_consent": None,
        "default_address": {**home, "country_name": "United States", "default": True},
    }
