"""What the outcomes of a shop's orders say about the connector's settings: a probability for every filter. Pure.

The model, its formula and a worked example: docs/inference.md. Everything is counted in integers and fractions, so that
the same orders give the same figures everywhere.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import comb, factorial, perm

from reconcile.evidence import Outcome
from reconcile.runs import ANY, WITHOUT, Run, arrived_later, has, last_open, telling

LIKELY = Fraction(95, 100)
POSSIBLE = Fraction(1, 4)
MISSES, ARRIVALS = 1, 9  # one order in ten is taken to miss by itself, until the shop's own orders say otherwise
USUAL = Fraction(1, 20)  # that a filter is off, before any order was seen
NAMED = Fraction(1, 2000)  # the same for each of the many channels and tags
DISTURBED = Fraction(1, 20)  # that in the window the connector stops, or begins to miss much of everything
OUTRUN = Fraction(1, 20)  # an order that nineteen of twenty outran tells as much as a late one
ENOUGH_LATE = 3  # orders with the property, in a row, before it is called likely
ENOUGH_ARRIVED = 3  # orders without it that arrived meanwhile
ENOUGH_AMID = 10  # orders with the property, before one arrival among them says as much as three
MOST_YOUNG = 20  # absent orders that are not late yet and are weighed one by one
MOST_SUSPECTS = 5
MOST_AT_ONCE = 3
NOTHING_COMES = "nothing comes"  # by a stop, or because filters hold back all that there was: it cannot be told yet
NO_FILTER = frozenset({"shipped_later"})  # what only qualifies another property
NAMED_KINDS = ("channel:", "tag:", WITHOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """How probable it is that a filter holds orders back now, on how many absent orders that rests, and since when."""

    probability: Fraction
    orders: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack(Run):
    """What speaks for a filter: a run of orders with its property, and how probable the filter is."""

    probability: Fraction


@dataclass(frozen=True, slots=True)
class _Absent:
    """An order that is not there, with the share of orders that take longer than it has been waited for."""

    outcome: Outcome
    slower: Fraction


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A filter that may be off: the bits of the absent orders that it would account for, and its prior."""

    trait: str
    run: int
    prior: Fraction
    since: datetime


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


def _absent(ours: Sequence[Outcome]) -> list[_Absent]:
    """The absent orders that tell something: the late ones, and the youngest of the others that many have outrun."""
    took = sorted(one.took for one in ours if one.took is not None)
    missing = sorted((one for one in ours if one.arrived_at is None), key=lambda one: one.eligible_at)
    found = [_Absent(one, _slower(one, took)) for one in missing]
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


def _run(absent: Sequence[_Absent], ours: Sequence[Outcome], trait: str, grace: timedelta | None) -> list[_Absent]:
    """The absent orders with the property since the last one that passed."""
    opened = last_open(telling(ours, trait), trait, grace)
    if opened is not None:
        absent = [one for one in absent if one.outcome.eligible_at > opened]
    return [one for one in absent if has(one.outcome, trait)]


# --- the model ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _beliefs(
    outcomes: tuple[Outcome, ...], grace: timedelta | None, priors: tuple[tuple[str, Fraction], ...]
) -> Mapping[str, Belief]:
    ours = [one for one in outcomes if not one.explained]
    absent = _absent(ours)
    places = {one.outcome.order_id: place for place, one in enumerate(absent)}
    given = dict(priors)
    found, suspects = {}, []
    for trait in _traits(ours):
        run = _run(absent, ours, trait, grace)
        prior = _prior(ours, trait, run, given.get(trait, usual_prior(trait)))
        found[trait] = Belief(probability=prior)
        if len(run) >= (ENOUGH_LATE if trait.startswith(NAMED_KINDS) else 1):
            bits = sum(1 << places[one.outcome.order_id] for one in run)
            suspects.append(_Suspect(trait, bits, prior, run[0].outcome.eligible_at))
    suspects.sort(key=lambda one: (-one.run.bit_count(), one.trait))
    return found | _posterior(_Shop(ours, absent), suspects[:MOST_SUSPECTS])


def _traits(ours: Sequence[Outcome]) -> list[str]:
    """Every property, and the absence of each tag that several arrived orders have: the connector may ask for it."""
    found = {trait for one in ours for trait in one.traits} - NO_FILTER
    seen = [trait for one in ours if one.arrived_at for trait in one.traits if trait.startswith("tag:")]
    return sorted(found) + [WITHOUT + tag for tag in sorted(set(seen)) if seen.count(tag) >= ENOUGH_ARRIVED]


def _prior(ours: Sequence[Outcome], trait: str, run: Sequence[_Absent], prior: Fraction) -> Fraction:
    """That the filter was off all along, when no order ever passed; else that it was switched off just then."""
    mine = [one for one in telling(ours, trait) if has(one, trait)]
    passed = any(one.arrived_at for one in mine)
    return prior / (len(mine) + (not run)) if passed else prior


