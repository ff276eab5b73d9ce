"""What may keep an order pending in Heartland, seen on its records. Not a rule.

Source: facts/heartland-api.md, 3.3 (why it stays pending).
"""

from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Refund, RequiredField, Sale, SaleKind
from reconcile.rules._present import short, stuck

ZERO = Decimal(0)


def held(ev: Evidence) -> tuple[Sale, ...]:
    """The records that are stuck; none of a cancelled order, which nobody should complete."""
    return () if ev.order.cancelled_at else stuck(ev)


def held_sales(ev: Evidence) -> tuple[Sale, ...]:
    """The stuck records without the refunds."""
    return tuple(sale for sale in held(ev) if sale.kind is SaleKind.SALE)


def required_on_sales(ev: Evidence) -> tuple[RequiredField, ...] | None:
    """The fields that the POS requires on an order, its lines or its payments; None when they were not read."""
    fields = ev.shop.set_up.required_fields if ev.shop.set_up else None
    return None if fields is None else tuple(one for one in fields if one.group.startswith("sales"))


def empty_fields(ev: Evidence) -> tuple[RequiredField, ...]:
    """The required fields that are seen empty on a stuck record."""
    empty = {key for sale in held(ev) for key in sale.unfilled_fields or ()}
    return tuple(one for one in required_on_sales(ev) or () if one.key in empty)


def without_address(ev: Evidence) -> tuple[Sale, ...]:
    """The stuck orders that are seen to have no address."""
    return tuple(sale for sale in held_sales(ev) if sale.has_address is False)


def refunded_meanwhile(ev: Evidence) -> tuple[Refund, ...]:
    """The refunds that were made in Shopify after the stuck order had come into the POS."""
    came = [sale.created_at for sale in held_sales(ev) if sale.created_at is not None]
    return tuple(one for one in ev.order.refunds if one.amount > ZERO and came and one.created_at >= min(came))


def unsettled(sale: Sale) -> Decimal | None:
    """What is still to be paid on a record, negative when too much was paid; None when the POS does not say."""
    if sale.balance is not None:
        return sale.balance
    return None if sale.total is None or sale.paid is None else sale.total - sale.paid


def seen(ev: Evidence) -> bool:
    """Whether the record itself shows what it lacks; what is only likely has nothing to add then."""
    return bool(empty_fields(ev) or without_address(ev) or (held_sales(ev) and short(ev)))
