"""The inbox's one writing thread: requests hand it their rows, and it commits together whatever has gathered.

One commit, one fsync, for many deliveries: SQLite has a single writer, and requests that fight for it wait for each other.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.exc import DBAPIError, OperationalError

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries

logger = logging.getLogger(__name__)

WAIT_S = 3.5  # Shopify allows five seconds in all
QUEUED = 2_000  # requests that may wait; more than any server has threads
TOGETHER = 500  # rows of one transaction
TOLD = 20  # deliveries named in a line of the log

COUNTED = {"preserve_rowcount": True}

Row = dict[str, Any]


class NotStored(Exception):
    """The delivery is not known to be in the ledger; Shopify has to send it again."""


class InboxWriter:
    """Stores deliveries; its thread starts with the first one, so that it is in the process that serves."""

    def __init__(self, ledger: Ledger, *, wait_s: float = WAIT_S, queued: int = QUEUED) -> None:
        self._ledger = ledger
        self._statement = ledger.insert(deliveries).on_conflict_do_nothing(index_elements=["store", "webhook_id"])
        self._wait_s = wait_s
        self._queued = queued
        self._queue: queue.SimpleQueue[tuple[Row, Future[bool]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def store(self, row: Row) -> bool:
        """Answers once the row is committed: True when it is new, False when the ledger had it. Raises `NotStored`."""
        self._start()
        if self._queue.qsize() >= self._queued:
            raise NotStored("too many deliveries wait for the ledger")
        stored: Future[bool] = Future()
        self._queue.put((row, stored))
        try:
            return stored.result(timeout=self._wait_s)
        except NotInTime:
            stored.cancel()
            raise NotStored("the ledger did not commit in time") from None

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            gathered = [self._queue.get()]
            while len(gathered) < TOGETHER and not self._queue.empty():
                gathered.append(self._queue.get_nowait())
            self._write([item for item in gathered if item[1].set_running_or_notify_cancel()])

    def _write(self, items: Sequence[tuple[Row, Future[bool]]]) -> None:
        if not items:
            return
        try:
            new = self._insert([row for row, _ in items])
        except OperationalError as error:
            self._refuse(items, error)
        except DBAPIError as error:
            # The database objects to one row's values: the others must not suffer for it.
            if len(items) == 1:
                self._refuse(items, error)
            else:
                for item in items:
                    self._write([item])
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread has to live and every request to be answered
            self._refuse(items, error)
        else:
            for row, stored in items:
                stored.set_result(row["body"] in new)

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

    def _refuse(self, items: Sequence[tuple[Row, Future[bool]]], error: Exception) -> None:
        cause = getattr(error, "orig", None) or type(error).__name__
        logger.error("%d deliveries were not stored: %s", len(items), cause, extra={"deliveries": _ids(items)})
        for _, stored in items:
            stored.set_exception(NotStored("the ledger failed"))


def _ids(items: Sequence[tuple[Row, Future[bool]]]) -> list[str]:
    """Which they were, as far as a line may be long."""
    return [f"{row['store']} {row['webhook_id']}" for row, _ in items[:TOLD]]
