"""Programs to be measured, each in a folder of its own, and the waiting for them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import redis
import requests

from workers.broker import Broker, embedded_broker

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Iterator[psutil.Process]:
    """A program in a folder of its own, where its `log` is; ended afterwards."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    whole = {**os.environ, "PATH": path, **env}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(list(command), env=whole, cwd=folder, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def until(true: Callable[[], object], what: str, within_s: float = 30, every_s: float = 0.05) -> None:
    """Until this holds; raises RuntimeError when it does not come to that."""
    end = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {within_s:.0f} s")
        time.sleep(every_s)


def wait_for(url: str) -> None:
    """Until it answers; raises RuntimeError when it does not come up."""
    until(lambda: _is_ok(url), url)


def _is_ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


@contextmanager
def durable_redis(folder: Path) -> Iterator[tuple[Broker, redis.Redis]]:
    """A Redis that writes every command to disk before it answers: what a kept delivery needs there."""
    broker = embedded_broker(folder / "redis")
    configuration = Path(broker.command[1])
    configuration.write_text(configuration.read_text().replace("appendfsync everysec", "appendfsync always"))
    with running(broker.command, {}, folder):
        client = redis.Redis.from_url(broker.url)
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        yield broker, client
