"""What an order that a planted cause strikes is like: exactly the property that the cause needs, and nothing else."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Final

from sandbox.baskets import Errand, archived, authorized, finish, fulfilled, hours, imported, manual, partially_paid
from sandbox.goods import ARCHIVED, TWIN, UNKNOWN, UNMAPPED, Product

ALLOW_TAG, IGNORE_TAG = "approved", "hold"
EVERYDAY_TAG: Final = "wholesale"  # of some everyday orders; a person may have the connector ignore them
CONNECTOR_APP: Final = 1758145
EXCLUDED_CHANNEL: Final = "tiktok"
DRAFT: Final = "shopify_draft_order"
IN_STORE_PREFIX: Final = "POS-"
Shape = Callable[[Errand, Random], None]


def shape(errand: Errand, cause: str, chance: Random) -> None:
    """Make a plain order into one that the cause strikes; most causes need nothing of the order."""
    SHAPES.get(cause, _as_it_is)(errand, chance)


def _as_it_is(errand: Errand, chance: Random) -> None:
    pass


def _mirror(errand: Errand, chance: Random) -> None:
    """A till sale that the connector itself wrote into Shopify."""
    order = errand.order
    archived(errand, chance)
    order.name = f"{IN_STORE_PREFIX}{order.number + 7000}"
    order.app_id, order.source_name = CONNECTOR_APP, str(CONNECTOR_APP)
    order.gateways, order.buyer = ["Cash"], None
    finish(order)


def _test(errand: Errand, chance: Random) -> None:
    errand.order.test = True
    errand.order.gateways = ["bogus"]
    finish(errand.order)


def _cancelled(errand: Errand, chance: Random) -> None:
    errand.latest_s = 60


def _draft(errand: Errand, chance: Random) -> None:
    errand.order.source_name = DRAFT


def _channel(errand: Errand, chance: Random) -> None:
    errand.order.source_name = EXCLUDED_CHANNEL


def _hold(errand: Errand, chance: Random) -> None:
    errand.order.on_hold = True
    errand.released_after = hours(chance, 1, 5) if chance.random() < 0.5 else None


def _ignore_tag(errand: Errand, chance: Random) -> None:
    errand.order.tags.append(IGNORE_TAG)
    errand.released_after = hours(chance, 1, 3) if chance.random() < 0.3 else None


def _allow_tag(errand: Errand, chance: Random) -> None:
    errand.order.tags.remove(ALLOW_TAG)


def _refunded(errand: Errand, chance: Random) -> None:
    _shipped_soon(errand, chance)
    errand.refunded_after = timedelta(minutes=chance.uniform(15, 60))


def _duties(errand: Errand, chance: Random) -> None:
    errand.order.duties = Decimal("9.40")
    finish(errand.order)


def _selling(product: Product) -> Shape:
    def swap(errand: Errand, chance: Random) -> None:
        line = errand.order.lines[0]
        line.sku, line.title, line.price = product.sku, product.title, product.price
        finish(errand.order)

    return swap


def _unmapped(errand: Errand, chance: Random) -> None:
    errand.order.locations = [UNMAPPED]


def _no_customer(errand: Errand, chance: Random) -> None:
    errand.order.buyer = None


def _incomplete(errand: Errand, chance: Random) -> None:
    buyer = errand.order.buyer
    if buyer is not None:
        field, value = chance.choice(
            (("email", None), ("email", "no e-mail"), ("zip", ""), ("city", ""), ("address1", ""))
        )
        setattr(buyer, field, value)


def _no_address(errand: Errand, chance: Random) -> None:
    if errand.order.buyer is not None:
        errand.order.buyer.address1 = ""


def _refund_before_shipping(errand: Errand, chance: Random) -> None:
    errand.ships_after = None
    errand.refunded_after = timedelta(minutes=chance.uniform(15, 60))


def _shipped_soon(errand: Errand, chance: Random) -> None:
    errand.ships_after = timedelta(minutes=chance.uniform(15, 60))


def _edited(errand: Errand, chance: Random) -> None:
    errand.edited_after = timedelta(minutes=chance.uniform(15, 60))


def _cancelled_later(errand: Errand, chance: Random) -> None:
    errand.ships_after = None
    errand.cancelled_after = timedelta(minutes=chance.uniform(15, 60))


SHAPES: Final[dict[str, Shape]] = {
    "mirror_of_pos_sale": _mirror,
    "test_order": _test,
    "cancelled_before_download": _cancelled,
    "draft_order": _draft,
    "channel_excluded": _channel,
    "order_on_hold": _hold,
    "ignore_tag_present": _ignore_tag,
    "allow_tag_missing": _allow_tag,
    "fulfilled_orders_off": fulfilled,
    "archived_orders_off": archived,
    "paid_without_transactions_off": imported,
    "partially_paid_excluded": partially_paid,
    "manual_payments_off": manual,
    "payment_not_captured": authorized,
    "refunds_off": _refunded,
    "required_product_unusable": _duties,
    "item_archived": _selling(ARCHIVED),
    "customer_incomplete": _incomplete,
    "sku_unknown": _selling(UNKNOWN),
    "sku_not_unique": _selling(TWIN),
    "location_unmapped": _unmapped,
    "no_customer": _no_customer,
    "pending_refund_on_open": _refund_before_shipping,
    "pending_address_missing": _no_address,
    "paid_not_completed": _shipped_soon,
    "no_product_found_line": _selling(UNKNOWN),
    "edit_not_carried": _edited,
    "refund_not_carried": _refunded,
    "cancel_not_carried": _cancelled_later,
}
