"""What the outcomes of a shop's other orders say about the connector's settings. Pure.

A filter that is off holds back every order with its property and lets the others through. An order is held back by a
filter when the orders like it that became eligible around it are all late, none that became eligible later has
arrived, and orders without the property did arrive meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reconcile.evidence import Outcome
from reconcile.model import Order

ARCHIVED_AT_ONCE = timedelta(minutes=2)
FULFILLED_AT_ONCE = timedelta(minutes=2)
ENOUGH_LATE = 3  # orders with the property, in a row, before it is called likely
ENOUGH_ARRIVED = 3  # orders without it that arrived meanwhile
ENOUGH_STALLED = 5  # eligible orders in a row, of any kind, none arrived
MANUAL_GATEWAYS = ("manual", "bank deposit", "cash on delivery", "cod", "money order")


def traits(order: Order) -> frozenset[str]:
    """The properties of an order that a connector's filter can see, as it stood soon after its creation."""
    soon = order.created_at + ARCHIVED_AT_ONCE
    found = {"archived"} if order.closed_at and order.closed_at <= soon else set()
    fulfilled_soon = order.fulfilled_at is not None and order.fulfilled_at <= order.created_at + FULFILLED_AT_ONCE
    found.add("fulfilled" if fulfilled_soon else "unfulfilled")
    if paid_without_transactions(order):
        found.add("paid_without_transactions")
    if order.financial_status == "partially_paid":
        found.add("partially_paid")
    if order.financial_status == "pending":
        found.add("payment_pending")
    if order.financial_status == "authorized":
        found.add("authorized")
    if order.source_name:
        found.add(f"channel:{order.source_name}")
    found.update(f"location:{name}" for name in order.assigned_locations or ())
    return frozenset(found)


def paid_without_transactions(order: Order) -> bool:
    """Marked as paid while no successful sale or capture is on it (an imported or marketplace order)."""
    if order.financial_status != "paid" or order.payments is None or order.total == Decimal(0):
        return False
    return not any(payment.kind in ("sale", "capture") and payment.status == "success" for payment in order.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What speaks for a filter: how many orders with the property are late in a row, and since when."""

    late: int
    arrived_without: int
    since: datetime


def arrived_later(outcomes: Sequence[Outcome], trait: str, after: datetime) -> bool:
    """Whether an order with the property that became eligible after this moment has arrived: the filter is open."""
    return any(o.arrived_at is not None and trait in o.traits and o.eligible_at > after for o in outcomes)


def held_back(outcomes: Sequence[Outcome], trait: str, at: datetime) -> HeldBack | None:
    """The run of late orders with `trait` around `at`, when it is long enough to be likely the filter's doing."""
    if arrived_later(outcomes, trait, at):
        return None
    alike = [o for o in outcomes if trait in o.traits and not o.explained]
    opened = max((o.eligible_at for o in alike if o.arrived_at is not None), default=None)
    run = [o for o in alike if o.arrived_at is None and o.late and (opened is None or o.eligible_at > opened)]
    if len(run) < ENOUGH_LATE:
        return None
    since = min(o.eligible_at for o in run)
    others = [o for o in outcomes if trait not in o.traits and not o.explained and o.eligible_at >= since]
    arrived = sum(1 for o in others if o.arrived_at is not None)
    absent = sum(1 for o in others if o.arrived_at is None and o.late)
    if arrived < ENOUGH_ARRIVED or absent > arrived:
        return None
    return HeldBack(late=len(run), arrived_without=arrived, since=since)


def stalled_since(outcomes: Sequence[Outcome]) -> HeldBack | None:
    """The run of late orders at the end of the shop's history when nothing that became eligible in it has arrived."""
    ours = [o for o in outcomes if not o.explained]
    opened = max((o.eligible_at for o in ours if o.arrived_at is not None), default=None)
    run = [o for o in ours if o.arrived_at is None and o.late and (opened is None or o.eligible_at > opened)]
    if len(run) < ENOUGH_STALLED:
        return None
    return HeldBack(late=len(run), arrived_without=0, since=min(o.eligible_at for o in run))
