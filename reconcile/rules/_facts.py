"""Facts for findings: who says it, what, and its value in words. Not a rule, as its name begins with `_`."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from reconcile.model import Fact

MOST_NAMED = 5


def shopify(what: str, value: object) -> Fact:
    """What the Shopify order says."""
    return Fact(side="shopify", what=what, value=said(value))


def pos(what: str, value: object) -> Fact:
    """What the POS says, in a record or in its settings."""
    return Fact(side="pos", what=what, value=said(value))


def declared(what: str, value: object) -> Fact:
    """How a setting of the connector is declared; a switch reads "on", "off" or "unknown"."""
    if value is None or isinstance(value, bool):
        return Fact(side="declared", what=what, value={True: "on", False: "off", None: "unknown"}[value])
    return Fact(side="declared", what=what, value=said(value))


def shop(what: str, value: object) -> Fact:
    """What this shop's other orders say."""
    return Fact(side="shop", what=what, value=said(value))


def said(value: object) -> str:
    """Any value as a person reads it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, timedelta):
        return span(value)
    return str(value)


def moment(at: datetime) -> str:
    """A time in UTC, such as ``2026-03-02 10:00:05 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """A length of time in its two largest units, such as ``1 h 15 min``."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def percent(probability: Fraction) -> str:
    """A probability as a person reads it; never more than 99.9 %, since what is inferred is never certain."""
    thousandths = min(999, int(probability * 1000))
    return f"{thousandths // 10}.{thousandths % 10} %"


def listed(names: Iterable[str]) -> str:
    """Names in one line, the first five of many."""
    every = list(names)
    more = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
