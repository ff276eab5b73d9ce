"""Where a ledger lives, and what can be done to that place: killed, locked, filled up, made read-only."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from pysqlite3 import dbapi2

from reconcile.ledger import Ledger
from reconcile.ledger.schema import migrate
from tests.conftest import wait_until
from tests.faults.stack import Stack
from tests.postgres import Postgres


class SqlitePlace:
    """A file. It has no process that could be killed; its disk can be full."""

    can_be_killed = False

    def __init__(self, folder: Path, migrated: Path) -> None:
        self.path = folder / "ledger.db"
        shutil.copy(migrated, self.path)
        self.url = f"sqlite:///{self.path}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program holds the write lock."""
        connection = dbapi2.connect(str(self.path), timeout=10, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    @contextmanager
    def unwritable(self, stack: Stack) -> Iterator[None]:
        """The disk has no room for one more byte: every write beyond what the files hold now fails."""
        size = max(path.stat().st_size for path in self.path.parent.glob("ledger.db*"))
        for process in stack.family("web"):
            limit_files(process, size)
        try:
            yield
        finally:
            for process in stack.family("web"):  # those that were started meanwhile have inherited it
                limit_files(process, resource.RLIM_INFINITY)

    def whole(self) -> bool:
        with dbapi2.connect(str(self.path)) as connection:
            return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")

    def close(self) -> None:
        """Nothing runs."""


def limit_files(process: psutil.Process, size: int) -> None:
    _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (size, hard))


class PostgresPlace:
    """A server of its own, which syncs as in production."""

    can_be_killed = True

    def __init__(self, folder: Path) -> None:
        self._server = Postgres(folder, fsync=True)
        self._server.run("CREATE DATABASE ledger")
        self.url = f"{self._server.base}/ledger"
        ledger = Ledger(self.url)
        migrate(ledger)
        ledger.dispose()

    def kill(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server.start()

    @contextmanager
    def locked(self) -> Iterator[None]:
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            connection.execute("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    @contextmanager
    def unwritable(self, stack: Stack) -> Iterator[None]:
        """It takes no writes, as a standby or a server whose disk is full."""
        self._read_only("on")
        try:
            yield
        finally:
            self._read_only("off")

    def _read_only(self, word: str) -> None:
        self._server.run(f"ALTER SYSTEM SET default_transaction_read_only = {word}")
        self._server.run("SELECT pg_reload_conf()")
        # A server that tells a new connection of it has told all older ones.
        wait_until(lambda: self._server.setting("default_transaction_read_only") == word)

    def whole(self) -> bool:
        return self._server.answers()

    def close(self) -> None:
        self._server.kill()


Place = SqlitePlace | PostgresPlace
