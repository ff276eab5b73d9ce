"""The web process as it is run: real sockets, many senders at once, and the signal that ends it."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from honcho.environ import parse_procfile
from sqlalchemy import select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, shops
from tests.conftest import wait_until
from tests.web.sender import BODY, DOOR, headers
from workers.broker import free_port

HOME = Path(__file__).resolve().parents[2]
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


class Web:
    """The Procfile's web process in a folder of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "stores.toml").write_text(STORES)
        env = {
            **os.environ, "PORT": str(self.port), "DATABASE_URL": database_url, "DEMO_SECRET": "secret",
            "SECRET_KEY": "a key for tests", "REDIS_URL": "redis://127.0.0.1:9/0", "STORES_FILE": "stores.toml",
            "CLOCK_FILE": "", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(HOME),
        }  # fmt: skip
        command = parse_procfile((HOME / "Procfile").read_text()).processes["web"]
        self.process = subprocess.Popen(["/bin/sh", "-c", f"exec {command}"], env=env, cwd=folder)
        wait_until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, "the web process has ended"
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.ConnectionError:
            return False

    def post(self, body: bytes | Iterator[bytes], sent: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.url}{DOOR}", data=body, headers=sent, timeout=15)

    def raw(self, request: bytes, *, hang_up: bool = False) -> bytes:
        """The first bytes that come back for a request that no client would write."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as line:
            line.sendall(request)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            try:
                return line.recv(200)
            except ConnectionResetError:
                return b""

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=25)


@pytest.fixture
def web(tmp_path: Path, database_url: str) -> Iterator[Web]:
    running = Web(tmp_path, database_url)
    yield running
    if running.process.poll() is None:
        running.stop()


def ids(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return set(connection.execute(select(deliveries.c.webhook_id)).scalars())


def test_two_hundred_at_once_are_all_kept_and_it_ends_clean(web: Web, ledger: Ledger) -> None:
    def deliver(number: int) -> int:
        return web.post(BODY, headers(webhook_id=f"w{number}")).status_code

    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(deliver, range(200))) == {200}
    assert ids(ledger) == {f"w{number}" for number in range(200)}
    with ledger.read() as connection:
        assert list(connection.execute(select(shops.c.store)).scalars()) == ["demo"]
    began = time.monotonic()
    assert web.stop() == 0
    assert time.monotonic() - began < 10


def test_what_was_acknowledged_when_it_was_killed_is_there(web: Web, ledger: Ledger) -> None:
    acknowledged: list[str] = []

    def deliver(number: int) -> None:
        try:
            if web.post(BODY, headers(webhook_id=f"w{number}")).status_code == 200:
                acknowledged.append(f"w{number}")
        except requests.RequestException:
            pass  # no answer: Shopify would send it again

    with ThreadPoolExecutor(16) as pool:
        sent = [pool.submit(deliver, number) for number in range(400)]
        wait_until(lambda: len(acknowledged) > 50)
        kill_tree(web.process.pid)
        for one in sent:
            one.result()
    web.process.wait(timeout=10)
    assert 50 < len(acknowledged) < 400
    assert set(acknowledged) <= ids(ledger)


def kill_tree(pid: int) -> None:
    import psutil

    for process in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
        process.kill()


def test_the_size_limit_holds_on_the_wire(web: Web, ledger: Ledger) -> None:
    largest, larger = b"x" * (5 * 1024 * 1024), b"x" * (5 * 1024 * 1024 + 1)
    assert web.post(largest, headers(largest, webhook_id="largest")).status_code == 200
    assert web.post(larger, headers(larger)).status_code == 413
    assert web.post(iter([BODY]), headers(webhook_id="chunked")).status_code == 200
    assert web.post(iter([larger[:-1], b"x"]), headers(larger)).status_code == 413
    assert ids(ledger) == {"largest", "chunked"}


def test_requests_that_no_client_would_write_are_refused(web: Web, ledger: Ledger) -> None:
    lines = [f"{name}: {value}" for name, value in headers().items()]
    begin = [f"POST {DOOR} HTTP/1.1", "Host: localhost", "Connection: close"]

    def status(*more: str, length: int = len(BODY)) -> bytes:
        head = "\r\n".join([*begin, *more, f"Content-Length: {length}", "", ""]).encode("latin-1")
        return web.raw(head + BODY, hang_up=length > len(BODY))[9:12]

    twice = [line for line in lines if "Webhook-Id" not in line]
    assert status(*twice, "X-Shopify-Webhook-Id: 1", "X-Shopify-Webhook-Id: 2") in (b"400", b"401")
    assert status(*lines, "X-Shopify-Hmac-Sha256: other") in (b"400", b"401")
    assert status(*lines, "Shopify-Topic: shop/redact") == b"400"
    assert status(*[line for line in lines if "Hmac" not in line], "X-Shopify-Hmac-Sha256: \xe9") in (b"400", b"401")
    assert status(*lines, length=len(BODY) + 10) != b"200"
    assert ids(ledger) == set()
    assert status(*lines) == b"200"


def test_settings_with_problems_end_the_process_with_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "stores.toml").write_text('[stores.demo]\nshop = "nonsense"\nmode = "bold"\n')
    command = "granian --interface wsgi --factory --port 0 webhooks.app:create_app"
    env = {**os.environ, "PYTHONPATH": str(HOME), "STORES_FILE": "stores.toml"}
    run = [sys.executable, "-m", *shlex.split(command)]
    ended = subprocess.run(run, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    for problem in ("stores.demo.shop:", "stores.demo.mode:", "stores.demo.pos:", "stores.demo.shopify:"):
        assert problem in ended.stderr
    assert "Traceback" not in ended.stderr
