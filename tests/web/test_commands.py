"""The command line against a shop and a POS that answer over HTTP: what it says, what it changes, how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from click.testing import Result
from flask import Flask
from sqlalchemy import func, insert, select, update

from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop
from reconcile.ledger import Ledger
from reconcile.ledger.tables import batch_items, batches, deliveries, events, incidents, orders, shops
from reconcile.remote_clock import clock_skew
from reconcile.services import Services
from sandbox import server as sandbox
from sandbox.heartland.switches import Switches
from tests.conftest import wait_until
from tests.contract.serving import served
from webhooks import tokens
from webhooks.app import create_app

HOME = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 2, tzinfo=UTC)
HOURS = 2
OPENED = {
    "start": START.isoformat(), "webhook_url": None, "secret": "hush", "pos_token": "till", "client_id": "client",
    "client_secret": "client-secret", "access_token": "shpat_static",
    "scenario": {
        "seed": 3, "hours": HOURS, "orders": 40, "faults": [{"cause": "customer_incomplete", "share": 0.2}],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def floor() -> Iterator[str]:
    """The sandbox, two hours into its day."""
    with served(sandbox.create_app()) as url:
        requests.post(f"{url}/_control/reset", json=OPENED, timeout=60).raise_for_status()
        for minute in range(0, HOURS * 60 + 1, 5):
            to = (START + timedelta(minutes=minute)).isoformat()
            requests.post(f"{url}/_control/advance", json={"to": to}, timeout=60).raise_for_status()
        yield url


@pytest.fixture
def real(floor: str, ledger: Ledger) -> Services:
    """Services whose shop and POS are the sandbox's."""
    shop = Shop(
        store="demo", domain="demo-shop.myshopify.com", webhook_secrets=("hush",),
        shopify={"access_token": "shpat_static", "base_url": floor},
        pos={"base_url": f"{floor}/heartland/api", "token": "till", "subdomain": "demo", "spacing_ms": 0},
        webhook_url="https://reconciler.example/webhooks/shopify",
    )  # fmt: skip
    settings = Settings(shops={"demo": shop}, secret_key="a key for tests")
    return make_services(settings, ManualClock(START + timedelta(hours=HOURS)), ledger)


def run(services: Services | Flask, *words: str) -> Result:
    app = services if isinstance(services, Flask) else create_app(services)
    return app.test_cli_runner().invoke(args=list(words))


def done(services: Services, *words: str) -> str:
    result = run(services, *words)
    assert result.exit_code == 0, result.output
    return result.output


def with_shop(services: Services, **changes: Any) -> Services:
    shop = replace(services.shop("demo"), **changes)
    settings = replace(services.settings, shops={"demo": shop})
    return make_services(settings, services.clock, services.ledger)


def count(services: Services, table: Any) -> int:
    with services.ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# --- schema and tokens ----------------------------------------------------------------------------------------------


def test_db_upgrade_makes_the_ledger_usable_and_may_be_repeated(services: Services, tmp_path: Path) -> None:
    fresh = replace(services, ledger=Ledger(f"sqlite:///{tmp_path / 'fresh.db'}"))
    behind = run(fresh, "token", "list")
    assert behind.exit_code == 2
    assert "db upgrade" in behind.output
    for _ in range(2):
        assert "up to date" in done(fresh, "db", "upgrade")
    done(fresh, "token", "list")
    assert count(fresh, shops) == 1
    fresh.ledger.dispose()


def test_a_token_is_printed_alone_on_the_last_line_and_works(services: Services) -> None:
    said = done(services, "token", "create", "--role", "operator", "--store", "demo", "--name", "Ann", "--lasts", "90d")
    secret = said.strip().splitlines()[-1]
    found = tokens.find(services, secret)
    assert found is not None
    assert (found.name, found.role, found.stores) == ("Ann", "operator", {"demo"})
    assert found.expires_at == services.clock.now() + timedelta(days=90)
    listed = done(services, "token", "list")
    assert "Ann" in listed
    assert secret not in listed
    assert "Revoked: Ann" in done(services, "token", "revoke", "Ann")
    assert tokens.find(services, secret) is None


