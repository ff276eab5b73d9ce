"""A front door to be measured: where it listens, its process, and how many deliveries it kept."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
import requests

from workers.broker import Broker, embedded_broker

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Served:
    """One front door while it runs."""

    url: str
    process: psutil.Process
    kept: Callable[[], int]


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], folder: Path) -> Iterator[psutil.Process]:
    """A program in a folder of its own, ended afterwards."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    whole = {**os.environ, "PATH": path, **env}
    process = subprocess.Popen(list(command), env=whole, cwd=folder, stdout=sys.stderr)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url: str) -> None:
    """Until it answers; raises RuntimeError when it does not come up."""
    for _ in range(300):
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


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
