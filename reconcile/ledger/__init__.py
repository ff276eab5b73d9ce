"""The ledger: two engines on one database, one that writes and one that only reads."""

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.schema import Table

from reconcile.errors import ConfigurationError

logger = logging.getLogger(__name__)

SAFE_WAL = (3, 51, 3)  # earlier SQLite can lose committed rows when a WAL is reset under two connections
SQLITE_BUSY_MS = 15_000
TURN_S = 0.0003  # between two tries for SQLite's write lock; a small commit holds it for about three times that
SQLITE, POSTGRESQL = "sqlite", "postgresql+psycopg"
DRIVERS = {
    SQLITE: SQLITE,
    POSTGRESQL: POSTGRESQL,
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
}  # as platforms have it


class Ledger:
    """One ledger; `busy_ms` is how long a writer waits for a lock before it gives up.

    Without it 15 s for SQLite's single one, and on PostgreSQL as long as the server says.
    """

    def __init__(self, url: str, *, busy_ms: int | None = None, pool_size: int = 20) -> None:
        self.url = _address(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._queue, self._patience_s = threading.Lock(), (SQLITE_BUSY_MS if busy_ms is None else busy_ms) / 1000
        self._writing = self._engine(busy_ms, pool_size, begin="BEGIN IMMEDIATE")
        # A deferred transaction that reads and then writes fails at once when another wrote meanwhile,
        # and an immediate one would make every page take the write lock: hence two engines.
        self._reading = self._engine(busy_ms, pool_size, begin="BEGIN") if self.is_sqlite else self._writing

    def _engine(self, busy_ms: int | None, pool_size: int, begin: str) -> Engine:
        if not self.is_sqlite:
            options = {} if busy_ms is None else {"options": f"-c lock_timeout={busy_ms}"}
            return create_engine(self.url, pool_size=pool_size, pool_pre_ping=True, connect_args=options)
        from pysqlite3 import dbapi2

        if self.url.database:
            _make_folder(Path(self.url.database).parent)
        engine = create_engine(self.url, module=dbapi2, pool_size=pool_size, connect_args={"check_same_thread": False})
        journal = _journal_mode(dbapi2.sqlite_version_info)
        patience_ms = SQLITE_BUSY_MS if busy_ms is None else busy_ms

        @event.listens_for(engine, "connect")
        def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
            connection.isolation_level = None  # the driver must not open transactions
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
            for pragma in (f"journal_mode={journal}", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin_transaction(connection: Connection) -> None:
            _wait_for_turn(connection, begin, patience_ms, dbapi2.OperationalError)

        return engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end; keep it short and never call a vendor inside."""
        with self._queued(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _queued(self) -> Iterator[None]:
        """Of the threads of this process one at a time tries for SQLite's lock; the others sleep until it has had it."""
        is_next = self.is_sqlite and self._queue.acquire(timeout=self._patience_s)
        try:
            yield
        finally:
            if is_next:
                self._queue.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that takes no lock from writers."""
        with self._reading.connect() as connection:
            yield connection

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """The dialect's insert, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def dispose(self) -> None:
        """Close every connection (before a fork, or at the end)."""
        self._writing.dispose()
        self._reading.dispose()

    @property
    def engine(self) -> Engine:
        return self._writing


def _address(url: str) -> URL:
    """Raises `ConfigurationError` for an address that is neither SQLite's nor PostgreSQL's; never shows its password."""
    try:
        made = make_url(url)
        return made.set(drivername=DRIVERS[made.drivername])
    except (ArgumentError, ValueError, KeyError):
        text = "DATABASE_URL: write postgresql+psycopg://user:password@host:5432/name, or sqlite:///var/reconciler.db"
        raise ConfigurationError([text]) from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"DATABASE_URL: the folder {folder} cannot be made: {error.strerror}"]) from None


def _wait_for_turn(connection: Connection, begin: str, patience_ms: int, refused: type[Exception]) -> None:
    """Begin a transaction as soon as the lock is free.

    SQLite's own waiting sleeps for up to a tenth of a second between two tries: of several processes that write all the
    time one or the other would miss its turn again and again.
    """
    cursor, give_up_at = connection.connection.cursor(), time.monotonic() + patience_ms / 1000
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < give_up_at:
            try:
                cursor.execute(begin)
            except refused as error:
                if "locked" not in str(error):
                    break
                time.sleep(TURN_S)
            else:
                return
        connection.exec_driver_sql(begin)  # whatever is wrong is said as anything else that the ledger cannot do
    finally:
        cursor.execute(f"PRAGMA busy_timeout={patience_ms}")


def _journal_mode(version: tuple[int, ...]) -> str:
    if version >= SAFE_WAL:
        return "WAL"
    warnings.warn(f"SQLite {version} can lose rows in WAL mode; using TRUNCATE, which is slower", stacklevel=3)
    return "TRUNCATE"
