"""The inbox's writing: of the requests that wait one writes for all of them, then hands over to the next that came.

One commit, one fsync, for many deliveries: SQLite has a single writer, and requests that fight for it wait for each other.
No thread beside the requests does it: it would have to be woken, and would compete with them for the interpreter.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.exc import DBAPIError, OperationalError

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries

logger = logging.getLogger(__name__)

WAIT_S = 3.5  # Shopify allows five seconds in all
LOCKS_PER_WAIT = 0.4  # who came while one waits for the ledger's lock waits for it twice: that, too, has to fit
QUEUED = 2_000  # requests that may wait; more than any server has threads
TOGETHER = 500  # rows of one transaction
TOLD = 20  # deliveries named in a line of the log
COUNTED = {"preserve_rowcount": True}

Row = dict[str, Any]


class NotStored(Exception):
    """The delivery is not known to be in the ledger; Shopify has to send it again."""


class _Waiting:
    """A request's row: stored or refused by whoever writes, or called to write itself."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.writes = False
        self.is_new = False
        self.refusal: NotStored | None = NotStored("the ledger failed")  # until it is stored
        self._called = threading.Lock()
        self._called.acquire()

    def call(self) -> None:
        self._called.release()

    def is_called(self, within_s: float) -> bool:
        return self._called.acquire(timeout=within_s)


class InboxWriter:
    """Stores deliveries, over a connection of its own: nobody may wait for a lock longer than Shopify waits for us."""

    def __init__(self, ledger: Ledger, *, wait_s: float = WAIT_S, queued: int = QUEUED) -> None:
        url = ledger.url.render_as_string(hide_password=False)
        self._ledger = Ledger(url, busy_ms=int(wait_s * LOCKS_PER_WAIT * 1000), pool_size=1)
        self._statement = ledger.insert(deliveries).on_conflict_do_nothing(index_elements=["store", "webhook_id"])
        self._wait_s = wait_s
        self._queued = queued
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_writing = False

    def store(self, row: Row) -> bool:
        """Answers once the row is committed: True when it is new, False when the ledger had it. Raises `NotStored`."""
        mine = _Waiting(row)
        self._join(mine)
        if not mine.writes and not mine.is_called(self._wait_s):
            self._leave(mine)
        if mine.writes:
            self._write_for_all(mine)
        if mine.refusal is not None:
            raise mine.refusal
        return mine.is_new

    def _join(self, mine: _Waiting) -> None:
        with self._lock:
            if len(self._waiting) >= self._queued:
                raise NotStored("too many deliveries wait for the ledger")
            self._waiting.append(mine)
            if not self._is_writing:
                self._is_writing = mine.writes = True

    def _leave(self, mine: _Waiting) -> None:
        """Waited long enough, unless it was called in this very moment. What is being written may still be committed."""
        with self._lock:
            if mine.writes:
                return
            if mine in self._waiting:
                self._waiting.remove(mine)
        raise NotStored("the ledger did not commit in time")

    def _write_for_all(self, mine: _Waiting) -> None:
        with self._lock:
            taken, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        try:
            self._write(taken)
        finally:
            self._hand_over()
            for one in taken:
                if one is not mine:
                    one.call()

    def _hand_over(self) -> None:
        with self._lock:
            self._is_writing = bool(self._waiting)
            if self._is_writing:
                self._waiting[0].writes = True
                self._waiting[0].call()

    def _write(self, items: Sequence[_Waiting]) -> None:
        try:
            new = self._insert([one.row for one in items])
        except OperationalError as error:
            _say_refused(items, error)
        except DBAPIError as error:
            # The database objects to one row's values: the others must not suffer for it.
            if len(items) == 1:
                _say_refused(items, error)
            else:
                for one in items:
                    self._write([one])
        except Exception as error:  # noqa: BLE001 - whatever it is, every request that waits has to be answered
            _say_refused(items, error)
        else:
            for one in items:
                one.refusal, one.is_new = None, one.row["body"] in new

    def _insert(self, rows: Sequence[Row]) -> set[bytes]:
        """Commit these rows; answers the bodies that are now in the ledger: sealed as they are, no two are the same."""
        # Always in the same order: two processes that insert the same keys crosswise would wait for each other.
        ordered = sorted(rows, key=lambda row: (row["store"], row["webhook_id"]))
        bodies = {row["body"] for row in rows}
        with self._ledger.write() as connection:
            if connection.execute(self._statement, ordered, execution_options=COUNTED).rowcount == len(rows):
                return bodies
            keys = tuple_(deliveries.c.store, deliveries.c.webhook_id)
            theirs = keys.in_([(row["store"], row["webhook_id"]) for row in rows])
            kept = select(deliveries.c.body).where(theirs, deliveries.c.body.is_not(None))
            return bodies.intersection(connection.execute(kept).scalars())


def _say_refused(items: Sequence[_Waiting], error: Exception) -> None:
    cause = getattr(error, "orig", None) or type(error).__name__
    told = [
        f"{one.row['store']} {one.row['webhook_id']}" for one in items[:TOLD]
    ]  # which they were, as far as a line may be long
    logger.error("%d deliveries were not stored: %s", len(items), cause, extra={"deliveries": told})
