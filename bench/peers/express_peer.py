"""express, @shopify/shopify-api and BullMQ on a Redis that syncs every command; two processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.doors import Door
from bench.serving import durable_redis, running, wait_for
from workers.broker import free_port

HERE = Path(__file__).parent / "express"


def install() -> None:
    """Its packages, as its lock file names them; needs npm."""
    if not (HERE / "node_modules").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=HERE, check=True, stdout=sys.stderr)


@contextmanager
def express(folder: Path, secret: str) -> Iterator[Door]:
    """The peer while it runs."""
    install()
    with durable_redis(folder) as (broker, client):
        port, place = free_port(), urlsplit(broker.url)
        env = {
            "PORT": str(port), "SECRET": secret, "NODE_ENV": "production",
            "REDIS_HOST": place.hostname or "", "REDIS_PORT": str(place.port), "REDIS_PASSWORD": place.password or "",
        }  # fmt: skip
        with running(["node", str(HERE / "server.mjs")], env, folder) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Door(f"http://127.0.0.1:{port}", process, lambda: int(client.llen("bull:webhooks:wait")))
