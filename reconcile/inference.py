"""What the outcomes of a shop's orders say about the connector's settings: a probability for every filter. Pure.

The model, its formula and a worked example: docs/inference.md. Everything is counted in integers and fractions, so that
the same orders give the same figures everywhere.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from reconcile.accounts import Absent, Belief, Counted, Suspect, posterior
from reconcile.evidence import Outcome
from reconcile.runs import WITHOUT, Run, arrived_later, has, last_open, telling

LIKELY = Fraction(95, 100)
POSSIBLE = Fraction(1, 4)
USUAL = Fraction(1, 20)  # that a filter is off, before any order was seen
NAMED = Fraction(1, 2000)  # the same for each of the many channels and tags
OUTRUN = Fraction(1, 20)  # an order that nineteen of twenty outran tells as much as a late one
ENOUGH_LATE = 3  # orders with the property, in a row, before it is called likely
ENOUGH_ARRIVED = 3  # orders without it that arrived meanwhile
ENOUGH_AMID = 10  # orders with the property, before one arrival among them says as much as three
MOST_YOUNG = 20  # absent orders that are not late yet and are weighed one by one
MOST_SUSPECTS = 5
NO_FILTER = frozenset({"shipped_later"})  # what only qualifies another property
NAMED_KINDS = ("channel:", "tag:", WITHOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack(Run):
    """What speaks for a filter: a run of orders with its property, and how probable the filter is."""

    probability: Fraction


def belief(
    outcomes: Sequence[Outcome],
    trait: str,
    grace: timedelta | None = None,
    priors: tuple[tuple[str, Fraction], ...] = (),
) -> Belief:
    """What these orders say of one filter, beside every other that could account for them."""
    found = _beliefs(tuple(outcomes), grace, priors).get(trait)
    return found or Belief(probability=dict(priors).get(trait, usual_prior(trait)))


def beliefs(
    outcomes: Sequence[Outcome], grace: timedelta | None = None, priors: tuple[tuple[str, Fraction], ...] = ()
) -> Mapping[str, Belief]:
    """The same for every property that one of the orders has."""
    return _beliefs(tuple(outcomes), grace, priors)


def held_back(
    outcomes: Sequence[Outcome],
    trait: str,
    at: datetime,
    grace: timedelta | None = None,
    *,
    enough: int = ENOUGH_LATE,
    least: Fraction = LIKELY,
    priors: tuple[tuple[str, Fraction], ...] = (),
) -> HeldBack | None:
    """The run of absent orders with `trait` around `at`, when it is at least so probably the filter's doing."""
    if arrived_later(telling(outcomes, trait), trait, at, grace):
        return None
    ours = [one for one in outcomes if not one.explained]
    absent = [one.outcome for one in _run(_absent(ours), ours, trait, grace) if one.slower <= OUTRUN]
    run = telling(absent, trait)
    if len(run) < enough:
        return None
    since = min(one.eligible_at for one in run)
    came = [o for o in ours if not has(o, trait) and o.arrived_at is not None and o.eligible_at >= since]
    probability = belief(outcomes, trait, grace, priors).probability
    if probability < least or not _overtaken(run, came, enough):
        return None
    return HeldBack(late=len(run), arrived_without=len(came), since=since, probability=probability)


def usual_prior(trait: str) -> Fraction:
    """How probable a filter is before anything is known of the shop."""
    return NAMED if trait.startswith(NAMED_KINDS) else USUAL


def _overtaken(run: Sequence[Outcome], came: Sequence[Outcome], enough: int) -> bool:
    """Whether the others that arrived tell a filter from a queue: they overtook the late ones, and were not one by chance.

    Where others are rare, a single one that came amid a long run is enough.
    """
    newest = max((o.eligible_at for o in came), default=None)
    if newest is None or sum(o.eligible_at <= newest for o in run) < enough:
        return False
    behind = sum(o.eligible_at > newest for o in run)
    return len(came) >= ENOUGH_ARRIVED or (len(run) >= ENOUGH_AMID and behind >= ENOUGH_LATE)


