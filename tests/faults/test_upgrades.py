"""An upgrade loses nothing while deliveries come in, and the way back is refused in words."""

import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from reconcile.ledger import Ledger, schema
from reconcile.ledger.tables import orders
from tests.conftest import wait_until
from tests.faults.auditor import assert_whole, lost, until_folded, waiting
from tests.faults.conftest import MakeStack
from tests.faults.places import Place
from tests.faults.shopify_sender import ShopifySender, day_of
from tests.faults.stack import Stack, shop_entry
from tests.figures import Note
from tests.postgres import Postgres

FIRST, ORDERS = "0001", 60


@pytest.fixture
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for a ledger, of the test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    base: str = request.getfixturevalue("postgres")
    server = Postgres.__new__(Postgres)
    server.base = base
    name = f"old{abs(hash(str(tmp_path)))}"
    server.run(f"CREATE DATABASE {name}")
    return f"{base}/{name}"


def upgraded_to(ledger: Ledger, revision: str) -> None:
    config = schema._config()
    with ledger.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.mark.parametrize("old_url", ["sqlite", "postgresql"], indirect=True)
def test_an_upgrade_under_load_loses_nothing(old_url: str, tmp_path: Path, note: Note) -> None:
    """From the oldest schema there is, with the web process answering and workers of this version waiting beside."""
    ledger = Ledger(old_url)
    upgraded_to(ledger, FIRST)
    stack = Stack(tmp_path, old_url, [shop_entry("north"), shop_entry("south")])
    told = [one for store in ("north", "south") for one in day_of(store, ORDERS)]
    sender = ShopifySender(stack.url, senders=4)
    load = threading.Thread(target=sender.send, args=(told,), daemon=True)
    try:
        stack.start()
        load.start()
        wait_until(lambda: sender.acknowledged or sender.refused)
        upgrade = stack.command("db", "upgrade")
        assert upgrade.returncode == 0, upgrade.stderr
        load.join(timeout=60)
        wait_until(lambda: stack.revive() == [] and waiting(ledger) == 0, 60)
        assert len(sender.acknowledged) == len(told)
        assert lost(ledger, sender.acknowledged) == set()
        until_folded(ledger)
        assert_whole(ledger, told)
    finally:
        stack.close()
        ledger.dispose()
    note("an upgrade under load", upgrades=1, acknowledged=len(told), refused=sender.refused, lost=0)


@pytest.mark.parametrize("old_url", ["sqlite", "postgresql"], indirect=True)
def test_every_step_of_the_schema_keeps_what_is_there(old_url: str) -> None:
    ledger = Ledger(old_url)
    upgraded_to(ledger, FIRST)
    values = (
        "INSERT INTO orders (store, order_id, name, created_at, updated_at, eligible_at, changed_at, first_seen_at,"
        " found_by, total, currency, body) VALUES ('demo', 1, '#1', 1, 1, 1, 1, 1, 'webhook', 20, 'EUR', '{}')"
    )
    with ledger.write() as connection:
        connection.execute(text(values))
    for revision in reversed([one.revision for one in ScriptDirectory.from_config(schema._config()).walk_revisions()]):
        upgraded_to(ledger, revision)
        with ledger.read() as connection:
            assert connection.execute(select(orders.c.name)).scalars().all() == ["#1"]
    ledger.dispose()


def test_an_older_version_refuses_a_newer_ledger_in_words(
    place: Place, from_outside: Ledger, make_stack: MakeStack
) -> None:
    with from_outside.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    stack = make_stack(shop_entry("north"))
    for words in (("db", "upgrade"), ("token", "list")):
        answer = stack.command(*words)
        assert answer.returncode != 0
        assert "9999" in answer.stderr and "a newer version has written it" in answer.stderr
        assert "Traceback" not in answer.stderr
    assert "newer version" in str(stack.ready())


def test_an_older_version_beside_a_newer_ledger_loses_nothing(
    place: Place, from_outside: Ledger, make_stack: MakeStack, note: Note
) -> None:
    """The ledger was upgraded and these processes not yet: what they acknowledge is kept, until newer ones go on with it."""
    stack = make_stack(shop_entry("north"))
    told = day_of("north", ORDERS)
    sender = ShopifySender(stack.url, senders=4)
    with from_outside.write() as connection:
        mine = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE deliveries ADD COLUMN of_a_newer_version INTEGER"))
    load = threading.Thread(target=sender.send, args=(told,), daemon=True)
    load.start()
    wait_until(lambda: len(sender.acknowledged) + sender.refused > ORDERS // 2)
    assert lost(from_outside, set(sender.acknowledged)) == set()
    assert stack.command("db", "upgrade").returncode != 0
    stack.kill("worker", "web", "beat")
    with from_outside.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :mine"), {"mine": mine})
    wait_until(lambda: stack.revive() != [])
    load.join(timeout=60)
    until_folded(from_outside)
    assert len(sender.acknowledged) == len(told)
    assert lost(from_outside, sender.acknowledged) == set()
    assert_whole(from_outside, told)
    note("an older version beside a newer ledger", acknowledged=len(told), lost=0)
