"""Real parts for every test: SQLite and PostgreSQL ledgers, and a Valkey server, each started from its wheel."""

import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis

from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop
from reconcile.ledger import Ledger
from reconcile.ledger.schema import migrate
from reconcile.model import Mode
from reconcile.services import Services
from reconcile.shops import enrol
from reconcile.vault import Vault
from tests.figures import note, pytest_terminal_summary
from tests.postgres import Postgres
from workers.broker import embedded_broker

__all__ = ["note", "pytest_terminal_summary"]  # pytest finds them here


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running broker."""
    broker = embedded_broker(tmp_path_factory.mktemp("valkey"))
    server = subprocess.Popen(broker.command, stdout=subprocess.DEVNULL)
    client = redis.Redis.from_url(broker.url)
    wait_until(lambda: answers(client))
    yield broker.url
    server.terminate()
    server.wait(timeout=10)


def answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def wait_until(true: "object", timeout_s: float = 30) -> None:
    """Wait for a condition that another process brings about."""
    end = time.monotonic() + timeout_s
    while not true():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError("what the test waited for did not happen")
        time.sleep(0.02)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file to copy: migrating once is what makes a fresh ledger per test cheap."""
    path = tmp_path_factory.mktemp("ledger") / "migrated.db"
    ledger = Ledger(f"sqlite:///{path}")
    migrate(ledger)
    ledger.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL whose database `migrated` is the template for the tests' own."""
    with tempfile.TemporaryDirectory(prefix="reconciler-pg-") as folder:
        yield from run_postgres(Path(folder))


def run_postgres(folder: Path) -> Iterator[str]:
    server = Postgres(folder)
    server.run("CREATE DATABASE migrated")
    ledger = Ledger(f"{server.base}/migrated")
    migrate(ledger)
    ledger.dispose()
    yield server.base
    server.kill()


def run_sql(base: str, statement: str) -> None:
    with psycopg.connect(f"{base.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated ledger of this test's own; every test that asks for it runs on both databases."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    base = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    run_sql(base, f"CREATE DATABASE {name} TEMPLATE migrated")
    yield f"{base}/{name}"
    run_sql(base, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    made = Ledger(database_url)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 2, 9, tzinfo=UTC))


@pytest.fixture
def services(ledger: Ledger, clock: ManualClock) -> Services:
    """One shop, `demo`, enrolled; a test that must not call a remote fails if it does."""
    shop = Shop(store="demo", domain="demo.myshopify.com", mode=Mode.AUTO, webhook_secrets=("secret",))
    made = Services(
        settings=Settings(shops={"demo": shop}, secret_key="a key for tests"),
        ledger=ledger,
        clock=clock,
        vault=Vault("a key for tests"),
        pos=no_remote,
        admin=no_remote,
    )
    enrol(made)
    return made


def no_remote(shop: Shop) -> NoReturn:
    raise AssertionError(f"{shop.store}: this test may not call a remote")
