"""The naive route: Flask, one Celery publish per request, awaited before the 200."""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import Celery
from flask import Flask, Response, request

from bench.doors import Door
from bench.serving import BIN, HOME, durable_redis, running, wait_for
from workers.broker import free_port


def create_app() -> Flask:
    """The application, on `REDIS_URL` and `SECRET`."""
    secret = os.environ["SECRET"].encode()
    celery = Celery("naive", broker=os.environ["REDIS_URL"])
    celery.conf.task_ignore_result = True
    app = Flask(__name__)

    @app.get("/healthz")
    def alive() -> str:
        return "alive"

    @app.post("/webhooks/shopify")
    def receive() -> Response:
        body = request.get_data(cache=False)
        made = base64.b64encode(hmac.digest(secret, body, hashlib.sha256)).decode()
        if not hmac.compare_digest(made, request.headers["X-Shopify-Hmac-Sha256"]):
            return Response(status=401)
        celery.send_task("orders.receive", [request.headers["X-Shopify-Topic"], body.decode()])
        return Response(status=200)

    return app


@contextmanager
def naive(folder: Path, secret: str) -> Iterator[Door]:
    """The route while it runs, on two processes of the same server that we use."""
    with durable_redis(folder) as (broker, client):
        port = free_port()
        env = {"SECRET": secret, "REDIS_URL": broker.url, "PYTHONPATH": str(HOME)}
        command = [
            str(BIN / "granian"), "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "2", "--blocking-threads", "16", "--backlog", "512", "--http", "1", "--no-ws",
            "bench.peers.naive:create_app",
        ]  # fmt: skip
        with running(command, env, folder) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Door(f"http://127.0.0.1:{port}", process, lambda: int(client.llen("celery")))
