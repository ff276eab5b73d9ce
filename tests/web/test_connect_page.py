"""Connecting a shop: on the page, by the guided command, and many from a file; each answer is tried over real HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import Result

from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, read_stores
from reconcile.connecting import pos_ways
from reconcile.ledger import Ledger
from reconcile.model import Mode
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from sandbox import server as sandbox
from tests.contract.serving import served
from tests.web.visitors import Visitor
from webhooks.app import create_app
from webhooks.tokens import Role

START = datetime(2026, 11, 2, tzinfo=UTC)
OPENED = {
    "start": START.isoformat(), "webhook_url": None, "secret": "client-secret", "pos_token": "till", "client_id": "client",
    "client_secret": "client-secret", "access_token": "shpat_static",
    "scenario": {"seed": 3, "hours": 1, "orders": 10},
}  # fmt: skip
FORM = {
    "store": "demo", "shop": "demo-shop.myshopify.com", "locale": "fr", "way": "own", "pos.kind": "heartland",
    "shopify.client_id": "client", "shopify.client_secret": "client-secret", "pos.subdomain": "demo", "pos.token": "till",
    "pos.references": "{name}, {number}", "webhook_url": "https://reconciler.example/webhooks/shopify",
}  # fmt: skip


@pytest.fixture(scope="module")
def floor() -> Iterator[str]:
    with served(sandbox.create_app()) as url:
        requests.post(f"{url}/_control/reset", json=OPENED, timeout=60).raise_for_status()
        for minute in range(0, 61, 5):
            to = (START + timedelta(minutes=minute)).isoformat()
            requests.post(f"{url}/_control/advance", json={"to": to}, timeout=60).raise_for_status()
        yield url


@pytest.fixture
def empty(floor: str, ledger: Ledger) -> Services:
    """An installation without a shop, whose defaults are the sandbox's addresses."""
    defaults = {"shopify": {"base_url": floor}, "pos": {"base_url": f"{floor}/heartland/api", "spacing_ms": 0}}
    settings = Settings(shops={}, secret_key="a key for tests", defaults=defaults)
    return make_services(settings, ManualClock(START + timedelta(hours=1)), ledger)


# --- on the page ----------------------------------------------------------------------------------------------------


def test_an_admin_connects_the_first_shop_on_the_page(empty: Services) -> None:
    ann = Visitor(empty, Role.ADMIN)
    assert "connect" in ann.get("/").lower()
    for way in ("own", "link", "token"):
        for kind in ADAPTERS:
            for by in pos_ways(kind):
                asked = ann.get(f"/connect?way={way}&kind={kind}&pos_way={by}")
                assert 'name="pos.references"' in asked
                assert ('name="pos.refresh_token"' in asked) == (by == "own")
    answer = ann.send("/connect", **FORM)
    assert answer.location == "/settings/demo"
    shop = empty.shop("demo")
    assert (shop.mode, shop.locale, shop.webhook_secrets) == (Mode.OBSERVE, "fr", ("client-secret",))
    assert empty.admin(shop).shop_facts().domain == "demo-shop.myshopify.com"
    assert "demo-shop.myshopify.com" in ann.get("/connect")
    assert "ann" in ann.get("/activity")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"shopify.client_secret": "wrong"}, "does not know this client"),
        ({"pos.token": "wrong"}, "stores.demo.pos"),
        ({"shop": "other.myshopify.com"}, "the credentials are those of demo-shop.myshopify.com"),
        ({"shop": "demo-shop.example"}, "stores.demo.shop"),
        ({"pos.subdomain": "evil.example/"}, "stores.demo.pos.subdomain"),
        ({"store": "No Name"}, "a-z"),
        ({"pos.references": "1001"}, "stores.demo.pos.references"),
    ],
)
def test_a_wrong_answer_is_said_and_no_shop_is_kept(empty: Services, wrong: dict[str, str], told: str) -> None:
    ann = Visitor(empty, Role.ADMIN)
    said = ann.send("/connect", 400, **FORM | wrong).text
    assert told in said.replace("&#39;", "'")
    assert not empty.settings.shops
    for secret in ("client-secret", "till", "wrong"):
        assert f'value="{secret}"' not in said


