"""What the outcomes of a shop's other orders say about the connector's settings. Pure.

A filter that is off holds back every order with its property and lets the others through. An order is held back by a
filter when the orders like it that became eligible around it are all late, none that became eligible later has
arrived, and orders without the property did arrive meanwhile,
overtaking them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from reconcile.evidence import Outcome
from reconcile.model import Order

ARCHIVED_AT_ONCE = timedelta(minutes=2)
FULFILLED_AT_ONCE = timedelta(minutes=2)
ENOUGH_LATE = 3  # orders with the property, in a row, before it is called likely
ENOUGH_ARRIVED = 3  # orders without it that arrived meanwhile
ENOUGH_AMID = 10  # orders with the property, before one arrival among them says as much as three
WORKED_OFF = timedelta(minutes=10)  # what a queue still holds so long after it went on again is in no queue
ENOUGH_STALLED = 5  # eligible orders in a row, of any kind, none arrived
ANY = ""  # the trait that every order has
MANUAL_GATEWAYS = ("manual", "bank deposit", "cash on delivery", "cod", "money order")


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

    No webhook carries the payments: while they are unread, an order without a payment provider counts as such.
    """
    if order.financial_status != "paid" or order.total == Decimal(0):
        return False
    if order.payments is None:
        return not any(name.strip() for name in order.gateways)
    return not any(payment.kind in ("sale", "capture") and payment.status == "success" for payment in order.payments)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """What speaks for a filter: how many orders with the property are late in a row, and since when."""

    late: int
    arrived_without: int
    since: datetime


def last_open(outcomes: Sequence[Outcome], trait: str, grace: timedelta | None = None) -> datetime | None:
    """The last moment at which the connector is known to have let an order with the property through.

    An order that came in time passed when it became eligible. With `grace` given, one that came later than that passed
    when it came: it had been held back, and something has let it in since (a fix, a touch).
    """
    return max((_passed_at(o, grace) for o in outcomes if o.arrived_at and has(o, trait)), default=None)


def has(outcome: Outcome, trait: str) -> bool:
    return trait == ANY or trait in outcome.traits


def _passed_at(outcome: Outcome, grace: timedelta | None) -> datetime:
    came = outcome.arrived_at
    held = came is not None and grace is not None and came - outcome.eligible_at > grace
    return came if came is not None and held else outcome.eligible_at


def arrived_later(outcomes: Sequence[Outcome], trait: str, after: datetime, grace: timedelta | None = None) -> bool:
    """Whether an order with the property has passed after this moment: the filter is open."""
    # From the newest on: at a shop where all is well the first one answers.
    return any(o.arrived_at and has(o, trait) and _passed_at(o, grace) > after for o in reversed(outcomes))


def late_run(outcomes: Sequence[Outcome], trait: str, grace: timedelta | None = None) -> list[Outcome]:
    """The late orders with the property that became eligible after the last one that passed."""
    opened = last_open([o for o in outcomes if not o.explained], trait, grace)
    return [
        o for o in outcomes
        if has(o, trait) and o.late and o.arrived_at is None and not o.explained
        and (opened is None or o.eligible_at > opened)
    ]  # fmt: skip


def held_back(
    outcomes: Sequence[Outcome],
    trait: str,
    at: datetime,
    grace: timedelta | None = None,
    *,
    enough: int = ENOUGH_LATE,
) -> HeldBack | None:
    """The run of late orders with `trait` around `at`, when it is long enough to be likely the filter's doing."""
    if arrived_later(outcomes, trait, at, grace):
        return None
    run = late_run(outcomes, trait, grace)
    if len(run) < enough:
        return None
    since = min(o.eligible_at for o in run)
    others = [o for o in outcomes if not has(o, trait) and not o.explained and o.eligible_at >= since]
    came = [o for o in others if o.arrived_at is not None]
    absent = sum(1 for o in others if o.arrived_at is None and o.late)
    if absent > len(came) or not _tells(run, came, enough):
        return None
    return HeldBack(late=len(run), arrived_without=len(came), since=since)


def _tells(run: Sequence[Outcome], came: Sequence[Outcome], enough: int) -> bool:
    """Whether the others that arrived tell a filter from a queue: they overtook the late ones, and were not one by chance.

    Where others are rare, a single one that came amid a long run is enough.
    """
    newest = max((o.eligible_at for o in came), default=None)
    if newest is None or sum(o.eligible_at <= newest for o in run) < enough:
        return False
    behind = sum(o.eligible_at > newest for o in run)
    return len(came) >= ENOUGH_ARRIVED or (len(run) >= ENOUGH_AMID and behind >= ENOUGH_LATE)


def left_behind(outcomes: Sequence[Outcome], at: datetime, now: datetime, grace: timedelta) -> HeldBack | None:
    """The run of orders around `at` that all stayed away while earlier and later ones came: what held them is over.

    A queue that stood works off what waits in it; what has not come some time after the first later order is in none.
    """
    ours = [o for o in outcomes if not o.explained]
    passed = [o for o in ours if o.arrived_at is not None and o.arrived_at - o.eligible_at <= grace]
    opened = min((o for o in passed if o.eligible_at > at), key=lambda o: o.eligible_at, default=None)
    closed = max((o.eligible_at for o in passed if o.eligible_at < at), default=None)
    if opened is None or opened.arrived_at is None or now - opened.arrived_at < WORKED_OFF:
        return None
    run = [o for o in ours if o.eligible_at < opened.eligible_at and (closed is None or o.eligible_at > closed)]
    by_itself = [o for o in run if o.arrived_at is not None and o.arrived_at < opened.arrived_at + WORKED_OFF]
    if len(run) < ENOUGH_STALLED or by_itself:
        return None
    return HeldBack(late=len(run), arrived_without=0, since=min(o.eligible_at for o in run))


def outrun(outcomes: Sequence[Outcome], now: datetime, grace: timedelta) -> list[Outcome]:
    """The same outcomes, those as late that most others had outrun at their age: a third of the grace."""
    return [replace(o, late=o.late or (o.arrived_at is None and now - o.eligible_at >= grace / 3)) for o in outcomes]


def stalled_since(outcomes: Sequence[Outcome]) -> HeldBack | None:
    """The run of late orders at the end of the shop's history when nothing that became eligible in it has arrived."""
    ours = [o for o in outcomes if not o.explained]
    opened = max((o.eligible_at for o in ours if o.arrived_at is not None), default=None)
    run = [o for o in ours if o.arrived_at is None and o.late and (opened is None or o.eligible_at > opened)]
    if len(run) < ENOUGH_STALLED:
        return None
    return HeldBack(late=len(run), arrived_without=0, since=min(o.eligible_at for o in run))
