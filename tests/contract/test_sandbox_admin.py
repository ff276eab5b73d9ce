"""The sandbox's pages for a person: what is saved there holds from then on, and for what comes later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox.server import create_app
from tests.contract.serving import served
from tests.contract.test_sandbox_control import Control

START = datetime(2026, 11, 2, tzinfo=UTC)
ARCHIVED = {"cause": "archived_orders_off", "from_h": 0}
INCOMPLETE = {"cause": "customer_incomplete", "share": 0.2}
WHOLE = {
    "email": "ann@shop.example", "first_name": "Ann", "last_name": "Lee", "address1": "1 Main Street", "city": "Springfield",
    "province": "IL", "zip": "62701",
}  # fmt: skip
USUAL_SWITCHES = (
    "download_orders", "download_fulfilled_orders", "download_unfulfilled_orders", "download_paid_orders_with_no_transactions",
    "allow_manual_payments", "download_refunds",
)  # fmt: skip


@pytest.fixture
def control() -> Iterator[Control]:
    with served(create_app()) as url:
        yield Control(url)


def arrived(control: Control, cause: str, since: datetime) -> tuple[int, int]:
    """Of the orders that this cause struck: how many there are, and how many have come since then."""
    struck = [one for one in control.truth()["orders"] if one["cause"] == cause]
    return len(struck), sum(
        1 for one in struck if one["arrived_at"] and datetime.fromisoformat(one["arrived_at"]) >= since
    )


def test_a_setting_that_is_saved_lets_later_orders_through_and_no_earlier_one(control: Control) -> None:
    control.open({"seed": 3, "hours": 4, "orders": 120, "faults": [ARCHIVED]})
    control.play(2)
    held, _ = arrived(control, "archived_orders_off", START)
    assert held > 3
    page = requests.get(f"{control.url}/admin/apps/mortar/settings", timeout=30).text
    assert 'name="download_archived_orders">' in page  # not checked
    form = dict.fromkeys((*USUAL_SWITCHES, "download_archived_orders"), "on")
    assert requests.post(f"{control.url}/admin/apps/mortar/settings", data=form, timeout=30).status_code == 200
    assert (
        'name="download_archived_orders" checked'
        in requests.get(f"{control.url}/admin/apps/mortar/settings", timeout=30).text
    )
    now = START + timedelta(hours=2)
    control.post("advance", {"to": (now + timedelta(hours=2)).isoformat()})
    assert arrived(control, "archived_orders_off", now)[0] == held  # settings are not retroactive


def test_an_order_whose_customer_is_completed_comes(control: Control) -> None:
    control.open({"seed": 3, "hours": 2, "orders": 40, "faults": [INCOMPLETE]})
    control.play(2)
    home = requests.get(f"{control.url}/admin/", timeout=30).text
    struck = [one["order_id"] for one in control.truth()["orders"] if one["cause"] == "customer_incomplete"]
    assert struck
    assert all(f"/admin/orders/{order_id}" in home for order_id in struck)
    for order_id in struck:
        address = f"{control.url}/admin/orders/{order_id}"
        assert requests.get(address, timeout=30).ok
        requests.post(address, data=WHOLE, timeout=30)
    now = START + timedelta(hours=2)
    control.post("advance", {"to": (now + timedelta(hours=1)).isoformat()})
    assert arrived(control, "customer_incomplete", now) == (len(struck), len(struck))


def test_before_a_scenario_there_is_nothing_to_set(control: Control) -> None:
    assert requests.get(f"{control.url}/admin/", timeout=30).status_code == 503
