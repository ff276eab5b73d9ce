"""The rate limits since 2026-03-17: a leaky bucket by what a request costs, and a burst limiter by the second.

Source: the vendor's pages on rate limiting and on query parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from werkzeug.datastructures import MultiDict

TO_MANY: Final = frozenset({"SaleLines", "SalePayments", "SaleNotes", "ItemShops", "Prices", "EmployeeRights"})
COUNTED: Final = 10.0
RANGES: Final = (">", "<", "!", "~")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a request is refused, and for how many whole seconds."""

    limiter: str
    retry_after_s: int


class Bucket:
    """One bucket for one account and client; `registers` may change at any time.

    `bursts` off: a clock that stands still between the steps of a simulated day would put them all in one second.
    """

    def __init__(self) -> None:
        """Start empty, for an account with one register."""
        self.registers = 1
        self.bursts = True
        self.level = 0.0
        self.spent = 0.0
        self.burst = 0
        self._drained_at: datetime | None = None
        self._second: datetime | None = None

    @property
    def size(self) -> int:
        """How much the bucket holds."""
        return 90 + 10 * (self.registers - 1)

    @property
    def drip(self) -> float:
        """How much runs out each second."""
        return 1 + 0.5 * (self.registers - 1)

    @property
    def burst_limit(self) -> int:
        """Requests a second: a fraction of the size; the one sample shows 20 for a size of 90."""
        return self.size * 20 // 90

    def take(self, cost: float, now: datetime) -> Blocked | None:
        """Count a request; the first one that overflows the bucket still passes."""
        self._drain(now)
        second = now.replace(microsecond=0)
        if second != self._second:
            self._second, self.burst = second, 0
        self.burst += 1 if self.bursts else 0
        if self.burst > self.burst_limit:
            return Blocked("api-burst-limiter", 1)
        if self.level >= self.size:
            return Blocked("api-leaky-bucket", max(1, ceil((self.level - self.size) / self.drip)))
        self.level += cost
        self.spent += cost
        return None

    def _drain(self, now: datetime) -> None:
        if self._drained_at is not None:
            self.level = max(0.0, self.level - (now - self._drained_at).total_seconds() * self.drip)
        self._drained_at = now


def cost_of(args: MultiDict[str, str], relations: Iterable[str], *, single: bool) -> float:
    """What a read costs, from the request alone."""
    if args.get("count") == "1":
        return COUNTED
    return round(1 + sum(_relation(name, single=single) for name in relations) + _alternatives(args.get("or", "")), 1)


def _relation(name: str, *, single: bool) -> float:
    *above, last = name.split(".")
    cost = 0.2 if last in TO_MANY else 0.1
    return cost if single and not set(above) & TO_MANY else 2 * cost


def _alternatives(text: str) -> float:
    operands = [part for part in text.split("|") if part]
    names = {operand.partition("=")[0] for operand in operands}
    if len(names) <= 1:
        return 0
    ranges = sum(operand.partition("=")[2].startswith(RANGES) for operand in operands)
    return len(operands) if ranges <= 1 else 10 + len(operands) - 1
