"""What is set wrongly, or is not there, costs one sentence that says what to do, and the exit code that was promised."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from reconcile import people
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop, read_stores
from reconcile.errors import ConfigurationError
from reconcile.ledger import Ledger
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from webhooks.app import create_app
from workers import serve

NOBODY = "http://127.0.0.1:9"
SHOP = Shop(
    store="demo", domain="demo.myshopify.com", webhook_secrets=("secret",),
    shopify={"access_token": "shpat", "base_url": NOBODY}, pos={"token": "till", "base_url": f"{NOBODY}/api"},
)  # fmt: skip


def run(services: Services, *words: str) -> Result:
    return create_app(services).test_cli_runner().invoke(args=list(words))


def on(url: str, clock: ManualClock, **shops: Shop) -> Services:
    return make_services(Settings(shops=shops, secret_key="key", database_url=url), clock)


@pytest.mark.parametrize("url", ["nonsense", "mysql://x:hush@h/d", "postgresql+psycopg://x:hush@h:port/d"])
def test_an_address_that_is_no_ledger_is_answered_with_one_that_is(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"postgresql\+psycopg://user:password@host") as raised:
        Ledger(url)
    assert "hush" not in str(raised.value)


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(ConfigurationError, match="/proc/nowhere cannot be made"):
        Ledger("sqlite:////proc/nowhere/x.db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_platforms_own_spelling_of_postgresql_will_do(scheme: str) -> None:
    ledger = Ledger(f"{scheme}://x:y@127.0.0.1:9/none")
    assert ledger.url.drivername == "postgresql+psycopg"
    ledger.dispose()


@pytest.mark.parametrize("words", ["stores list", "stores check", "purge", "token list", "statement --store demo"])
def test_a_ledger_that_is_down_is_said_in_one_sentence(words: str, clock: ManualClock) -> None:
    said = run(on("postgresql+psycopg://x:hush@127.0.0.1:9/none", clock, demo=SHOP), *words.split())
    assert said.exit_code == 1
    assert "the ledger does not answer, compare DATABASE_URL" in said.output
    assert "Traceback" not in said.output and "hush" not in said.output


@pytest.mark.parametrize(
    "words", ["stores list", "purge", "token list", "statement --store demo", "sweep --store demo"]
)
def test_a_ledger_without_its_tables_says_how_it_gets_them(words: str, tmp_path: Path, clock: ManualClock) -> None:
    said = run(on(f"sqlite:///{tmp_path / 'empty.db'}", clock, demo=SHOP), *words.split())
    assert said.exit_code == 2 and "db upgrade" in said.output


def test_a_first_look_at_a_shop_needs_no_ledger_and_says_who_does_not_answer(
    tmp_path: Path, clock: ManualClock
) -> None:
    said = run(on(f"sqlite:///{tmp_path / 'empty.db'}", clock, demo=SHOP), "stores", "check", "--json")
    fixes = {one["slug"]: one["fix"] for one in json.loads(said.stdout)[0]["lines"] if one["good"] is False}
    assert said.exit_code == 1
    assert fixes.keys() == {"no_ledger", "shopify_unreachable", "pos_unreachable"}
    assert "db upgrade" in fixes["no_ledger"] and "Try again" in fixes["pos_unreachable"]


def test_the_check_speaks_the_shops_language(tmp_path: Path, clock: ManualClock) -> None:
    french = replace(SHOP, locale="fr")
    said = run(on(f"sqlite:///{tmp_path / 'empty.db'}", clock, demo=french), "stores", "check")
    assert "Réessayez dans quelques minutes" in " ".join(said.output.split())


def test_without_a_shop_each_command_says_how_to_connect_one(ledger: Ledger, clock: ManualClock) -> None:
    services = make_services(Settings(shops={}, secret_key="key"), clock, ledger)
    for words, code in (("stores check --all", 0), ("stores list", 0), ("audit --store demo", 2)):
        said = run(services, *words.split())
        assert said.exit_code == code and "stores add" in said.output, words
        assert "as it must be" not in said.output


def test_shops_that_were_sealed_with_another_key_are_named_with_what_to_do(ledger: Ledger, clock: ManualClock) -> None:
    table = {
        "shop": "demo.myshopify.com", "webhook_secrets": ["s"], "shopify": {"access_token": "t"},
        "pos": {"kind": "heartland", "subdomain": "demo", "token": "t"},
    }  # fmt: skip
    people.connect(make_services(Settings(shops={}, secret_key="key"), clock, ledger), "ann", "demo", table)
    other = make_services(Settings(shops={}, secret_key="another"), clock, ledger)
    for words in ("stores list", "stores check", "stores check --store demo", "check"):
        said = run(other, *words.split())
        assert said.exit_code == 2 and "SECRET_KEY" in said.output, words


def test_an_empty_filter_is_a_mistake_in_the_words(services: Services) -> None:
    for words in (["requeue"], ["requeue", "--dry-run"]):
        said = run(services, *words)
        assert said.exit_code == 2 and "name at least one part" in said.output


def test_what_is_spelt_wrongly_in_the_stores_file_is_answered_with_what_is_right(tmp_path: Path) -> None:
    path = tmp_path / "stores.toml"
    path.write_text(
        '[stores.demo]\nshop = "demo.example"\n[stores.demo.shopify]\naccess_token = "env:T"\n'
        '[stores.demo.pos]\nkind = "heartland"\nsubdomain = "a.b"\ntoken = "env:T"\nreferences = ["1001"]\n'
    )
    with pytest.raises(ConfigurationError) as raised:
        read_stores(path, {"T": "t"}, frozenset(ADAPTERS))
    told = " ".join(raised.value.problems)
    assert "such as demo-shop.myshopify.com" in told and "{name} or {number}" in told and "first part" in told


def test_a_port_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PORT", "eighty")
    assert serve.main() == 2
    assert "PORT=8000" in capsys.readouterr().out
