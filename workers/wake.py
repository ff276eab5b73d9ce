"""Waking the workers: requests set an event; one thread publishes, and may fail. Beat covers for a lost wake-up."""

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Waker:
    """At most one publish per burst: whatever comes while one is under way is served by the next."""

    def __init__(self, publish: Callable[[], None], *, settle_s: float = 0.2, pause_s: float = 1.0) -> None:
        self._publish = publish
        self._settle_s = settle_s
        self._pause_s = pause_s
        self._failing = False
        self._event = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def wake(self) -> None:
        """Never blocks and never fails."""
        self._event.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._event.wait()
            self._stopped.wait(self._settle_s)
            self._event.clear()
            if not self._published():
                self._stopped.wait(self._pause_s)

    def _published(self) -> bool:
        try:
            self._publish()
        except Exception as error:  # noqa: BLE001 - the broker may be down in any way it likes: a lost wake-up costs seconds
            if not self._failing:
                logger.warning("wake-ups cannot be published, beat stands in for them: %s", error)
            self._failing = True
            return False
        if self._failing:
            logger.warning("wake-ups are published again")
        self._failing = False
        return True

    def stop(self) -> None:
        self._stopped.set()
        self._event.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