def test_a_shop_whose_app_is_installed_by_a_link_gets_one(empty: Services) -> None:
    ann = Visitor(empty, Role.ADMIN)
    said = ann.send("/connect", 200, **FORM | {"way": "link"}).text
    assert "https://reconciler.example/connect/gAAAA" in said
    assert "https://reconciler.example/connect/gAAAA" in ann.send("/connect/demo/link", 200).text
    assert ann.send("/connect", 409, **FORM).text.count("connected already") == 1


LIGHTSPEED = {"pos.kind": "lightspeed_x", "pos_way": "link", "pos.client_id": "app", "pos.client_secret": "app-secret"}


def test_a_shop_whose_pos_is_approved_by_a_link_gets_one(empty: Services) -> None:
    ann = Visitor(empty, Role.ADMIN)
    wrong = ann.send("/connect", 400, **FORM | LIGHTSPEED | {"shopify.client_secret": "wrong"}).text
    assert "does not know this client" in wrong and 'name="pos_way" value="link"' in wrong
    said = ann.send("/connect", 200, **FORM | LIGHTSPEED).text
    assert "https://reconciler.example/connect/gAAAA" in said and "app-secret" not in said
    assert (empty.shop("demo").pos["grant"], empty.shop("demo").shopify.get("grant")) == ("authorization_code", None)


def test_only_an_admin_for_all_shops_connects_one(empty: Services) -> None:
    Visitor(empty, Role.ADMIN).send("/connect", **FORM)
    for role, stores in ((Role.ADMIN, ["demo"]), (Role.OPERATOR, [])):
        other = Visitor(empty, role, *stores, name="bob")
        other.get("/connect", 403)
        other.send("/connect", 403, **FORM | {"store": "second"})
        other.send(
            "/connect/demo/link", 409 if role is Role.ADMIN else 403
        )  # its own shop's, if it had any use for one
        assert 'href="/connect"' not in other.get("/")


# --- by command -----------------------------------------------------------------------------------------------------


def run(services: Services, *words: str, typed: list[str] | None = None) -> Result:
    runner = create_app(services).test_cli_runner()
    return runner.invoke(args=list(words), input="\n".join([*(typed or []), ""]))


GUIDED = [
    "demo-shop.myshopify.com", "en", "https://reconciler.example/webhooks/shopify", "own", "client", "wrong", "client",
    "client-secret", "heartland", "demo", "nonsense", "demo", "till", "", "",
]  # fmt: skip


def test_the_guided_command_asks_again_until_it_is_let_in(empty: Services) -> None:
    result = run(empty, "stores", "add", "--store", "demo", typed=GUIDED)
    assert result.exit_code == 0, result.output
    assert "does not know this client" in result.output
    assert "sweep --store demo" in result.output
    assert "client-secret" not in result.output and "till" not in result.output.replace("still", "")
    assert empty.shop("demo").references == ("{name}", "{number}")
    again = run(empty, "stores", "add", "--store", "demo")
    assert again.exit_code == 1 and "a shop demo already" in again.output


def test_the_guided_command_ends_with_a_link_where_the_pos_is_approved_by_one(empty: Services) -> None:
    typed = [*GUIDED[:4], "client", "client-secret", "lightspeed_x", "link", "demo", "app", "app-secret", ""]
    result = run(empty, "stores", "add", "--store", "demo", typed=typed)
    assert result.exit_code == 0, result.output
    assert "https://reconciler.example/connect/gAAAA" in result.output
    assert "webhooks register --store demo" in result.output  # Shopify lets us in already
    assert "app-secret" not in result.output
    checked = run(empty, "stores", "check", "--store", "demo", "--json")
    line = next(one for one in json.loads(checked.stdout)[0]["lines"] if one["slug"] == "pos_unapproved")
    assert "nobody of the shop has approved" in line["found"] and "stores invite --store demo" in line["fix"]


