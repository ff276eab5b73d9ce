"""The parts that a measure needs, up for as long as it lasts: folders, ledgers, a broker, the POS, installations."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.brokers import valkey
from bench.installed import NOBODY, NOWHERE, Installed
from bench.till import till
from tests.postgres import Postgres


class Parts:
    """What is made here ends with the measure. PostgreSQL syncs as in production."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self._postgres: Postgres | None = None
        self._names = 0

    def folder(self) -> Path:
        return Path(self.stack.enter_context(TemporaryDirectory(prefix="bench-")))

    def postgres(self, listen: str = "127.0.0.1") -> Postgres:
        """The one server of this measure."""
        if self._postgres is None:
            self._postgres = Postgres(self.folder(), fsync=True, listen=listen)
            self.stack.callback(self._postgres.kill)
        return self._postgres

    def database(self, host: str = "127.0.0.1") -> str:
        """The URL of a new, empty database, as it is reached at this address."""
        self._names += 1
        self.postgres().run(f"CREATE DATABASE bench{self._names}")
        return f"{self.postgres().base}/bench{self._names}".replace("127.0.0.1", host)

    def broker(self, host: str = "127.0.0.1") -> str:
        return self.stack.enter_context(valkey(self.folder(), host))

    def till(self, answer_s: float = 0.0, host: str = "127.0.0.1") -> str:
        return self.stack.enter_context(till(self.folder(), host, answer_s))

    def installed(self, url: str = "", *, broker: str = NOBODY, till: str = "", shops: int = 1) -> Installed:
        """A migrated installation; without a URL on a SQLite of its own."""
        folder = self.folder()
        own = f"sqlite:///{folder / 'ledger.db'}"
        made = Installed(folder=folder, url=url or own, broker=broker, till=till or NOWHERE, shops=shops)
        made.release()
        return made


@contextmanager
def parts() -> Iterator[Parts]:
    with ExitStack() as stack:
        yield Parts(stack)
