"""The wire report tells how an account is: the sandbox plays one, and its switches are read back from what it showed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from reconcile.errors import Rejected, Throttled, Unsupported
from reconcile.model import SetUpQuestions
from reconcile.wire_recorder import spelling
from reconcile.wire_report import UNKNOWNS, listening, wire_report
from sandbox.heartland.switches import CHOICES, Switches
from tests.contract.accounts import NOW, OPENERS, HeartlandAccount, heartland

WRITTEN = {"validation_status", "duplicate_public_id", "location_header"}  # only a write would show them
ELSEWHERE = {"extra_keys", "order_number_field"}  # no question: every account has keys of its own, or is set to one
ORDER_GROUP = "sales.order"


@contextmanager
def shop(**switches: object) -> Iterator[HeartlandAccount]:
    """An account with something of everything in it."""
    with heartland(switches) as made:
        made.sell("#1001", status="complete")
        made.sell("#1002", status="canceled")
        made.sell("#1003", status="pending")
        made.give_back("#1001")
        made.require_field("Region")
        made.add_item("MUG-01")
        made.add_item("Shopify Shipping", active=False)
        yield made


def report_of(made: HeartlandAccount) -> dict[str, Any]:
    """As an audit does it: the loop's own reads, then the last questions."""
    pos = made.adapter()
    with listening(pos) as wire:
        pos.identity()
        with suppress(Rejected):  # an account that cannot be asked this way is reported all the same
            pos.sales_by_reference(["#1001", "#1002", "#1003"])
        pos.set_up(SetUpQuestions(skus=("MUG-01", "Shopify Shipping")))
        return wire_report(wire, "heartland", NOW)


def test_every_switch_of_the_sandbox_is_asked_about() -> None:
    asked = {unknown.switch for unknown in UNKNOWNS} - {"order_custom_group", "per_page_default"}
    assert asked == set(CHOICES) - WRITTEN - ELSEWHERE


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        (name, value)
        for name, values in CHOICES.items()
        for value in values
        if name not in WRITTEN | ELSEWHERE | {"throttling"}
    ]
    + [("order_custom_group", ORDER_GROUP), ("per_page_default", 2)],
)
def test_how_the_account_is_is_read_back(switch: str, value: object) -> None:
    with shop(**{switch: value}) as made:
        said = report_of(made)["switches"]
    assert said[switch] == value
    Switches.from_dict(said)  # the sandbox takes what was written


@pytest.mark.parametrize("how", CHOICES["throttling"])
def test_how_it_slows_down_is_read_once_it_did(how: str) -> None:
    with shop(throttling=how) as made:
        pos = made.adapter()
        with listening(pos) as wire:
            made.misbehave({"429_retry_after": "429"}.get(how, how))
            with pytest.raises(Throttled):
                pos.sales_by_reference(["#1001"])
            said = wire_report(wire, "heartland", NOW)
    assert said["switches"]["throttling"] == how


def test_what_was_not_seen_is_left_open() -> None:
    with heartland() as made:
        said = report_of(made)
    assert not {"throttling", "finished_status", "inactive_items_listed"} & set(said["switches"])
    assert {one["switch"] for one in said["unknowns"]} == {unknown.switch for unknown in UNKNOWNS}
    assert any(one["seen"] is None for one in said["unknowns"])


def test_shapes_are_told_and_no_value() -> None:
    with shop() as made:
        made.sell("#2001-E001", total="123.45")
        text = json.dumps(report_of(made))
    said = json.loads(text)
    orders = said["collections"]["/sales/orders"]
    assert orders["fields"]["public_id"] == ["text"]
    assert orders["fields"]["total"] == ["number"]
    assert orders["fields"]["created_at"] == ["time"]
    assert "number" in orders["fields"]["lines[].qty"]
    assert orders["words"]["status"]["pending"] >= 1
    assert "#9999" in orders["references"]
    assert orders["filters"]["public_id $in"] == {"200": 1}
    assert orders["includes"]["lines"] == {"given": 1}
    for value in ("1001", "2001", "123.45", "MUG", "Mug", "Region", "contract-token"):
        assert value not in text, value


def test_nothing_is_recorded_once_the_report_is_written() -> None:
    with shop() as made:
        pos = made.adapter()
        with listening(pos) as wire:
            pos.sales_by_reference(["#1001"])
        before = wire.recorder.to_json()
        pos.sales_by_reference(["#1002"])
        assert wire.recorder.to_json() == before


def test_an_adapter_without_one_connection_is_refused() -> None:
    with pytest.raises(Unsupported), listening(object()):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(
    ("reference", "form"), [("#52548", "#99999"), ("#52548-E001", "#99999-A999"), ("Web É12", "AAA A99"), ("", "")]
)
def test_a_reference_is_told_by_its_form(reference: str, form: str) -> None:
    assert spelling(reference) == form


@pytest.mark.parametrize(
    ("kind", "switch", "value"),
    [
        ("lightspeed_r", "updated_key", "updatetime"),
        ("lightspeed_r", "updated_key", "updateTime"),
        ("lightspeed_x", "money", "number"),
        ("lightspeed_x", "money", "text"),
    ],
)
def test_a_lightspeed_is_only_listened_to(kind: str, switch: str, value: str) -> None:
    with OPENERS[kind]({switch: value}) as made:
        made.sell("#1001")
        made.sell("#1002", total="49.90")
        pos = made.adapter()
        with listening(pos) as wire:
            assert len(pos.sales_by_reference(["#1001", "#1002"])) == 2
            before = made.calls
            said = wire_report(wire, kind, NOW)
    assert made.calls == before
    assert said["switches"] == {switch: value}
    assert any("#9999" in seen["references"] for seen in said["collections"].values())
    assert "1001" not in json.dumps(said) and "49.90" not in json.dumps(said)