# --- what is known of each order ------------------------------------------------------------------------------------


def _absent(ours: Sequence[Outcome]) -> list[Absent]:
    """The absent orders that tell something: the late ones, and the youngest of the others that many have outrun."""
    took = sorted(one.took for one in ours if one.took is not None)
    missing = sorted((one for one in ours if one.arrived_at is None), key=lambda one: one.eligible_at)
    found = [Absent(one, _slower(one, took)) for one in missing]
    young = [one for one in found if 0 < one.slower < 1][-MOST_YOUNG:]
    kept = {one.outcome.order_id for one in young}
    return [one for one in found if not one.slower or one.outcome.order_id in kept]


def _slower(one: Outcome, took: Sequence[timedelta]) -> Fraction:
    """The share of this shop's orders that take longer than this one has been absent for; none when it is late."""
    if one.late:
        return Fraction(0)
    if one.waited is None:
        return Fraction(1)
    return Fraction(1 + len(took) - bisect_right(took, one.waited), 2 + len(took))


def _run(absent: Sequence[Absent], ours: Sequence[Outcome], trait: str, grace: timedelta | None) -> list[Absent]:
    """The absent orders with the property since the last one that passed."""
    opened = last_open(telling(ours, trait), trait, grace)
    if opened is not None:
        absent = [one for one in absent if one.outcome.eligible_at > opened]
    return [one for one in absent if has(one.outcome, trait)]


# --- the model ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)  # one for each switch, whose own declaration does not count, and some more
def _beliefs(
    outcomes: tuple[Outcome, ...], grace: timedelta | None, priors: tuple[tuple[str, Fraction], ...]
) -> Mapping[str, Belief]:
    ours = [one for one in outcomes if not one.explained]
    absent = _absent(ours)
    places = {one.outcome.order_id: place for place, one in enumerate(absent)}
    given = dict(priors)
    found, suspects = {}, []
    for trait in _traits(ours, absent):
        run = _run(absent, ours, trait, grace)
        prior = _prior(ours, trait, run, given.get(trait, usual_prior(trait)))
        found[trait] = Belief(probability=prior)
        if len(run) >= (ENOUGH_LATE if trait.startswith(NAMED_KINDS) else 1):
            bits = sum(1 << places[one.outcome.order_id] for one in run)
            suspects.append(Suspect(trait, bits, prior, run[0].outcome.eligible_at))
    suspects.sort(key=lambda one: (-one.run.bit_count(), one.trait))
    return found | posterior(Counted(ours, absent), suspects[:MOST_SUSPECTS])


def _traits(ours: Sequence[Outcome], absent: Sequence[Absent]) -> list[str]:
    """Every property, and the absence of each tag that several arrived orders have: the connector may ask for it.

    Of channels and tags, of which a shop may have thousands, those alone that enough absent orders have in common.
    """
    every = {trait for one in ours for trait in one.traits} - NO_FILTER
    away = Counter(trait for one in absent for trait in one.outcome.traits)
    found = {trait for trait in every if not trait.startswith(NAMED_KINDS) or away[trait] >= ENOUGH_LATE}
    came = Counter(trait for one in ours if one.arrived_at for trait in one.traits if trait.startswith("tag:"))
    asked_for = {tag for tag, count in came.items() if count >= ENOUGH_ARRIVED}
    lacking = (WITHOUT + tag for tag in asked_for if len(absent) - away[tag] >= ENOUGH_LATE)
    return [*sorted(found), *sorted(lacking)]


def _prior(ours: Sequence[Outcome], trait: str, run: Sequence[Absent], prior: Fraction) -> Fraction:
    """That the filter was off all along, when no order ever passed; else that it was switched off just then."""
    mine = [one for one in telling(ours, trait) if has(one, trait)]
    passed = any(one.arrived_at for one in mine)
    return prior / (len(mine) + (not run)) if passed else prior