@pytest.mark.parametrize(
    "words",
    [
        ("token", "create"),
        ("token", "create", "--role", "king"),
        ("token", "create", "--role", "viewer", "--store", "other"),
        ("token", "create", "--role", "viewer", "--lasts", "soon"),
        ("token", "revoke", "nobody"),
        ("stores", "check", "--store", "other"),
        ("stores", "check", "--store", "demo", "--all"),
        ("sweep", "--store", "other"),
        ("sweep", "--store", "demo", "--since", "yesterday"),
        ("check", "--store", "other"),
        ("requeue", "--store", "other"),
        ("statement", "--store", "other"),
        ("audit", "--store", "other"),
        ("audit", "--store", "demo", "--html", "/no/such/folder/report.html"),
        ("webhooks", "register", "--store", "demo"),
        ("purge", "--keep", "long"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_in_words(services: Services, words: tuple[str, ...]) -> None:
    result = run(services, *words)
    assert result.exit_code == 2, result.output
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    assert count(services, tokens.tokens) == 0


# --- looking at shops -----------------------------------------------------------------------------------------------


def lines(output: str) -> dict[str, str]:
    """The rows of a table of `stores check`: what was looked at, with its mark; the last one where there are several."""
    return dict(rows(output))


def rows(output: str) -> list[tuple[str, str]]:
    cells = [[cell.strip() for cell in line.split("│")] for line in output.splitlines() if line.startswith("│")]
    return [(row[2], row[1]) for row in cells if row[1]]


def test_stores_check_of_a_shop_without_subscriptions(real: Services) -> None:
    result = run(real, "stores", "check", "--all")
    assert result.exit_code == 1, result.output
    found = lines(result.output)
    assert found["Shopify: access"] == found["POS: access"] == found["Webhook secrets"] == "ok"
    assert found["Shopify: scope write_orders"] == "ok"
    assert found["Shopify: webhooks"] == "no"
    assert "webhooks register" in result.output
    assert found["Clock"] == "no"  # the test's clock stands still in 2026-11-02


def test_stores_check_names_refused_credentials_with_a_fix(real: Services) -> None:
    wrong = with_shop(
        real,
        webhook_secrets=(),
        shopify=dict(real.shop("demo").shopify) | {"access_token": "shpat_wrong"},
        pos=dict(real.shop("demo").pos) | {"token": "wrong"},
    )
    result = run(wrong, "stores", "check", "--store", "demo")
    assert result.exit_code == 1
    found = lines(result.output)
    assert found["Shopify: access"] == found["POS: access"] == found["Webhook secrets"] == "no"
    assert "stores.demo.pos" in result.output
    assert "shpat_wrong" not in result.output


def test_stores_check_notices_the_credentials_of_another_shop(real: Services) -> None:
    result = run(with_shop(real, domain="other.myshopify.com"), "stores", "check")
    assert lines(result.output)["Shopify: access"] == "no"


def test_our_clock_is_compared_with_shopifys(floor: str) -> None:
    ahead = clock_skew(floor, ManualClock(datetime.now(UTC) + timedelta(hours=1)))
    assert ahead is not None
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)
    assert clock_skew("http://127.0.0.1:9", ManualClock(START)) is None


def test_webhooks_are_registered_once_and_listed(real: Services) -> None:
    url = f"https://{id(real)}.example/webhooks/shopify"
    named = with_shop(real, webhook_url=url)
    assert "10 subscribed, 0 were there" in done(named, "webhooks", "register")
    assert "0 subscribed, 10 were there" in done(named, "webhooks", "register", "--store", "demo")
    listed = done(named, "webhooks", "list")
    assert sum(1 for line in listed.splitlines() if url in line and "yes" in line) == 10
    # Others of this shop's subscriptions may go elsewhere: that is a line of its own.
    assert ("Shopify: webhooks", "ok") in rows(run(named, "stores", "check").output)


def test_check_walks_the_checklist_and_keeps_it(real: Services) -> None:
    said = done(real, "check", "--store", "demo")
    assert "Download Archived Orders is on" in said
    french = done(with_shop(real, locale="fr"), "check")
    assert "Télécharger les commandes archivées" in french
    with real.ledger.read() as connection:
        assert connection.execute(select(shops.c.checked_at)).scalar_one() == real.clock.now()


# --- reading --------------------------------------------------------------------------------------------------------


def test_a_sweep_finds_what_no_webhook_told_of(real: Services) -> None:
    quiet = with_shop(real, webhook_url="")
    said = done(quiet, "sweep", "--store", "demo", "--since", "7d")
    assert count(real, orders) > 5
    assert f"{count(real, orders)} orders read" in said
    assert "0 of them were new" in done(quiet, "sweep", "--store", "demo", "--since", "2026-11-01")


@pytest.mark.parametrize("connected_before", [False, True])
def test_orders_from_before_the_shop_was_connected_are_no_lost_webhooks(real: Services, connected_before: bool) -> None:
    done(real, "db", "upgrade")
    if connected_before:
        with real.ledger.write() as connection:
            connection.execute(update(shops).values(installed_at=START))
    done(real, "sweep", "--store", "demo")
    assert count(real, incidents) == connected_before


def test_a_sweep_that_cannot_read_is_exit_1(real: Services) -> None:
    dead = with_shop(real, shopify={"access_token": "x", "base_url": "http://127.0.0.1:9"})
    result = run(dead, "sweep", "--store", "demo")
    assert result.exit_code == 1
    assert "could not be reached" in result.output


def test_an_audit_reads_both_sides_and_writes_nowhere(real: Services, floor: str) -> None:
    before = requests.get(f"{floor}/_control/truth", timeout=30).json()
    said = done(real, "audit", "--store", "demo", "--since", "2d")
    assert "matched" in said
    assert "missing" in said
    assert "customer_incomplete" in said
    after = requests.get(f"{floor}/_control/truth", timeout=30).json()
    assert [order["touches"] for order in after["orders"]] == [order["touches"] for order in before["orders"]]
    assert after["pos_calls"] > before["pos_calls"]
    assert count(real, orders) == count(real, events) == count(real, deliveries) == 0


def test_an_audit_of_a_pos_that_does_not_answer_is_no_good_news(real: Services) -> None:
    pos = dict(real.shop("demo").pos) | {"base_url": "http://127.0.0.1:9"}
    result = run(with_shop(real, pos=pos), "audit", "--store", "demo", "--since", "2d")
    assert result.exit_code == 1
    assert "could not be read" in result.output


def test_an_audit_leaves_its_reports(real: Services, tmp_path: Path) -> None:
    page, wire = tmp_path / "report.html", tmp_path / "wire.json"
    done(real, "audit", "--store", "demo", "--since", "2d", "--html", str(page), "--wire-report", str(wire))
    assert "orders are proven in the POS" in page.read_text()
    assert "demo-shop.myshopify.com" in page.read_text()
    assert Switches.from_dict(json.loads(wire.read_text())["switches"]).lines_included
    assert "MUG" not in wire.read_text()


def test_a_wire_report_is_left_by_an_audit_that_failed_too(real: Services, tmp_path: Path) -> None:
    wire = tmp_path / "wire.json"
    pos = dict(real.shop("demo").pos) | {"token": "another"}
    failed = run(with_shop(real, pos=pos), "audit", "--store", "demo", "--wire-report", str(wire))
    assert failed.exit_code == 1
    collections = json.loads(wire.read_text())["collections"]
    assert [answer[:3] for answer in collections["/sales/orders"]["answers"]] == ["401"]


def test_a_statement_of_what_was_swept(real: Services) -> None:
    quiet = with_shop(real, webhook_url="")
    done(quiet, "sweep", "--store", "demo")
    days = json.loads(done(quiet, "statement", "--store", "demo", "--since", "2d", "--json"))
    assert [day["day"] for day in days] == ["2026-11-01"]  # it is still Sunday evening in the shop, as Shopify says
    assert days[0]["shopify"]["orders"] == count(real, orders)
    span = ("--since", "2026-11-01", "--until", "2026-11-03")
    assert "2026-11-01" in done(quiet, "statement", "--store", "demo", *span)
    assert done(quiet, "statement", "--store", "demo", *span, "--csv").splitlines()[1].startswith("2026-11-01,USD,,")
    assert json.loads(done(quiet, "statement", "--store", "demo", "--until", "2026-10-31", "--json")) == []


# --- changing -------------------------------------------------------------------------------------------------------


def case(services: Services, order_id: int, **changes: Any) -> None:
    now = services.clock.now()
    values = {
        "store": "demo", "order_id": order_id, "name": f"#[bold]{order_id}", "created_at": now, "updated_at": now,
        "eligible_at": now, "changed_at": now, "first_seen_at": now, "found_by": "webhook", "total": Decimal(20),
        "currency": "EUR", "body": {"lines": []}, "standing": "missing", "cause": "sku_unknown",
        "case_state": "needs_person", "certainty": "likely",
    } | changes  # fmt: skip
    with services.ledger.write() as connection:
        connection.execute(insert(orders).values(**values))


def requeued(services: Services) -> list[int]:
    with services.ledger.read() as connection:
        query = select(orders.c.order_id).where(orders.c.requeued_by == "command line")
        return sorted(connection.execute(query).scalars())


def ready_to_requeue(services: Services) -> Services:
    """A shop where a touch is not ruled out by what was never seen."""
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(known_reference="1000", spellings={"{number}": 300}))
    return services


def test_requeue_takes_the_lists_filter(services: Services) -> None:
    ready_to_requeue(services)
    case(services, 1)
    case(services, 2, cause="customer_incomplete")
    preview = done(services, "requeue", "--cause", "sku_unknown", "--dry-run")
    assert "#[bold]1" in preview
    assert "#[bold]2" not in preview
    assert count(services, batches) == 0
    said = done(services, "requeue", "--store", "demo", "--cause", "sku_unknown", "--since", "1d")
    assert "Batch" in said
    assert requeued(services) == [1]


def test_requeue_refuses_an_empty_filter(services: Services) -> None:
    case(services, 1)
    result = run(services, "requeue")
    assert result.exit_code == 2
    assert "empty filter" in result.output
    assert requeued(services) == []


def test_purge_drops_old_bodies_and_history_but_no_order_and_no_id(services: Services) -> None:
    old = services.clock.now() - timedelta(days=100)
    case(services, 1, created_at=old)
    with services.ledger.write() as connection:
        parked = {"store": "demo", "webhook_id": "w", "topic": "orders/create", "state": "parked", "body": b"sealed"}
        connection.execute(insert(deliveries).values(received_at=old, **parked))
        connection.execute(insert(events).values(store="demo", at=old, kind="note", text="old"))
        connection.execute(insert(events).values(store="demo", at=services.clock.now(), kind="note", text="new"))
    done(services, "purge")
    assert (count(services, orders), count(services, deliveries), count(services, events)) == (1, 1, 1)
    with services.ledger.read() as connection:
        assert connection.execute(select(deliveries.c.body)).scalar_one() is None


# --- as installed ---------------------------------------------------------------------------------------------------


def flask(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-m", "flask", "--app", "webhooks.app", *words]
    env = {**kept, "PYTHONPATH": str(HOME), **environ}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


STORES = """\
[stores.demo]
shop = "demo.myshopify.com"
webhook_secrets = ["env:DEMO_SECRET"]
[stores.demo.shopify]
access_token = "env:DEMO_SECRET"
[stores.demo.pos]
kind = "heartland"
subdomain = "demo"
token = "env:DEMO_SECRET"
"""


def test_all_problems_of_the_settings_are_printed_together(tmp_path: Path) -> None:
    (tmp_path / "stores.toml").write_text(STORES.replace("env:DEMO_SECRET", "env:GONE", 1).replace('"demo.', '"'))
    ended = flask(tmp_path, "token", "list", DEMO_SECRET="x")
    assert ended.returncode == 2
    assert "stores.demo.shop:" in ended.stderr
    assert "stores.demo.webhook_secrets: the environment variable GONE is not set" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "var" / "reconciler.db").exists()


def test_on_a_fresh_machine(tmp_path: Path) -> None:
    (tmp_path / "stores.toml").write_text(STORES)
    (tmp_path / ".env").write_text("DEMO_SECRET=from the file\n")
    assert flask(tmp_path, "db", "upgrade").returncode == 0
    made = flask(tmp_path, "token", "create", "--role", "admin")
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip().splitlines()[-1].startswith("orc_")
    assert " " not in made.stdout.strip().splitlines()[-1]
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o077 == 0


# --- for programs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("stores", "list"),
        ("stores", "check", "--store", "demo"),
        ("webhooks", "list"),
        ("webhooks", "register", "--store", "demo"),
        ("audit", "--store", "demo", "--since", "2d"),
        ("sweep", "--store", "demo", "--since", "2d"),
        ("check", "--store", "demo"),
        ("requeue", "--store", "demo", "--standing", "missing", "--dry-run"),
        ("requeue", "--store", "demo", "--standing", "missing"),
        ("statement", "--store", "demo", "--since", "2d"),
        ("purge",),
        ("token", "list"),
        ("alerts", "list"),
    ],
    ids=" ".join,
)
def test_json_is_one_value_and_alone_on_standard_output(real: Services, words: tuple[str, ...]) -> None:
    done(real, "db", "upgrade")
    result = run(real, *words, "--json")
    assert result.exit_code == (1 if words[:2] == ("stores", "check") else 0), result.output
    assert isinstance(json.loads(result.stdout), (dict, list))


