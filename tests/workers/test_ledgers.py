"""Both ledgers come up with the schema that the code was written for, from whatever version they were."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import bindparam, select, text

from reconcile.ledger import Ledger
from reconcile.ledger.queries import OrderFilter, orders_page
from reconcile.ledger.schema import _config, migrate, schema_problem
from reconcile.ledger.tables import deliveries, shops
from reconcile.ledger.types import Json, Moment
from tests.conftest import run_sql
from tests.rows import an_order, keep


def test_a_migrated_ledger_has_no_problem_and_migrating_again_changes_nothing(ledger: Ledger) -> None:
    assert schema_problem(ledger) is None
    migrate(ledger)
    assert schema_problem(ledger) is None


STEPS = [script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger without tables."""
    if request.param == "sqlite":
        made = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
        yield made
        made.dispose()
        return
    base, name = request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}"
    run_sql(base, f"CREATE DATABASE {name}")
    made = Ledger(f"{base}/{name}")
    yield made
    made.dispose()
    run_sql(base, f"DROP DATABASE {name} WITH (FORCE)")


def at_step(ledger: Ledger, revision: str) -> None:
    with ledger.write() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_ledger_of_the_first_version_is_upgraded_with_what_it_holds(empty: Ledger) -> None:
    at_step(empty, STEPS[0])
    assert "db upgrade" in (schema_problem(empty) or "")
    kept = {"store": "demo", "id": "w1", "at": datetime(2026, 11, 2, 9, tzinfo=UTC)}
    with empty.write() as connection:
        for statement in (
            "INSERT INTO shops (store, domain, installed_at) VALUES (:store, 'a.example', :at)",
            "INSERT INTO deliveries (store, webhook_id, topic, received_at) VALUES (:store, :id, 'orders/create', :at)",
        ):
            connection.execute(text(statement).bindparams(bindparam("at", type_=Moment)), kept)
    for revision in STEPS[1:]:
        at_step(empty, revision)
    assert schema_problem(empty) is None
    with empty.read() as connection:
        assert connection.execute(select(shops.c.domain)).scalars().all() == ["a.example"]
        assert connection.execute(select(deliveries.c.received_at)).scalars().all() == [kept["at"]]


def test_orders_of_an_older_version_are_found_by_name_and_sku(empty: Ledger) -> None:
    at_step(empty, "0013")
    lines = [{"sku": "CAFE-01"}, {"sku": None}, {"sku": "mug-02"}]
    old = {
        "store": "demo", "order_id": 1001, "name": "#A1001", "found_by": "webhook", "total": 1, "currency": "EUR",
        **dict.fromkeys(("created_at", "updated_at", "eligible_at", "changed_at", "first_seen_at"), 1),
    }  # fmt: skip
    names = ", ".join(old)
    holes = ", ".join(f":{name}" for name in old)
    with empty.write() as connection:
        for number, body in ((1001, {"lines": lines}), (1002, {"lines": []})):
            statement = text(f"INSERT INTO orders ({names}, body) VALUES ({holes}, :body)").bindparams(
                bindparam("body", type_=Json)
            )
            connection.execute(statement, {**old, "order_id": number, "name": f"#A{number}", "body": body})
    migrate(empty)
    for wanted, found in (("cafe", [1001]), ("UG-0", [1001]), ("#a100", [1002, 1001]), ("none", [])):
        with empty.read() as connection:
            page = orders_page(connection, ["demo"], OrderFilter(q=wanted))
        assert [row.order_id for row in page.rows] == found, wanted


def test_dinars_have_three_decimals_and_a_list_by_amount_skips_none(ledger: Ledger) -> None:
    totals = [Decimal(text) for text in ("12.344", "12.345", "12.346", "12.30", "12.355")]
    for number, total in enumerate(totals, 1001):
        keep(ledger, an_order(number, total=total, currency="KWD"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        with ledger.read() as connection:
            page = orders_page(connection, ["demo"], OrderFilter(), limit=1, cursor=cursor, sort="largest")
        seen += [str(row.total) for row in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ["12.355", "12.346", "12.345", "12.344", "12.30"]
