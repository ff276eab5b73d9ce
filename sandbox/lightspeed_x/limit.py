"""The documented rate limit: 300 calls for each register and 50 more in five minutes.

Source: the vendor's page on rate limiting. Where a window begins is not said; ours begin at full five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
A_REGISTER: Final = 300
BESIDES: Final = 50


@dataclass(slots=True)
class Limit:
    """One counter of one application; `registers` is the account's number of tills."""

    registers: int = 1
    used: int = 0
    began_at: datetime = EPOCH

    @property
    def most(self) -> int:
        """How many calls a window allows."""
        return A_REGISTER * self.registers + BESIDES

    @property
    def left(self) -> int:
        """How many calls the window still allows."""
        return max(0, self.most - self.used)

    def take(self, now: datetime) -> datetime | None:
        """Count a call. Answers when to come again if it is one too many, None when it may pass."""
        window = EPOCH + (now - EPOCH) // WINDOW * WINDOW
        if window != self.began_at:
            self.began_at, self.used = window, 0
        if self.used >= self.most:
            return window + WINDOW
        self.used += 1
        return None
