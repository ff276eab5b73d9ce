"""A shop's day with every process of the product listened to: nobody is called, or looked up, but whom the settings name."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.places import SqlitePlace
from tests.faults.simulated import Api, Floor
from tests.faults.stack import HOME, Stack, shop_entry
from tests.figures import Note

DOMAIN = "demo-shop.myshopify.com"
SCENARIO = {
    "seed": 3, "hours": 1, "orders": 20, "latency": {"median_s": 10, "p99_s": 60},
    "faults": [{"cause": "archived_orders_off", "from_h": 0.2, "until_h": 0.5}, {"cause": "sku_unknown", "share": 0.1}],
}  # fmt: skip
# Python imports this before anything else: every connection and look-up of that process is written down.
LISTENING = """\
import json, os, sys

def listen(event, args):
    if event in ("socket.connect", "socket.sendto"):
        told = args[-1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        told = args[0]
    else:
        return
    with open(os.environ["LISTENED"], "a") as kept:
        kept.write(json.dumps([event, told], default=repr) + "\\n")

sys.addaudithook(listen)
"""


@pytest.fixture
def stack(tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[Stack, Floor]]:
    (tmp_path / "sitecustomize.py").write_text(LISTENING)
    floor = Floor(tmp_path)
    entry = shop_entry(
        "demo", domain=DOMAIN, mode="auto", shopify=floor.sandbox.url, pos=f"{floor.sandbox.url}/heartland/api"
    )
    env = {
        "CLOCK_FILE": str(floor.clock_file), "TICK_S": "0.25", "LISTENED": str(tmp_path / "listened"),
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{HOME}",
    }  # fmt: skip
    made = Stack(tmp_path, SqlitePlace(tmp_path, migrated_sqlite).url, [entry], env)
    try:
        made.start()
        yield made, floor
    finally:
        made.close()
        floor.close()


def test_a_day_calls_nobody_who_is_not_configured(stack: tuple[Stack, Floor], tmp_path: Path, note: Note) -> None:
    service, floor = stack
    floor.open(SCENARIO, service.url)
    api = Api(service)
    floor.pass_time(api, 120, step=10)
    assert service.command("stores", "check", "--store", "demo").returncode in (0, 1)
    heard = [json.loads(line) for line in (tmp_path / "listened").read_text().splitlines()]
    allowed = {urlsplit(url).port for url in (floor.sandbox.url, service.env["REDIS_URL"])}
    called = [told for event, told in heard if event == "socket.connect"]
    strangers = [
        told for told in called if not (isinstance(told, list) and told[0] == "127.0.0.1" and told[1] in allowed)
    ]
    assert strangers == []
    assert {str(told) for event, told in heard if event != "socket.connect"} <= {"127.0.0.1", "None"}
    ports = {told[1] for told in called}
    assert ports == allowed  # Shopify, the POS and the broker were called: it was listened
    note("a day listened to at every process", connections=len(called), strangers_called=len(strangers))
