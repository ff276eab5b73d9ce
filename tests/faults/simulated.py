"""A shop's simulated day under the real processes: one clock file that all of them read, moved minute by minute."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from bench.client import Sandbox
from tests.faults.stack import SECRET, Stack
from workers.broker import free_port

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
IDLE_WITHIN_S = 20
CREDENTIALS = {"client_id": "client", "client_secret": "client-secret", "pos_token": "pos-token"}


class Floor:
    """The sandbox with one scenario, and the clock."""

    def __init__(self, folder: Path) -> None:
        self.clock_file = folder / "clock"
        self.sandbox = Sandbox(free_port())
        self.sandbox.wait()
        self.set_clock(START)
        self.truth: dict[str, Any] = {}

    def set_clock(self, moment: datetime) -> None:
        self.now = moment
        written = self.clock_file.with_suffix(".new")
        written.write_text(str(moment.timestamp()))
        written.replace(self.clock_file)

    def open(self, scenario: dict[str, Any], service_url: str) -> str:
        """Gives the shop's domain."""
        door = f"{service_url}/webhooks/shopify"
        made = self.sandbox.reset(
            scenario=scenario, start=START.isoformat(), webhook_url=door, secret=SECRET, **CREDENTIALS
        )
        return str(made["shop_domain"])

    def pass_time(self, api: "Api", minutes: int, step: int = 1) -> None:
        for _ in range(0, minutes, step):
            self.set_clock(self.now + timedelta(minutes=step))
            self.sandbox.advance(self.now)
            api.until_idle()

    def order(self, order_id: int) -> dict[str, Any]:
        return next(one for one in self.sandbox.truth()["orders"] if one["order_id"] == order_id)

    def close(self) -> None:
        self.sandbox.stop()


class Api:
    """The service as its operator uses it."""

    def __init__(self, stack: Stack) -> None:
        made = stack.command("token", "create", "--role", "admin")
        assert made.returncode == 0, made.stderr
        self._headers = {"Authorization": f"Bearer {made.stdout.split()[-1]}"}
        self._url = f"{stack.url}/api/v1"

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self._url}/{path}", headers=self._headers, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None) -> requests.Response:
        return requests.post(f"{self._url}/{path}", json=body, headers=self._headers, timeout=20)

    def until_idle(self, store: str = "demo", unless: Callable[[], bool] = lambda: False) -> None:
        """Until nothing is in the inbox, nothing is due and nobody works on the shop; or something else has happened."""
        end = time.monotonic() + IDLE_WITHIN_S
        while time.monotonic() < end and not unless():
            state = next(one for one in self.get("stores")["items"] if one["store"] == store)
            if not (state["inbox"]["received"] or state["due"] or state["busy"]):
                return
            time.sleep(0.05)
        if unless():
            return
        raise TimeoutError(f"the service does not come to rest: {state}")