def test_a_batch_is_followed_until_it_is_settled(real: Services) -> None:
    done(real, "sweep", "--store", "demo", "--since", "2d")
    with real.ledger.write() as connection:
        connection.execute(update(orders).values(standing="missing", case_state="needs_person"))

    def settle() -> None:
        wait_until(lambda: count(real, batches))
        with real.ledger.write() as connection:
            connection.execute(update(batch_items).values(result="arrived"))

    worker = Thread(target=settle)
    worker.start()
    told = run(real, "requeue", "--store", "demo", "--standing", "missing", "--wait", "1", "--json")
    worker.join()
    said = json.loads(told.stdout)
    assert said["done"] is True
    assert set(said["counts"]) == {"arrived"}


def test_a_new_secret_key_is_taken_over_by_one_command(real: Services) -> None:
    done(real, "sweep", "--store", "demo", "--since", "2d")
    assert "0 sealed values" in done(real, "db", "reseal")


def test_purge_says_what_it_dropped(real: Services) -> None:
    done(real, "db", "upgrade")
    with real.ledger.write() as connection:
        old = {"store": "demo", "at": START - timedelta(days=100), "kind": "look", "text": "long ago"}
        connection.execute(insert(events), [old] * 4_500)
        connection.execute(insert(events).values(**old | {"at": START}))
    assert json.loads(run(real, "purge", "--json").stdout)["events of the history"] == 4_500
    assert count(real, events) == 1
