"""How long the connector usually takes at this shop, and from when on an absent order is missing. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

NEEDED = 200
FACTOR = 1.5
QUANTILE = 0.999
LEAST = timedelta(minutes=3)
MOST = timedelta(hours=4)
OUTAGE = timedelta(minutes=3)  # a POS that fails for longer was down; a shorter failure holds nothing up


def grace(arrivals: Sequence[timedelta], missing_after: timedelta) -> timedelta:
    """1.5 × the 99.9th percentile of the arrival times seen, within 3 minutes and 4 hours; `missing_after` under 200.

    The percentile is the nearest rank from above: with fewer than a thousand arrivals it is the slowest of them,
    which errs towards patience.
    """
    if len(arrivals) < NEEDED:
        return missing_after
    ranked = sorted(arrivals)
    rank = min(len(ranked) - 1, int(QUANTILE * len(ranked)))
    return min(MOST, max(LEAST, ranked[rank] * FACTOR))


def expected_from(
    eligible_at: datetime, usual: timedelta, down_from: datetime | None, back_at: datetime | None
) -> datetime:
    """From when an order's lateness counts: anew from the end of an outage of the POS that it waited through.

    What we cannot read the connector cannot write to; an order that was late before the outage stays late.
    """
    if down_from is None or back_at is None or eligible_at >= back_at or eligible_at + usual < down_from:
        return eligible_at
    return back_at
