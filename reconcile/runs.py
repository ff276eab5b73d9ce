"""Runs of orders that stay away: which orders with a property came last, and which are late since. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconcile.evidence import Outcome

WORKED_OFF = timedelta(minutes=10)  # what a queue still holds so long after it went on again is in no queue
ENOUGH_STALLED = 5  # eligible orders in a row, of any kind, none arrived
NEXT = 3  # so many of the next orders may be held back by something else
ANY = ""  # the trait that every order has
WITHOUT = "without:"  # before the name of a trait: the orders that have it not


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Orders in a row that are late, how many others arrived meanwhile, and since when."""

    late: int
    arrived_without: int
    since: datetime


def has(outcome: Outcome, trait: str) -> bool:
    if trait.startswith(WITHOUT):
        return trait.removeprefix(WITHOUT) not in outcome.traits
    return trait == ANY or trait in outcome.traits


def telling(outcomes: Sequence[Outcome], trait: str) -> Sequence[Outcome]:
    """The outcomes that say something about a property.

    Once an unfulfilled order was shipped nobody knows whether it came before or because of that.
    """
    if trait != "unfulfilled":
        return outcomes
    return [one for one in outcomes if "shipped_later" not in one.traits]


def last_open(outcomes: Sequence[Outcome], trait: str, grace: timedelta | None = None) -> datetime | None:
    """The last moment at which the connector is known to have let an order with the property through.

    An order that came in time passed when it became eligible. With `grace` given, one that came later than that after a
    touch passed when it came: it had been held back, and the connector has looked at it again. A late one that nobody
    touched says nothing: it was slow, it waited in a queue, or somebody has sent it by hand.
    """
    passed = (_passed_at(o, grace) for o in outcomes if o.arrived_at and has(o, trait))
    return max((at for at in passed if at is not None), default=None)


def _passed_at(outcome: Outcome, grace: timedelta | None) -> datetime | None:
    came = outcome.arrived_at
    if came is None or grace is None or came - outcome.eligible_at <= grace:
        return outcome.eligible_at
    return came if outcome.touched else None


def arrived_later(outcomes: Sequence[Outcome], trait: str, after: datetime, grace: timedelta | None = None) -> bool:
    """Whether an order with the property has passed after this moment: the filter is open."""
    # From the newest on: at a shop where all is well the first one answers.
    passed = (_passed_at(o, grace) for o in reversed(outcomes) if o.arrived_at and has(o, trait))
    return any(at is not None and at > after for at in passed)


def left_behind(outcomes: Sequence[Outcome], at: datetime, now: datetime, grace: timedelta) -> Run | None:
    """The run of orders around `at` that all stayed away while earlier and later ones came: what held them is over.

    A queue that stood works off what waits in it; what has not come some time after the first later order is in none.
    Where the whole run has a property in common, one of the next that have it must have come too: a filter may hold them.
    """
    ours = [o for o in outcomes if not o.explained]
    passed = [o for o in ours if o.arrived_at is not None and o.arrived_at - o.eligible_at <= grace]
    opened = min((o for o in passed if o.eligible_at > at), key=lambda o: o.eligible_at, default=None)
    closed = max((o.eligible_at for o in passed if o.eligible_at < at), default=None)
    if opened is None or opened.arrived_at is None or now - opened.arrived_at < WORKED_OFF:
        return None
    run = [o for o in ours if o.eligible_at < opened.eligible_at and (closed is None or o.eligible_at > closed)]
    by_itself = [o for o in run if o.arrived_at is not None and o.arrived_at < opened.arrived_at + WORKED_OFF]
    if len(run) < ENOUGH_STALLED or by_itself or not _all_kinds_pass(run, ours, passed):
        return None
    return Run(late=len(run), arrived_without=0, since=min(o.eligible_at for o in run))


def _all_kinds_pass(run: Sequence[Outcome], ours: Sequence[Outcome], passed: Sequence[Outcome]) -> bool:
    """Whether of every property that the whole run shares one of the next orders after it has passed."""
    shared = frozenset.intersection(*(one.traits for one in run)) - {"shipped_later"}
    last = max(one.eligible_at for one in run)
    after = sorted((one for one in ours if one.eligible_at > last), key=lambda one: one.eligible_at)
    following = ([one for one in after if trait in one.traits][:NEXT] for trait in shared)
    return all(any(one in passed for one in some) for some in following)


def outrun(outcomes: Sequence[Outcome], now: datetime, grace: timedelta) -> list[Outcome]:
    """The same outcomes, those as late that most others had outrun at their age: a third of the grace."""
    return [replace(o, late=o.late or (o.arrived_at is None and now - o.eligible_at >= grace / 3)) for o in outcomes]


def stalled_since(outcomes: Sequence[Outcome]) -> Run | None:
    """The run of late orders at the end of the shop's history when nothing that became eligible in it has arrived."""
    ours = [o for o in outcomes if not o.explained]
    opened = max((o.eligible_at for o in ours if o.arrived_at is not None), default=None)
    run = [o for o in ours if o.arrived_at is None and o.late and (opened is None or o.eligible_at > opened)]
    if len(run) < ENOUGH_STALLED:
        return None
    return Run(late=len(run), arrived_without=0, since=min(o.eligible_at for o in run))
