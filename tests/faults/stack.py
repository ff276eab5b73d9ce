"""The product as it runs: web, worker, beat and broker, each a process of its own that may be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import redis
import requests
from honcho.environ import parse_procfile

from tests.conftest import wait_until
from workers.broker import embedded_broker, free_port

HOME = Path(__file__).resolve().parents[2]
SECRET = "a webhook secret of the tests"
KEY = "a key for tests"
NOWHERE = "http://127.0.0.1:9"  # nobody listens there
PARTS = ("broker", "web", "worker", "beat")


def shop_entry(
    store: str, *, shopify: str = NOWHERE, pos: str = f"{NOWHERE}/api", domain: str = "", mode: str = "observe"
) -> str:
    """One shop of a stores file."""
    return f"""\
[stores.{store}]
shop = "{domain or f"{store}.myshopify.com"}"
mode = "{mode}"
webhook_secrets = ["env:FAULTS_SECRET"]
[stores.{store}.shopify]
client_id = "env:FAULTS_CLIENT"
client_secret = "env:FAULTS_CLIENT_SECRET"
base_url = "{shopify}"
[stores.{store}.pos]
kind = "heartland"
subdomain = "demo"
token = "env:FAULTS_POS_TOKEN"
base_url = "{pos}"
spacing_ms = 0
"""


class Stack:
    """Every process on one ledger; what a killed process was started with, the next one is started with."""

    def __init__(self, folder: Path, database_url: str, stores: Iterable[str], env: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "stores.toml").write_text("".join(stores))
        self._broker = embedded_broker(folder / "redis")
        self.env = {
            **os.environ, "PORT": str(self.port), "DATABASE_URL": database_url, "REDIS_URL": self._broker.url,
            "SECRET_KEY": KEY, "STORES_FILE": "stores.toml", "CLOCK_FILE": "", "TICK_S": "0.5", "WORKER_THREADS": "8",
            "FAULTS_SECRET": SECRET, "FAULTS_CLIENT": "client", "FAULTS_CLIENT_SECRET": "client-secret",
            "FAULTS_POS_TOKEN": "pos-token", "LOG_LEVEL": "WARNING", "PYTHONPATH": str(HOME),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **env,
        }  # fmt: skip
        procfile = parse_procfile((HOME / "Procfile").read_text()).processes
        self._commands = {name: f"exec env {procfile[name]}" for name in ("web", "worker", "beat")}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0

    def start(self, *names: str, ready: bool = True) -> None:
        """Start these parts (all of them when none is named), and wait until the web answers."""
        for name in names or PARTS:
            log = (self.folder / f"{name}.log").open("ab")
            # A session of its own: what it has started dies with it.
            self._processes[name] = subprocess.Popen(
                self._command(name), env=self.env, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
            log.close()
        if ready and (not names or "web" in names):
            wait_until(self.answers)
        if not names or "broker" in names:
            wait_until(self._broker_answers)

    def _command(self, name: str) -> tuple[str, ...]:
        return self._broker.command if name == "broker" else ("/bin/sh", "-c", self._commands[name])

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        return False

    def ready(self) -> dict[str, object]:
        found: dict[str, object] = requests.get(f"{self.url}/readyz", timeout=10).json()
        return found

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self._broker.url, socket_timeout=5)

    def _broker_answers(self) -> bool:
        with suppress(redis.RedisError), self.redis() as client:
            return bool(client.ping())
        return False

    def kill(self, *names: str) -> None:
        """SIGKILL these parts with everything they have started."""
        for name in names:
            with suppress(ProcessLookupError):
                os.killpg(self._processes[name].pid, signal.SIGKILL)
            self._processes[name].wait(timeout=10)
            self.kills += 1

    def stop(self, name: str, timeout_s: float = 30) -> tuple[int, float]:
        """SIGTERM one part, as the supervisor does; gives its exit code and how long that took."""
        began = time.monotonic()
        self._processes[name].send_signal(signal.SIGTERM)
        code = self._processes[name].wait(timeout=timeout_s)
        return code, time.monotonic() - began

    def stop_together(self) -> dict[str, tuple[int, float]]:
        """SIGTERM web, worker and beat at one moment; of each its exit code and how long that took."""
        with ThreadPoolExecutor() as pool:
            ends = {name: pool.submit(self.stop, name) for name in PARTS if name != "broker"}
            return {name: end.result() for name, end in ends.items()}

    def revive(self) -> list[str]:
        """Start again what has ended by itself, as the supervisor does; gives what that was."""
        ended = [name for name, process in self._processes.items() if process.poll() is not None]
        if ended:
            self.start(*ended)
        return ended

    def process(self, name: str) -> psutil.Process:
        return psutil.Process(self._processes[name].pid)

    def family(self, name: str) -> list[psutil.Process]:
        top = self.process(name)
        return [top, *top.children(recursive=True)]

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run `flask --app webhooks.app …` on the same settings."""
        line = [sys.executable, "-m", "flask", "--app", "webhooks.app", *words]
        return subprocess.run(line, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120)

    def close(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._processes[name].pid, signal.SIGKILL)
                process.wait(timeout=10)