class _Shop:
    """The shop's orders, counted for any account of them: which filters are off, and what disturbs the connector."""

    def __init__(self, ours: Sequence[Outcome], absent: Sequence[_Absent]) -> None:
        self.absent = absent
        self.arrived = sorted(one.eligible_at for one in ours if one.arrived_at is not None)
        self.orders = max(1, len(ours))
        self._eligible = [one.outcome.eligible_at for one in absent]
        self._late = sum(1 << place for place, one in enumerate(absent) if not one.slower)
        self.all = (1 << len(absent)) - 1

    def since(self, moment: datetime) -> int:
        """The absent orders that became eligible then or later."""
        return self.all & ~((1 << bisect_left(self._eligible, moment)) - 1)

    @property
    def stopped(self) -> int:
        """The absent orders after the last one that arrived."""
        return self.all & ~((1 << bisect_right(self._eligible, self.arrived[-1])) - 1) if self.arrived else self.all

    def likelihood(self, held: int, disturbed: datetime | None) -> Fraction:
        """How probable the outcomes are when the orders `held` had to stay away, and the others had not.

        From `disturbed` on the others miss at a rate of its own, of which nothing is known.
        """
        free = self.all & ~held
        if disturbed is None:
            return self._ordinary(free, len(self.arrived))
        since = self.since(disturbed)
        after = len(self.arrived) - bisect_left(self.arrived, disturbed)
        missed = (free & since).bit_count()
        own = Fraction(1, (missed + after + 1) * comb(missed + after, missed))
        return own * self._ordinary(free & ~since, len(self.arrived) - after)

    def _ordinary(self, absent: int, arrived: int) -> Fraction:
        late = (absent & self._late).bit_count()
        young = [one.slower for place, one in enumerate(self.absent) if absent & ~self._late & (1 << place)]
        return missed(late, arrived, young)


def missed(late: int, arrived: int, slower: Sequence[Fraction] = ()) -> Fraction:
    """The probability that, of orders that nothing holds back, these are late and those arrived, in this order.

    The rate of misses m is integrated out under its Beta prior. A young absent order has missed, or is among the share
    of orders that is `slower`: m + (1 - m) · slower.
    """
    ways = [Fraction(1)]  # by how many of the young ones have missed
    for share in slower:
        ways = [a * share + b for a, b in zip([*ways, Fraction(0)], [Fraction(0), *ways], strict=True)]
    return sum(
        (way * _marginal(late + miss, arrived + len(slower) - miss) for miss, way in enumerate(ways)), Fraction(0)
    )


def _marginal(misses: int, arrivals: int) -> Fraction:
    """Beta(MISSES + misses, ARRIVALS + arrivals) ÷ Beta(MISSES, ARRIVALS), the former being 1."""
    above = ARRIVALS * factorial(misses)
    return Fraction(above, perm(ARRIVALS + arrivals + misses, misses + 1))


def _posterior(shop: _Shop, suspects: Sequence[_Suspect]) -> dict[str, Belief]:
    """Bayes' rule over every account: up to three filters off, and the connector as usual, stopped, or disturbed."""
    weights: dict[str, Fraction] = dict.fromkeys([one.trait for one in suspects], Fraction(0))
    total = stopped = nothing = Fraction(0)
    for off in _sets(suspects):
        prior, held = Fraction(1), 0
        for one in suspects:
            prior *= one.prior if one in off else 1 - one.prior
            held |= one.run if one in off else 0
        stop = (
            prior * DISTURBED / shop.orders * shop.likelihood(held | shop.stopped, None)
            if shop.stopped
            else Fraction(0)
        )
        running = prior * _running(shop, suspects, held)
        weight = stop + running
        stopped, total = stopped + stop, total + weight
        nothing += stop if shop.stopped & ~held else weight if shop.stopped else Fraction(0)
        for one in off:
            weights[one.trait] += weight
    found = {
        one.trait: Belief(
            probability=weights[one.trait] / total, orders=one.run.bit_count(), since=one.since,
        )
        for one in suspects
    }  # fmt: skip
    still = [one.outcome for place, one in enumerate(shop.absent) if shop.stopped & (1 << place)]
    since = still[0].eligible_at if still else None
    return found | {
        ANY: Belief(probability=stopped / total, orders=len(still), since=since),
        NOTHING_COMES: Belief(probability=nothing / total, orders=len(still), since=since),
    }


def _running(shop: _Shop, suspects: Sequence[_Suspect], held: int) -> Fraction:
    """The connector as usual, or disturbed since one of the runs began; if nothing came since then it is a stop."""
    starts = {one.since for one in suspects if shop.arrived and shop.arrived[-1] >= one.since}
    each = DISTURBED / shop.orders
    usual = (1 - each * (len(starts) + 1)) * shop.likelihood(held, None)
    return usual + sum((each * shop.likelihood(held, start) for start in starts), Fraction(0))


def _sets(suspects: Sequence[_Suspect]) -> Iterator[tuple[_Suspect, ...]]:
    for size in range(MOST_AT_ONCE + 1):
        yield from combinations(suspects, size)
