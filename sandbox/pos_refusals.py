"""Why the POS refuses an order that the connector offers: its seller, its buyer, its products, its fields.

Source: customers (help.usemortar.com 9232474), required products (help.accumula.com 8471186), required fields and Item
numbers (support.heartlandretail.us 94524). Mortar itself puts `NO PRODUCT FOUND` in the place of a product it cannot
link; `sku_unknown` and `sku_not_unique` play a connector that stops there instead.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.fates import Fate
from sandbox.goods import DUTIES, FEES, GIFT_CARD, SHIPPING
from sandbox.planting import Planting
from sandbox.shop import Buyer, ShopOrder
from sandbox.till import Till

ADDRESS: Final = ("first_name", "last_name", "address1", "city", "province", "zip")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
LINKED_OTHERWISE: Final = "no_product_found_line"


def refused(fate: Fate, till: Till, planting: Planting, now: datetime) -> str | None:
    """The cause for which the POS takes the order not at all; None: it takes it."""
    return next((cause for cause, applies in _reasons(fate, till, planting, now) if applies), None)


def _reasons(fate: Fate, till: Till, planting: Planting, now: datetime) -> Iterable[tuple[str, bool]]:
    order = fate.order
    yield "employee_archived", till.refuses_seller()
    yield "required_custom_field", any(window.holds(now) for window in planting.of("required_custom_field"))
    needed = needed_products(order)
    yield "required_product_unusable", any(not _is_active(till, sku) for sku in needed)
    accepted = fate.planted == "pending_address_missing" or not till.wants_whole_customer
    yield "customer_incomplete", order.buyer is not None and not accepted and not is_complete(order.buyer)
    if fate.planted != LINKED_OTHERWISE:
        yield from _products(order, till)


def _products(order: ShopOrder, till: Till) -> Iterable[tuple[str, bool]]:
    skus = [line.sku for line in order.lines if line.sku and not line.gift_card]
    active = {sku: sum(item.active for item in till.goods(sku)) for sku in skus}
    yield "sku_unknown", any(not till.goods(sku) for sku in skus)
    yield "item_archived", any(count == 0 for count in active.values())
    yield "sku_not_unique", any(count > 1 for count in active.values())


def needed_products(order: ShopOrder) -> list[str]:
    """The connector's own products that the order cannot be entered without."""
    gift_card = any(line.gift_card for line in order.lines)
    wanted = {SHIPPING: order.shipping, DUTIES: order.duties, FEES: order.fees, GIFT_CARD: gift_card}
    return [sku for sku, needed in wanted.items() if needed]


def _is_active(till: Till, sku: str) -> bool:
    return any(item.active for item in till.goods(sku))


def is_complete(buyer: Buyer) -> bool:
    """Whether Heartland takes the buyer as a customer: a valid e-mail and a whole address."""
    whole = all(getattr(buyer, part).strip() for part in ADDRESS)
    return whole and bool(EMAIL.fullmatch(buyer.email or ""))
