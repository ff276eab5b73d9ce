"""Shops that the ledger holds: seen by every process without a restart, sealed, and gone when they are taken away."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from reconcile import connected as registry
from reconcile import people
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop, read_stores
from reconcile.due import shops_due
from reconcile.errors import ConfigurationError, NotThere, ReconcilerError, Refused
from reconcile.ledger import Ledger
from reconcile.ledger.tables import connected, deliveries, kept, shops
from reconcile.model import Mode
from reconcile.pos.registry import ADAPTERS
from reconcile.reseal import reseal
from reconcile.services import Services
from reconcile.shops import enrol
from tests.conftest import wait_until
from tests.web import sender
from webhooks.app import create_app

TABLE: dict[str, Any] = {
    "shop": "second.myshopify.com", "webhook_secrets": ["second-secret"],
    "shopify": {"access_token": "shpat_second"}, "pos": {"kind": "heartland", "subdomain": "second", "token": "till"},
}  # fmt: skip


def process(ledger: Ledger, clock: ManualClock, key: str = "a key for tests", **settings: Any) -> Services:
    """What one process of the installation works with."""
    own = Shop(store="demo", domain="demo.myshopify.com", webhook_secrets=("secret",))
    return make_services(Settings(shops={"demo": own}, secret_key=key, **settings), clock, ledger)


def knock(web: Flask, domain: str, secret: str) -> int:
    """The status that a delivery of this shop is answered with."""
    sent = sender.headers(secret=secret, shop_domain=domain)
    return sender.send(web.test_client(), sent=sent).status_code


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LOOK_EVERY_S", 0.05)


def test_a_shop_that_is_connected_is_seen_by_a_process_that_was_up_before(ledger: Ledger, clock: ManualClock) -> None:
    page, worker = process(ledger, clock), process(ledger, clock)
    web = create_app(worker)
    assert knock(web, "second.myshopify.com", "second-secret") == 401
    people.connect(page, "ann", "second", TABLE)
    assert list(page.settings.shops) == ["demo", "second"]
    wait_until(lambda: "second" in worker.settings.shops)
    assert knock(web, "second.myshopify.com", "second-secret") == 200
    clock.advance(timedelta(hours=1))
    assert "second" in shops_due(worker, "next_sweep_at")
    assert worker.shop("second").pos["token"] == "till"


def test_what_is_kept_of_a_shop_lies_nowhere_in_the_open(ledger: Ledger, clock: ManualClock) -> None:
    people.connect(process(ledger, clock), "ann", "second", TABLE)
    with ledger.read() as connection:
        row = connection.execute(select(connected)).one()
    assert b"shpat_second" not in row.body
    assert row.by == "ann"


def test_another_secret_is_in_force_without_a_restart(ledger: Ledger, clock: ManualClock) -> None:
    page, worker = process(ledger, clock), process(ledger, clock)
    people.connect(page, "ann", "second", TABLE)
    web = create_app(worker)
    first = worker.admin(worker.shop("second"))
    people.reconnect(page, "ann", "second", TABLE | {"webhook_secrets": ["newer", "second-secret"]}, "webhook_secrets")
    wait_until(lambda: worker.shop("second").webhook_secrets == ("newer", "second-secret"))
    assert knock(web, "second.myshopify.com", "newer") == 200
    assert worker.admin(worker.shop("second")) is first
    people.reconnect(page, "ann", "second", TABLE | {"shopify": {"access_token": "shpat_new"}}, "shopify.access_token")
    wait_until(lambda: worker.shop("second").shopify["access_token"] == "shpat_new")
    assert worker.admin(worker.shop("second")) is not first


def test_a_shop_that_is_taken_away_is_no_longer_let_in(ledger: Ledger, clock: ManualClock) -> None:
    page, worker = process(ledger, clock), process(ledger, clock)
    people.connect(page, "ann", "second", TABLE)
    web = create_app(worker)
    wait_until(lambda: "second" in worker.settings.shops)
    people.disconnect(page, "ann", "second")
    wait_until(lambda: "second" not in worker.settings.shops)
    assert knock(web, "second.myshopify.com", "second-secret") == 401
    with ledger.read() as connection:
        assert "second" in connection.execute(select(shops.c.store)).scalars().all()
    with pytest.raises(NotThere, match="stores file"):
        people.disconnect(page, "ann", "demo")


def test_a_taken_name_or_domain_is_refused(ledger: Ledger, clock: ManualClock) -> None:
    page = process(ledger, clock)
    people.connect(page, "ann", "second", TABLE)
    for store, table in (
        ("second", TABLE | {"shop": "third.myshopify.com"}), ("third", TABLE), ("demo", TABLE | {"shop": "x.myshopify.com"}),
    ):  # fmt: skip
        with pytest.raises(Refused, match="connected already"):
            people.connect(page, "ann", store, table)


def test_a_table_that_is_not_right_names_every_key(ledger: Ledger, clock: ManualClock) -> None:
    wrong = TABLE | {
        "shop": "second.example",
        "mode": "loud",
        "pos": {"kind": "heartland", "subdomain": "evil.example/#"},
    }
    with pytest.raises(ConfigurationError) as error:
        people.connect(process(ledger, clock), "ann", "second", wrong)
    assert [problem.partition(":")[0] for problem in error.value.problems] == [
        "stores.second.shop", "stores.second.mode", "stores.second.pos.subdomain",
    ]  # fmt: skip


def test_nobody_reads_the_machine_through_a_connected_shop(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    """`env:` and `file:` are for whoever may write the stores file, not for whoever may fill in a form."""
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    page = process(ledger, clock)
    people.connect(page, "ann", "second", TABLE | {"webhook_secrets": [f"file:{secret}", "env:PATH"]})
    assert page.shop("second").webhook_secrets == (f"file:{secret}", "env:PATH")


def test_the_files_defaults_hold_for_the_ledgers_shops_too(ledger: Ledger, clock: ManualClock, tmp_path: Path) -> None:
    file = tmp_path / "stores.toml"
    file.write_text('[defaults]\nmode = "assist"\nalert_url = "env:ALERTS"\n')
    stores = read_stores(file, {"ALERTS": "https://alerts.example"}, frozenset(ADAPTERS))
    assert stores.shops == {}
    page = process(ledger, clock, defaults=stores.defaults)
    people.connect(page, "ann", "second", TABLE)
    assert (page.shop("second").mode, page.shop("second").alert_url) == (Mode.ASSIST, "https://alerts.example")


def test_a_shop_that_cannot_be_opened_stops_no_other(
    ledger: Ledger, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    people.connect(process(ledger, clock, key="old"), "ann", "second", TABLE)
    other = process(ledger, clock, key="new")
    assert list(other.settings.shops) == ["demo"]
    assert "put the old key behind the new one" in caplog.text


def test_the_ledger_may_be_down_or_empty(clock: ManualClock, tmp_path: Path) -> None:
    empty = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
    assert list(process(empty, clock).settings.shops) == ["demo"]
    empty.dispose()


def test_a_new_secret_key_takes_over_everything_that_is_sealed(ledger: Ledger, clock: ManualClock) -> None:
    old = process(ledger, clock, key="old")
    people.connect(old, "ann", "second", TABLE)
    enrol(old)
    assert knock(create_app(old), "demo.myshopify.com", "secret") == 200
    with ledger.write() as connection:
        values = {"store": "demo", "key": "tokens", "value": old.vault.seal(b"pair"), "kept_at": clock.now()}
        connection.execute(kept.insert().values(**values))
    both = process(ledger, clock, key="new, old")
    assert both.shop("second").webhook_secrets == ("second-secret",)
    steps: list[int] = []
    assert reseal(both, steps.append) == 3
    assert steps == [1, 2, 3]
    new = process(ledger, clock, key="new")
    assert new.shop("second").webhook_secrets == ("second-secret",)
    with ledger.read() as connection:
        for column in (kept.c.value, deliveries.c.body):
            new.vault.open(connection.execute(select(column)).scalar_one())
    with ledger.write() as connection:
        connection.execute(update(kept).values(value=old.vault.seal(b"pair")))
    with pytest.raises(ReconcilerError, match="SECRET_KEY"):
        reseal(new)
