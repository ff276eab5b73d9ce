"""How long the connector usually takes at this shop, and from when on an absent order is missing. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import exp, log, sqrt
from statistics import NormalDist, fmean, stdev

NEEDED = 200
FEW = 20  # arrivals, from which on their spread says something
PLENTY = 3_000
FACTOR = 1.5
QUANTILE = 0.999
LEAST = timedelta(minutes=3)
MOST = timedelta(hours=4)
DEVIATIONS = NormalDist().inv_cdf(QUANTILE)
SURE = NormalDist().inv_cdf(0.99)
OUTAGE = timedelta(minutes=3)  # a POS that fails for longer was down; a shorter failure holds nothing up


def grace(arrivals: Sequence[timedelta], missing_after: timedelta) -> timedelta:
    """1.5 × the 99.9th percentile of the arrival times seen, within 3 minutes and 4 hours.

    The percentile is the nearest rank from above. Under three thousand arrivals, which have seen little of what comes once
    in a thousand, it is at least what their spread allows with 99 % confidence, as if their logarithms were normally
    distributed, up to twice the slowest. Under 200 it is estimated from their spread alone, and only makes the grace longer
    than `missing_after`; under 20 nothing does.
    """
    if len(arrivals) < FEW:
        return missing_after
    if len(arrivals) < NEEDED:
        return min(MOST, max(missing_after, _estimated(arrivals) * FACTOR))
    ranked = sorted(arrivals)
    percentile = ranked[min(len(ranked) - 1, int(QUANTILE * len(ranked)))]
    if len(arrivals) < PLENTY:
        percentile = max(percentile, min(_estimated(arrivals, SURE), ranked[-1] * 2))
    return min(MOST, max(LEAST, percentile * FACTOR))


def _estimated(arrivals: Sequence[timedelta], sure: float = 0.0) -> timedelta:
    """The 99.9th percentile of a log-normal distribution with the median and the spread of these.

    `sure`: so many standard errors of the estimate are added to it.
    """
    logarithms = [log(max(1.0, one.total_seconds())) for one in arrivals]
    spread = stdev(logarithms)
    error = spread * sqrt((1 + DEVIATIONS**2 / 2) / len(arrivals))
    quantile = fmean(logarithms) + DEVIATIONS * spread + sure * error
    return timedelta(seconds=exp(min(log(MOST.total_seconds()), quantile)))


def expected_from(
    eligible_at: datetime, usual: timedelta, down_from: datetime | None, back_at: datetime | None
) -> datetime:
    """From when an order's lateness counts: anew from the end of an outage of the POS that it waited through.

    What we cannot read the connector cannot write to; an order that was late before the outage stays late.
    """
    if down_from is None or back_at is None or eligible_at >= back_at or eligible_at + usual < down_from:
        return eligible_at
    return back_at
