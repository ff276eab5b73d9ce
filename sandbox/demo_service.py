"""The demo's two sides: the sandbox's control port, and the service as its users reach it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from sandbox.till import Credentials
from sandbox.tills import KINDS

STORE = "demo"
HOME = Path(__file__).resolve().parent.parent
UP_WITHIN_S = 180
IDLE_WITHIN_S = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wanted_port() -> int:
    """The port of the page: PORT, 8000, or a free one when somebody else has it."""
    wanted = int(os.environ.get("PORT") or 8000)
    try:
        socket.create_server(("0.0.0.0", wanted)).close()
    except OSError:
        return free_port()
    return wanted


# Secrets stand in the environment, as an admin would have them.
NAMED = Credentials(token="env:DEMO_POS_TOKEN", client_id="env:DEMO_CLIENT_ID", client_secret="env:DEMO_CLIENT_SECRET")


class Shopfloor:
    """The sandbox in a process of its own, and the clock that everybody reads."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.clock_file = (folder / "clock").resolve()
        self.credentials = {name: secrets.token_hex(16) for name in ("secret", "pos_token", "client_secret")}
        self.credentials["client_id"] = "demo-client"
        self.next_event_at: datetime | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        command = [sys.executable, "-m", "sandbox", "--port", self.url.rpartition(":")[2]]
        self._process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.DEVNULL)

    def open(self, scenario: Mapping[str, Any], start: datetime, service_url: str) -> None:
        """Reset the sandbox to the scenario; from now on it delivers to the service by itself."""
        wait_for(f"{self.url}/_control/declared", self._process)
        body = {"scenario": scenario, "start": start.isoformat(), "webhook_url": f"{service_url}/webhooks/shopify"}
        self.pos: str = scenario["pos"]
        self.domain: str = self._post("reset", body | self.credentials)["shop_domain"]
        self.declared = self._get("declared") | scenario.get("declared", {})
        self._set_clock(start)

    def advance(self, to: datetime) -> None:
        # The clock moves first: what the sandbox delivers is received at the moment at which it was sent.
        self._set_clock(to)
        answer = self._post("advance", {"to": to.isoformat()})
        self.next_event_at = datetime.fromisoformat(answer["next_event_at"]) if answer["next_event_at"] else None

    def truth(self) -> dict[str, Any]:
        return self._get("truth")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def _set_clock(self, moment: datetime) -> None:
        self.now = moment
        written = self.clock_file.with_suffix(".new")
        written.write_text(str(moment.timestamp()))
        written.replace(self.clock_file)  # a reader never sees half of it

    def _post(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return read(self._session.post(f"{self.url}/_control/{what}", json=body, timeout=60))

    def _get(self, what: str) -> dict[str, Any]:
        return read(self._session.get(f"{self.url}/_control/{what}", timeout=60))


class Service:
    """Order Reconciler as installed: started by the command of `make run`, used over HTTP."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.url = f"http://127.0.0.1:{wanted_port()}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, floor: Shopfloor) -> None:
        (self.folder / "stores.toml").write_text(stores_file(floor, self.url))
        env = {
            **os.environ,
            "PORT": self.url.rpartition(":")[2],
            "CLOCK_FILE": str(floor.clock_file),
            "TICK_S": "0.25",
            "LOG_LEVEL": "WARNING",
            **{f"DEMO_{name.upper()}": value for name, value in floor.credentials.items()},
        }
        env.update(DATABASE_URL="", REDIS_URL="", STORES_FILE="", SECRET_KEY="")
        env["PYTHONPATH"] = str(HOME)
        log = (self.folder / "service.log").open("wb")
        command = [sys.executable, "-m", "workers.serve"]
        self._process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=log, stderr=log)
        wait_for(f"{self.url}/readyz", self._process)
        self.token = self._make_token(env)
        self._session.headers["Authorization"] = f"Bearer {self.token}"

    def _make_token(self, env: Mapping[str, str]) -> str:
        command = [sys.executable, "-m", "flask", "--app", "webhooks.app", "token", "create", "--role", "admin"]
        made = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"no token could be made: {made.stderr.strip()}")
        return made.stdout.strip().splitlines()[-1]

    def state(self) -> dict[str, Any]:
        """The shop's row of `GET /api/v1/stores`."""
        found = self._get("stores")
        return next(row for row in found.get("items", found) if row["store"] == STORE)

    def wait_until_idle(self) -> None:
        """Until nothing is in the inbox, nothing is due and nobody works on the shop (or the POS is left in peace)."""
        end = time.monotonic() + IDLE_WITHIN_S
        while time.monotonic() < end:
            self._state = self.state()
            if not self._state["inbox"]["received"] and not self._state["due"] and not self._state["busy"]:
                return
            time.sleep(0.03)
        raise RuntimeError(f"the service does not come to rest: {json.dumps(self._state)[:400]}")

    def next_due_at(self) -> datetime | None:
        due = self.state()["next_due_at"]
        return datetime.fromisoformat(due) if due else None

    def is_done(self) -> bool:
        """Whether no order waits for its verdict, or for what a touch will bring."""
        waiting = ("standing=waiting", "standing=unread", "state=retrying")
        if any(self._get(f"orders?limit=1&{what}")["items"] for what in waiting):
            return False
        pending = self._get("orders?limit=250&standing=pending")["items"]
        return not any((order["decision"] or {}).get("verb") == "wait" for order in pending)

    def orders(self) -> dict[int, dict[str, Any]]:
        return {order["order_id"]: order for order in self._all_orders()}

    def _all_orders(self) -> Iterator[dict[str, Any]]:
        cursor = ""
        while cursor is not None:
            page = self._get(f"orders?limit=250&cursor={cursor}" if cursor else "orders?limit=250")
            yield from page["items"]
            cursor = page["next"]

    def line(self) -> str:
        standings = self._state["standings"]
        return ", ".join(f"{count} {standing}" for standing, count in standings.items() if count)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=60)

    def _get(self, what: str) -> dict[str, Any]:
        return read(self._session.get(f"{self.url}/api/v1/{what}", timeout=30))


def stores_file(floor: Shopfloor, service_url: str) -> str:
    """The demo shop's stores.toml: what an admin would write, with the sandbox's addresses."""
    connector = _toml(floor.declared)
    pos = _toml(KINDS[floor.pos].settings(floor.url, NAMED))
    return f"""\
[stores.{STORE}]
shop = "{floor.domain}"
mode = "auto"
webhook_secrets = ["env:DEMO_SECRET"]
webhook_url = "{service_url}/webhooks/shopify"
[stores.{STORE}.shopify]
client_id = "env:DEMO_CLIENT_ID"
client_secret = "env:DEMO_CLIENT_SECRET"
base_url = "{floor.url}"
[stores.{STORE}.pos]
{pos}
[stores.{STORE}.connector]
{connector}
"""


def _toml(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers; raises RuntimeError when it does not come up."""
    end = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def read(answer: requests.Response) -> dict[str, Any]:
    if not answer.ok:
        raise RuntimeError(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