def test_the_spelling_is_learned_from_an_order_that_is_in_the_pos(empty: Services, floor: str) -> None:
    truth = requests.get(f"{floor}/_control/truth", timeout=30).json()
    name = next(order["name"] for order in truth["orders"] if order.get("arrived_at"))
    result = run(empty, "stores", "add", "--store", "demo", typed=[*GUIDED[:-2], name])
    assert result.exit_code == 0, result.output
    assert "the POS has it as" in result.output
    wrong = ["stores", "set", "--store", "demo", "pos.references", "WEB-{number}"]
    assert run(empty, *wrong).exit_code == 0
    checked = run(empty, "stores", "check", "--store", "demo", "--order", name, "--json")
    lines = {line["slug"]: line for line in json.loads(checked.stdout)[0]["lines"]}
    assert lines["reference_learned"]["good"] is False
    assert "pos.references" in lines["reference_learned"]["fix"]
    unknown = run(empty, "stores", "check", "--store", "demo", "--order", "#99999", "--json")
    assert "order_unknown" in unknown.stdout


def test_the_part_for_the_stores_file_is_one_that_can_be_read(empty: Services, tmp_path: Path) -> None:
    result = run(empty, "stores", "add", "--store", "demo", "--toml", typed=GUIDED)
    assert result.exit_code == 0, result.output
    part = result.stdout[result.stdout.index("[stores.demo]") :]
    assert "client-secret" not in part
    file = tmp_path / "stores.toml"
    file.write_text(part)
    names = [line[1:-1] for line in part.splitlines() if line.startswith("#") and line.endswith("=")]
    shops = read_stores(file, dict.fromkeys(names, "a secret"), frozenset(ADAPTERS)).shops
    assert shops["demo"].webhook_secrets == ("a secret",)
    assert not empty.settings.shops


def tables(*stores: str, **changes: Any) -> str:
    return "\n".join(
        f"""[stores.{store}]
shop = "{changes.get("shop", "demo-shop.myshopify.com")}"
webhook_secrets = ["client-secret"]
[stores.{store}.shopify]
access_token = "{changes.get("token", "env:TOKEN_OF_THE_APP")}"
[stores.{store}.pos]
kind = "heartland"
subdomain = "demo"
token = "till"
"""
        for store in stores
    )


def test_many_shops_are_connected_from_one_file(
    empty: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_THE_APP", "shpat_static")
    file = tmp_path / "shops.toml"
    file.write_text(tables("one", "two") + tables("three", token="wrong") + tables("four", shop="nothing"))
    result = run(empty, "stores", "add", "--from", str(file))
    assert result.exit_code == 1, result.output
    assert list(empty.settings.shops) == ["one"]  # two has the same shop, three a wrong token, four no address
    assert "one (demo-shop.myshopify.com) is connected already" in result.output
    assert "stores.four.shop" in result.output
    listed = json.loads(run(empty, "stores", "list", "--json").stdout)
    assert listed == [
        {
            "store": "one",
            "domain": "demo-shop.myshopify.com",
            "pos": "heartland",
            "mode": "observe",
            "kept_in": "ledger",
        }
    ]


def test_a_secret_is_changed_and_a_shop_taken_away(empty: Services) -> None:
    Visitor(empty, Role.ADMIN).send("/connect", **FORM)
    assert run(empty, "stores", "set", "--store", "demo", "webhook_secrets", typed=["newer"]).exit_code == 0
    assert empty.shop("demo").webhook_secrets == ("newer", "client-secret")
    refused = run(empty, "stores", "set", "--store", "demo", "mode", "loud")
    assert refused.exit_code == 2 and "stores.demo.mode" in refused.output
    link = run(empty, "stores", "invite", "--store", "demo")
    assert link.exit_code == 1 and "authorization_code" in link.output
    run(empty, "webhooks", "register", "--store", "demo")
    gone = run(empty, "stores", "remove", "--store", "demo", "--yes")
    assert "10 webhook subscriptions were ended" in gone.output
    assert not empty.settings.shops
