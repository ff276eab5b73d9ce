"""When to look again. Pure: due times live in the ledger, never in the broker."""

from datetime import datetime, timedelta

STEPS = (timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
AFTER_TOUCH = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=6), timedelta(minutes=10))
SECOND_SALE = (timedelta(minutes=10), timedelta(minutes=60))  # from the touch, once the order has arrived
HOURLY_UNTIL = timedelta(days=2)
DAILY_UNTIL = timedelta(days=60)


def next_look(
    now: datetime, changed_at: datetime, eligible_at: datetime, grace: timedelta, touched_at: datetime | None = None
) -> datetime | None:
    """The next look at an order that is not settled: 2, 5, 15, 60 minutes, the grace itself, hourly, then daily.

    Counted from what last changed; None once the order is 60 days old.
    """
    base = max(changed_at, eligible_at)
    planned = [base + step for step in STEPS] + [eligible_at + grace, base + grace]
    if touched_at is not None:
        planned += [touched_at + step for step in AFTER_TOUCH]
    ahead = min((moment for moment in planned if moment > now), default=None)
    regular = _regular(now, base)
    return min((moment for moment in (ahead, regular) if moment is not None), default=None)


def _regular(now: datetime, base: datetime) -> datetime | None:
    age = now - base
    if age > DAILY_UNTIL:
        return None
    every = timedelta(hours=1) if age < HOURLY_UNTIL else timedelta(days=1)
    return base + every * (age // every + 1)


def first_look(changed_at: datetime, now: datetime) -> datetime:
    """Two minutes after a change; at once when the change is older than that."""
    return max(now, changed_at + STEPS[0])
