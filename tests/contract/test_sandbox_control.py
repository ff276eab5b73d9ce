"""The sandbox's control port: the clock, the truth and the faults in the hands of whoever drives it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.server import create_app
from tests.contract.serving import served
from tests.contract.shops import receiver

START = datetime(2026, 11, 2, tzinfo=UTC)
SETTINGS = {
    "start": START.isoformat(), "webhook_url": None, "secret": "hush", "pos_token": "till", "client_id": "client",
    "client_secret": "client-secret", "access_token": "shpat_static",
}  # fmt: skip
SMALL = {"seed": 3, "hours": 2, "orders": 12}


class Control:
    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, what: str) -> requests.Response:
        return requests.get(f"{self.url}/_control/{what}", timeout=30)

    def post(self, what: str, body: object) -> requests.Response:
        return requests.post(f"{self.url}/_control/{what}", json=body, timeout=60)

    def open(self, scenario: dict[str, Any], **settings: Any) -> None:
        assert self.post("reset", {**SETTINGS, "scenario": scenario, **settings}).status_code == 200

    def play(self, hours: float) -> list[dict[str, Any]]:
        """Step from event to event; answers every delivery in its order."""
        carried, now, end = [], START, START + timedelta(hours=hours)
        while True:
            answer = self.post("advance", {"to": now.isoformat()}).json()
            carried += answer["deliveries"]
            if now >= end or answer["next_event_at"] is None:
                return carried
            now = min(max(datetime.fromisoformat(answer["next_event_at"]), now + timedelta(seconds=30)), end)

    def truth(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("truth").json()
        return found

    def ask_shopify(self) -> requests.Response:
        body = {"query": "{ orders(first: 5) { nodes { name tags email } } }"}
        headers = {"X-Shopify-Access-Token": "shpat_static"}
        return requests.post(f"{self.url}/admin/api/2026-10/graphql.json", json=body, headers=headers, timeout=10)

    def ask_pos(self) -> requests.Response:
        headers = {"Authorization": "Bearer till"}
        return requests.get(f"{self.url}/heartland/api/sales/orders", headers=headers, timeout=10)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(create_app()) as address:
        yield address


@pytest.fixture
def control(url: str) -> Control:
    return Control(url)


def test_before_the_first_reset_it_is_up_and_plays_nothing() -> None:
    with served(create_app()) as address:
        fresh = Control(address)
        assert (fresh.get("declared").status_code, fresh.get("declared").json()) == (200, {})
        assert {fresh.get("truth").status_code, fresh.ask_shopify().status_code, fresh.ask_pos().status_code} == {503}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"scenario": {"hourz": 2}}, "hourz"),
        ({"scenario": {"faults": [{"cause": "no_such_cause", "share": 0.1}]}}, "no_such_cause"),
        ({"scenario": SMALL, "start": "tomorrow"}, "tomorrow"),
        ({"scenario": SMALL, "secret": ""}, "secret"),
    ],
)
def test_a_scenario_that_is_not_understood_is_refused_in_words(
    control: Control, settings: dict[str, Any], said: str
) -> None:
    answer = control.post("reset", SETTINGS | settings)
    assert answer.status_code == 400 and said in answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_day_of_three_hundred_orders(control: Control) -> None:
    control.open({"seed": 5, "hours": 24, "orders": 300})
    sent = control.play(26)
    created = [json.loads(d["body"])["name"] for d in sent if d["headers"]["X-Shopify-Topic"] == "orders/create"]
    truth = control.truth()
    assert len(created) == len(set(created)) == len(truth["orders"]) == 300
    assert truth["duplicate_sales"] == 0 and all(order["arrived_at"] for order in truth["orders"])


def test_a_scenario_plays_the_same_again(control: Control) -> None:
    scenario = {
        **SMALL,
        "faults": [{"fault": "webhook_lost", "share": 0.2}, {"fault": "webhook_shuffled", "share": 0.5}],
    }
    played = []
    for _ in range(2):
        control.open(scenario)
        played.append([(d["headers"]["X-Shopify-Webhook-Id"], d["body"]) for d in control.play(3)])
    assert played[0] == played[1] and played[0]


def test_webhooks_go_out_by_themselves_when_they_have_an_address(control: Control) -> None:
    with receiver() as listening:
        control.open(SMALL, webhook_url=listening.url)
        assert control.play(3) == []
        assert listening.topics().count("orders/create") == 12


def test_calls_are_counted_at_the_doors_from_each_reset_on(control: Control) -> None:
    for _ in range(2):
        control.open(SMALL)
        control.ask_pos()
        control.ask_pos()
        control.ask_shopify()
        assert (control.truth()["pos_calls"], control.truth()["shopify_calls"]) == (2, 1)


def test_either_side_misbehaves_on_demand(control: Control) -> None:
    control.open(SMALL)
    control.play(2)
    assert control.post("fault", {"pos": {"down": True}, "shopify": {"down": 502}}).status_code == 200
    assert (control.ask_pos().status_code, control.ask_shopify().status_code) == (503, 502)
    control.post("fault", {"pos": {"down": False}, "shopify": {"down": 0, "denied_fields": ["email"]}})
    assert control.ask_pos().status_code == 200
    assert control.ask_shopify().json()["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize("wrong", [{"pos": {"nope": 1}}, {"shopify": {"nope": 1}}, {"nope": {}}])
def test_a_fault_that_does_not_exist_is_refused(control: Control, wrong: dict[str, Any]) -> None:
    control.open(SMALL)
    assert control.post("fault", wrong).status_code == 400


def test_an_order_is_changed_as_a_merchant_changes_it(control: Control) -> None:
    control.open(SMALL)
    control.play(2)
    order_id = control.truth()["orders"][0]["order_id"]
    changed = control.post(f"order/{order_id}", {"buyer": {"email": "new@example.com"}, "tags": ["vip"]})
    later = START + timedelta(hours=2, seconds=10)
    sent = control.post("advance", {"to": later.isoformat()}).json()["deliveries"]
    told = [json.loads(d["body"]) for d in sent if d["headers"]["X-Shopify-Topic"] == "orders/updated"]
    body = next(body for body in told if body["id"] == order_id)
    assert changed.status_code == 200 and (body["email"], body["tags"]) == ("new@example.com", "vip")
    assert control.post(f"order/{order_id}", {"nope": 1}).status_code == 400
    assert control.post("order/1", {"tags": []}).status_code == 400
