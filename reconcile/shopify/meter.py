"""The shop's query budget, as its answers tell it: nothing is sent while it is known not to suffice."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconcile.clock import Clock, Sleep

LONGEST_WAIT = 20.0  # seconds; a bucket of the smallest plan fills up in that time
MARGIN = 1.1
AT_LEAST = 1.0  # Shopify recommends a back-off of one second


class Meter:
    """Costs are known after the first answer to a document; sizes and rates are never assumed.

    Source: https://shopify.dev/docs/api/usage/limits; the numbers may come as floats.
    """

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._costs: dict[str, float] = {}
        self._available = 0.0
        self._most = 0.0  # 0 until the first answer
        self._rate = 0.0  # points a second; 0 until the first answer
        self._at: datetime = clock.now()

    def left(self) -> float | None:
        """The share that is left by now, 0 to 1; None when no answer has said."""
        return min(1.0, max(0.0, self._available_now() / self._most)) if self._most else None

    def wait_for(self, kind: str) -> None:
        """Wait until the budget holds what this kind of request cost the last time."""
        missing = self._costs.get(kind, 0.0) - self._available_now()
        if self._rate and missing > 0:
            self._pause(missing / self._rate * MARGIN)

    def wait_after_throttle(self, kind: str) -> float:
        """Wait as long as the throttled answer implies; answers the seconds."""
        missing = self._costs.get(kind, 0.0) - self._available_now()
        return self._pause(max(AT_LEAST, missing / self._rate * MARGIN if self._rate else AT_LEAST))

    def note(self, kind: str, answer: Mapping[str, Any]) -> None:
        """Learn from `extensions.cost` of an answer, when it is there."""
        cost = (answer.get("extensions") or {}).get("cost") or {}
        status = cost.get("throttleStatus") or {}
        requested = _points(cost.get("requestedQueryCost"))
        available, rate = _points(status.get("currentlyAvailable")), _points(status.get("restoreRate"))
        if requested is not None:
            self._costs[kind] = requested
        self._most = _points(status.get("maximumAvailable")) or self._most
        if available is not None and rate is not None:
            self._available, self._rate, self._at = available, rate, self._clock.now()

    def _available_now(self) -> float:
        return self._available + self._rate * max(0.0, (self._clock.now() - self._at).total_seconds())

    def _pause(self, seconds: float) -> float:
        paused = min(seconds, LONGEST_WAIT)
        self._sleep(paused)
        self._available, self._at = self._available_now() + paused * self._rate, self._clock.now()
        return paused


def _points(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
