"""The properties of an order that a filter of the connector can see. Pure."""

from datetime import timedelta
from decimal import Decimal

from reconcile.eligibility import own_tags
from reconcile.model import Order

ARCHIVED_AT_ONCE = timedelta(minutes=2)
FULFILLED_AT_ONCE = timedelta(minutes=2)
LONG_BEFORE = timedelta(days=1)
CREATED_LONG_BEFORE = "created_long_before"  # of an outcome: a day or more before it became eligible
MANUAL_GATEWAYS = ("manual", "bank deposit", "cash on delivery", "cod", "money order")
MOST_TAGS = 20


def traits(order: Order) -> frozenset[str]:
    """The properties of an order that a connector's filter can see, as it stood soon after its creation."""
    soon = order.created_at + ARCHIVED_AT_ONCE
    found = {"archived"} if order.closed_at and order.closed_at <= soon else set()
    found |= shipping_traits(order)
    if paid_without_transactions(order):
        found.add("paid_without_transactions")
    if order.financial_status == "partially_paid":
        found.add("partially_paid")
    if order.financial_status == "pending":
        found.add("payment_pending" if paid_by_hand(order) else "payment_processing")
    if order.financial_status == "authorized":
        found.add("authorized")
    if order.source_name:
        found.add(f"channel:{order.source_name}")
    found.update(f"location:{name}" for name in order.assigned_locations or ())
    found.update(f"tag:{tag}" for tag in sorted(own_tags(order))[:MOST_TAGS])
    return frozenset(found)


def shipping_traits(order: Order) -> frozenset[str]:
    """Shipped at once, or not; one that was partly shipped counts as unfulfilled, as it does for the connector."""
    if order.fulfilled_at is None:
        return frozenset({"unfulfilled"})
    if order.fulfilled_at > order.created_at + FULFILLED_AT_ONCE:
        return frozenset({"unfulfilled", "shipped_later"})
    return frozenset({"unfulfilled" if order.fulfillment_status == "partial" else "fulfilled"})


def paid_by_hand(order: Order) -> bool:
    """Whether its payment is one that a person has to note: a manual method, or no payment provider at all."""
    names = [name.strip().lower() for name in order.gateways if name.strip()]
    return all(any(f"{name} ".startswith(f"{manual} ") for manual in MANUAL_GATEWAYS) for name in names)


def paid_without_transactions(order: Order) -> bool:
    """Marked as paid while no successful sale or capture is on it (an imported or marketplace order).

    No webhook carries the payments: while they are unread, an order without a payment provider counts as such. One that
    was still pending when they were read has been paid since.
    """
    if order.financial_status != "paid" or order.total == Decimal(0):
        return False
    if order.payments is None:
        return not any(name.strip() for name in order.gateways)
    taken = [payment.status for payment in order.payments if payment.kind in ("sale", "capture")]
    return "success" not in taken and "pending" not in taken
