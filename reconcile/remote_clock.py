"""What time it is at a remote, to see whether our own clock can be trusted."""

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import requests

from reconcile.clock import Clock

TIMEOUT_S = 5.0


def clock_skew(url: str, clock: Clock) -> timedelta | None:
    """How far our clock is ahead of the remote's `Date` header, to about a second; None when it gives none."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            before = clock.now()
            answer = session.head(url, timeout=TIMEOUT_S, allow_redirects=False)
            told = parsedate_to_datetime(answer.headers["Date"])
        except (requests.RequestException, KeyError, ValueError):
            return None
    middle = before + (clock.now() - before) / 2
    return middle - (told if told.tzinfo else told.replace(tzinfo=UTC))
