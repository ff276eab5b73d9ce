"""What happens when: the sandbox's one clock, moved by whoever drives it."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Action = Callable[[], None]


class Timeline:
    """Actions at moments to come; at one moment they happen in the order in which they were planned."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._ahead: list[tuple[datetime, int, Action]] = []
        self._numbers = count()

    def at(self, moment: datetime, action: Action) -> None:
        """Plan an action; one for a moment that has passed happens at the next move."""
        heapq.heappush(self._ahead, (max(moment, self.now), next(self._numbers), action))

    def next_at(self) -> datetime | None:
        return self._ahead[0][0] if self._ahead else None

    def move(self, to: datetime) -> None:
        """Let everything happen that lies before `to`, each at its own moment; time never goes back."""
        while self._ahead and self._ahead[0][0] <= to:
            moment, _, action = heapq.heappop(self._ahead)
            self.now = moment
            action()
        self.now = max(self.now, to)
