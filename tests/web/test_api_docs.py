"""The examples of the API's page, run as they are printed, by a shell against a service that answers."""

import html
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests
from sqlalchemy import insert
from werkzeug.serving import make_server

from reconcile.ledger.tables import batches
from reconcile.services import Services
from tests.rows import PLACED, an_order, keep
from tests.web.callers import HELD_BACK, an_incident
from tests.web.test_api_stores import deliver
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

NAMED = {"STORE": "demo", "ORDER": "1001", "INCIDENT": "1", "DELIVERY": "1", "BATCH": str(uuid4())}
EXAMPLE = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: the examples are not run")


@pytest.fixture
def service(services: Services) -> Iterator[str]:
    """The address of a service with what the examples name: a shop, an order, an incident, a delivery, a batch."""
    keep(services.ledger, an_order(1001), **HELD_BACK)
    assert an_incident(services) == 1
    assert deliver(services, state="parked") == 1
    values = {"id": NAMED["BATCH"], "by": "ann", "created_at": PLACED, "filter": {"stores": ["demo"], "asked": []}}
    with services.ledger.write() as connection:
        connection.execute(insert(batches).values(**values))
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def examples(service: str) -> list[str]:
    page = requests.get(f"{service}/api/v1/docs", timeout=10).text
    return [html.unescape(found) for found in EXAMPLE.findall(page)]


def test_every_write_has_a_key_of_its_own(service: str) -> None:
    writes = [one for one in examples(service) if " -X " in one]
    assert len(writes) > 15
    assert [one for one in writes if "Idempotency-Key: " not in one] == []
    assert [one for one in examples(service) if "Idempotency-Key" in one and one not in writes] == []


def test_the_page_names_all_that_the_shell_has_to_know(service: str) -> None:
    page = requests.get(f"{service}/api/v1/docs", timeout=10).text
    set_once = re.search(r"export ([^<]+)<", page)
    assert set_once
    told = {part.partition("=")[0] for part in set_once[1].split()}
    used = {name for one in examples(service) for name in re.findall(r"\$([A-Z]+)", one)}
    assert used == told == {*NAMED, "TOKEN"}


@needs_curl
def test_every_example_runs_as_printed(service: str, services: Services) -> None:
    token = tokens.create(services, Role.ADMIN)
    told = {one: _run(one, token) for one in examples(service)}
    assert len(told) > 30
    assert {one: answer for one, answer in told.items() if not answer.startswith("2")} == {}


def _run(example: str, token: str) -> str:
    """The status that the shell's curl is answered with, or what it complains about."""
    line = f"{example} -o /dev/null -w '%{{http_code}}'"
    done = subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **NAMED, "TOKEN": token},
    )
    return done.stdout + done.stderr
