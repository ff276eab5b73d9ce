"""The sentence that a person who runs a shop wants, read while orders are held back, and held against what is true then."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bench.client import Sandbox
from bench.play import START, Played, play
from reconcile.ledger.tables import alerts, incidents, orders
from tests.web.visitors import Visitor
from workers.broker import free_port

pytestmark = pytest.mark.timeout(900)  # some hours of a day are played, once

READ_AT = timedelta(hours=9)
SCENARIO = {
    "seed": 11, "pos": "heartland", "hours": 10, "orders": 250, "declared": {"download_archived_orders": None},
    "faults": [{"cause": "archived_orders_off", "from_h": 6.4, "until_h": 9.6}],
}  # fmt: skip
SENTENCE = re.compile(
    r"Since (\d\d:\d\d), (\d+) archived orders worth \$([\d,.]+) have not arrived; "
    r"Download Archived Orders is almost certainly off\. .*switch Download Archived Orders on and press Save Settings\. "
    r"When it is done, say so: one order is brought in first, then the others\."
)


@dataclass
class Read:
    """What was to be read at one moment, and what was true."""

    page: str = ""
    sentence: str = ""
    held: list[dict[str, Any]] | None = None
    worth: Decimal = Decimal(0)
    alert: str = ""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    sandbox, seen = Sandbox(free_port()), Read()

    def hourly(played: Played) -> None:
        if played.services.clock.now() - START >= READ_AT and seen.held is None:
            look_in(played, sandbox, seen)

    try:
        sandbox.wait()
        play(SCENARIO, sandbox, tmp_path_factory.mktemp("day"), hourly)
        yield seen
    finally:
        sandbox.stop()


def look_in(played: Played, sandbox: Sandbox, seen: Read) -> None:
    services = played.services
    truth = sandbox.truth()["orders"]
    seen.held = [one for one in truth if one["cause"] == "archived_orders_off" and not one["arrived_at"]]
    visitor = Visitor(services)
    with services.ledger.read() as connection:
        number = connection.execute(
            select(incidents.c.id).where(incidents.c.cause == "archived_orders_off")
        ).scalar_one()
        seen.alert = (
            connection.execute(select(alerts.c.text).where(alerts.c.incident_id == number)).scalars().first() or ""
        )
        held = (orders.c.cause == "archived_orders_off", orders.c.case_state != "closed")
        seen.worth = connection.execute(select(func.sum(orders.c.total)).where(*held)).scalar_one()
    seen.page = visitor.get(f"/incidents/{number}")
    found = SENTENCE.search(seen.page)
    seen.sentence = found[0] if found else ""


def on_the_shops_clock(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo('America/New_York')):%H:%M}"


def test_it_is_on_the_incidents_page_and_it_is_true(read: Read) -> None:
    found = SENTENCE.search(read.page)
    assert found, read.page
    since, count, worth = found.groups()
    assert read.held
    eligible = sorted(datetime.fromisoformat(one["eligible_at"]) for one in read.held)
    assert since == on_the_shops_clock(eligible[0])
    # An order of the last minutes may not have been looked at yet.
    sure = [at for at in eligible if at < START + READ_AT - timedelta(minutes=4)]
    assert len(sure) <= int(count) <= len(eligible)
    assert Decimal(worth.replace(",", "")) == read.worth


def test_the_alert_said_so_when_it_was_sent(read: Read) -> None:
    found = SENTENCE.search(read.alert)
    assert found, read.alert
    assert read.held
    assert found[1] == on_the_shops_clock(min(datetime.fromisoformat(one["eligible_at"]) for one in read.held))
    assert int(found[2]) >= 3, "it was told of all that it held back when it was noticed"
