"""The accounts of a shop's outcomes, weighed against each other: which filters are off, and how the connector fares. Pure.

The formula: docs/inference.md. Counted in integers and fractions.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import combinations
from math import comb, factorial, perm

from reconcile.evidence import Outcome
from reconcile.runs import ANY

MISSES, ARRIVALS = 1, 9  # one order in ten is taken to miss by itself, until the shop's own orders say otherwise
DISTURBED = Fraction(1, 20)  # that in the window the connector stops, or begins to miss much of everything
MOST_AT_ONCE = 3
NOTHING_COMES = "nothing comes"  # by a stop, or because filters hold back all that there was: it cannot be told yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """How probable it is that a filter holds orders back now, on how many absent orders that rests, and since when."""

    probability: Fraction
    orders: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """An order that is not there, with the share of orders that take longer than it has been waited for."""

    outcome: Outcome
    slower: Fraction


@dataclass(frozen=True, slots=True)
class Suspect:
    """A filter that may be off: the bits of the absent orders that it would account for, and its prior."""

    trait: str
    run: int
    prior: Fraction
    since: datetime


class Counted:
    """The shop's orders, counted for any account of them: which filters are off, and what disturbs the connector."""

    def __init__(self, ours: Sequence[Outcome], absent: Sequence[Absent]) -> None:
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


@dataclass(slots=True)
class _Weights:
    """The weight of all accounts, and of those in which each filter is off, everything stopped, or nothing can come."""

    total: Fraction = Fraction(0)
    stopped: Fraction = Fraction(0)
    nothing: Fraction = Fraction(0)
    off: dict[str, Fraction] = field(default_factory=dict)

    def add(self, off: Sequence[Suspect], *, stop: Fraction, running: Fraction, holds_all: bool) -> None:
        self.total += stop + running
        self.stopped += stop
        self.nothing += stop + (running if holds_all else 0)
        for one in off:
            self.off[one.trait] = self.off.get(one.trait, Fraction(0)) + stop + running


def posterior(shop: Counted, suspects: Sequence[Suspect]) -> dict[str, Belief]:
    """Bayes' rule over every account: up to three filters off, and the connector as usual, stopped, or disturbed."""
    weights = _Weights()
    for off in _sets(suspects):
        prior, held = Fraction(1), 0
        for one in suspects:
            prior *= one.prior if one in off else 1 - one.prior
            held |= one.run if one in off else 0
        holds_all = bool(shop.stopped) and not shop.stopped & ~held
        stop = prior * _stopped(shop, held)
        weights.add(off, stop=stop, running=prior * _running(shop, suspects, held), holds_all=holds_all)
    last = [one.outcome.eligible_at for place, one in enumerate(shop.absent) if shop.stopped & (1 << place)]
    since = last[0] if last else None
    return _of_suspects(weights, suspects) | {
        ANY: Belief(probability=weights.stopped / weights.total, orders=len(last), since=since),
        NOTHING_COMES: Belief(probability=weights.nothing / weights.total, orders=len(last), since=since),
    }


def _of_suspects(weights: _Weights, suspects: Sequence[Suspect]) -> dict[str, Belief]:
    return {
        one.trait: Belief(
            probability=weights.off[one.trait] / weights.total, orders=one.run.bit_count(), since=one.since
        )
        for one in suspects
    }


def _stopped(shop: Counted, held: int) -> Fraction:
    """The connector stopped after the last order that arrived."""
    return DISTURBED / shop.orders * shop.likelihood(held | shop.stopped, None) if shop.stopped else Fraction(0)


def _running(shop: Counted, suspects: Sequence[Suspect], held: int) -> Fraction:
    """The connector as usual, or disturbed since one of the runs began; if nothing came since then it is a stop."""
    starts = {one.since for one in suspects if shop.arrived and shop.arrived[-1] >= one.since}
    each = DISTURBED / shop.orders
    usual = (1 - each * (len(starts) + 1)) * shop.likelihood(held, None)
    return usual + sum((each * shop.likelihood(held, start) for start in starts), Fraction(0))


def _sets(suspects: Sequence[Suspect]) -> Iterator[tuple[Suspect, ...]]:
    for size in range(MOST_AT_ONCE + 1):
        yield from combinations(suspects, size)
