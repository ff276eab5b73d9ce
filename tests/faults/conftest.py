"""What the fault tests share: a place for the ledger, and how many schedules are run."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconcile.ledger import Ledger
from tests.faults.places import Place, PostgresPlace, SqlitePlace
from tests.faults.stack import Stack

SEEDS = int(os.environ.get("SEEDS") or 1)  # `make faults SEEDS=100` runs as many random schedules
IS_LONG = bool(os.environ.get("SEEDS"))

MakeStack = Callable[..., Stack]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where this test's ledger lives; on PostgreSQL a server that may be killed."""
    if request.param == "sqlite":
        yield SqlitePlace(tmp_path, request.getfixturevalue("migrated_sqlite"))
        return
    with tempfile.TemporaryDirectory(prefix="reconciler-pg-") as folder:
        made = PostgresPlace(Path(folder))
        yield made
        made.close()


@pytest.fixture
def from_outside(place: Place) -> Iterator[Ledger]:
    """The same ledger, seen by whoever checks it."""
    ledger = Ledger(place.url)
    yield ledger
    ledger.dispose()


@pytest.fixture
def make_stack(place: Place, tmp_path: Path) -> Iterator[MakeStack]:
    """Starts the product's processes on the test's ledger."""
    with ExitStack() as open_ones:

        def make(*stores: str, **env: str) -> Stack:
            stack = Stack(tmp_path, place.url, stores, env)
            open_ones.callback(stack.close)
            stack.start()
            return stack

        yield make
