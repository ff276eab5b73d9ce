"""The one source of time: aware UTC, injected, so that a simulated day runs the same code."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present as aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until told otherwise: tests and `make diagnose`."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = moment

    def advance(self, by: timedelta) -> None:
        self._now += by


class FileClock:
    """Reads the present (seconds since the epoch) from a file: the demo's processes share one simulated day."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromtimestamp(float(self._path.read_text()), UTC)


Sleep = Callable[[float], None]
sleep: Sleep = time.sleep
