"""Front door: durable 200s per second, as installed: the Procfile's web process on SQLite, signed orders of 7 kB."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import requests
from sqlalchemy import func, select

from bench.diagnose import free_port
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries

HOME = Path(__file__).resolve().parent.parent
SECRET, DOMAIN = "bench-secret", "bench.myshopify.com"
STORES = f"""\
[stores.bench]
shop = "{DOMAIN}"
webhook_secrets = ["env:BENCH_SECRET"]
[stores.bench.shopify]
access_token = "env:BENCH_SECRET"
[stores.bench.pos]
kind = "heartland"
subdomain = "bench"
token = "env:BENCH_SECRET"
"""


@contextmanager
def web(folder: Path) -> Iterator[tuple[str, psutil.Process, str]]:
    """The web process of the Procfile in a folder of its own: its URL, its process, its ledger."""
    port = free_port()
    (folder / "stores.toml").write_text(STORES)
    database_url = f"sqlite:///{folder / 'ledger.db'}"
    env = {
        **os.environ, "PORT": str(port), "DATABASE_URL": database_url, "STORES_FILE": str(folder / "stores.toml"),
        "BENCH_SECRET": SECRET, "SECRET_KEY": "bench", "REDIS_URL": "redis://127.0.0.1:9/0", "CLOCK_FILE": "",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(HOME),
    }  # fmt: skip
    lines = dict(line.split(": ", 1) for line in (HOME / "Procfile").read_text().splitlines() if line)
    subprocess.run(["/bin/sh", "-c", lines["release"]], env=env, cwd=folder, check=True, stdout=sys.stderr)
    process = subprocess.Popen(["/bin/sh", "-c", f"exec {lines['web']}"], env=env, cwd=folder, stdout=sys.stderr)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid), database_url
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def load(url: str, count: int, connections: int) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "bench.load",
        f"{url}/webhooks/shopify",
        str(count),
        str(connections),
        SECRET,
        DOMAIN,
    ]
    found: dict[str, Any] = json.loads(subprocess.run(command, cwd=HOME, capture_output=True, check=True).stdout)
    return found


def measure(runs: int = 5, count: int = 6_000, connections: int = 16) -> dict[str, Any]:
    """Median and spread of the runs; `lost` are 200s without a row in the ledger."""
    with TemporaryDirectory(prefix="bench-") as folder, web(Path(folder)) as (url, process, database_url):
        load(url, 1_000, connections)
        found = [load(url, count, connections) for _ in range(runs)]
        ledger = Ledger(database_url)
        with ledger.read() as connection:
            kept = connection.execute(select(func.count()).select_from(deliveries)).scalar_one()
        ledger.dispose()
        peak = peak_memory_mb(process)
    rates = [run["per_s"] for run in found]
    refused = sum(run["refused"] for run in found)
    return {
        "connections": connections,
        "durable_200s_per_s": round(statistics.median(rates)),
        "slowest_and_fastest_run": [round(min(rates)), round(max(rates))],
        "p50_ms": round(statistics.median(run["p50_ms"] for run in found), 1),
        "p99_ms": round(statistics.median(run["p99_ms"] for run in found), 1),
        "refused": refused,
        "lost": 1_000 + runs * count - refused - kept,
        "web_peak_mb": peak,
    }


def peak_memory_mb(process: psutil.Process) -> int:
    """The highest resident memory that a process and its children ever had."""
    kilobytes = 0
    for one in [process, *process.children(recursive=True)]:
        for line in Path(f"/proc/{one.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kilobytes += int(line.split()[1])
    return kilobytes // 1024
