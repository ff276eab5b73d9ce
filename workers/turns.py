"""One at a time in this process: who comes meanwhile goes away at once, and is served by one more turn."""

import threading
from collections.abc import Iterator


class Turns:
    """`for _ in turns.take():` runs its body at least once after each call, wherever the call came from."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._taken = threading.Lock()

    def take(self) -> Iterator[None]:
        """One turn for each time that somebody asked; none when another thread is at it and has taken note."""
        self._asked.set()
        while self._asked.is_set() and self._taken.acquire(blocking=False):
            try:
                self._asked.clear()
                yield
            finally:
                self._taken.release()
