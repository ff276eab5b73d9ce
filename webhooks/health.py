"""What the platform asks: alive, ready, and the figures."""

import logging
from datetime import datetime
from typing import Any

import redis
from flask import Blueprint, Flask, Response, current_app, jsonify
from kombu import Connection
from kombu.exceptions import KombuError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from reconcile.ledger.schema import schema_problem
from reconcile.ledger.tables import heartbeats
from reconcile.services import Services
from webhooks.current import current_services
from webhooks.metrics import metrics_of

logger = logging.getLogger(__name__)
health = Blueprint("health", __name__)

BROKER_ANSWERS_WITHIN_S = 1.0
SILENT_AFTER_S = 120  # a worker or a beat that has not shown itself for so long is said to be silent
EXPECTED = ("worker", "beat")


def register(app: Flask) -> None:
    app.register_blueprint(health)


@health.get("/healthz")
def alive() -> Response:
    """200 as long as the process answers at all."""
    return jsonify({"status": "alive"})


@health.get("/readyz")
def ready() -> Response:
    """200 `ready` or `degraded` (deliveries are kept, work waits), 503 `unready` (nothing can be kept)."""
    services = current_services()
    ledger, schema, beats = _ledger(services)
    broker = _broker(services.settings.redis_url)
    silent = [name for name, beat in beats.items() if beat["state"] != "ok"]
    if ledger != "ok" or schema != "ok":
        status = "unready"
    else:
        status = "degraded" if broker != "ok" or silent else "ready"
    response = jsonify({"status": status, "ledger": ledger, "schema": schema, "broker": broker, "processes": beats})
    response.status_code = 503 if status == "unready" else 200
    response.headers["Cache-Control"] = "no-store"
    return response


def processes(services: Services) -> dict[str, str]:
    """How the broker and the processes behind the page are, each in a word; what is not `ok` costs time, never an order."""
    beats = _ledger(services)[2]
    return {"broker": _broker(services.settings.redis_url), **{name: beat["state"] for name, beat in beats.items()}}


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus's text format."""
    return Response(generate_latest(metrics_of(current_app).registry), content_type=CONTENT_TYPE_LATEST)


def _ledger(services: Services) -> tuple[str, str, dict[str, Any]]:
    """Whether the ledger answers, whether its schema is ours, and who was alive when."""
    try:
        problem = schema_problem(services.ledger)
        beats = {} if problem else _heartbeats(services)
    except SQLAlchemyError as error:
        logger.warning("the ledger does not answer: %s", getattr(error, "orig", None) or type(error).__name__)
        return "does not answer", "unknown", {}
    return "ok", problem or "ok", beats


def _heartbeats(services: Services) -> dict[str, Any]:
    with services.ledger.read() as connection:
        seen: dict[str, datetime] = {row.name: row.at for row in connection.execute(select(heartbeats))}
    now = services.clock.now()
    return {name: _heartbeat(seen.get(name), now) for name in EXPECTED}


def _heartbeat(at: datetime | None, now: datetime) -> dict[str, Any]:
    if at is None:
        return {"state": "never seen", "seen_at": None, "age_s": None}
    age = max((now - at).total_seconds(), 0)
    shown = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"state": "ok" if age < SILENT_AFTER_S else "silent", "seen_at": shown, "age_s": round(age, 1)}


def _broker(url: str) -> str:
    if not url:
        return "not configured"
    limit = BROKER_ANSWERS_WITHIN_S
    try:
        if url.startswith("redis"):
            with redis.Redis.from_url(url, socket_timeout=limit, socket_connect_timeout=limit) as client:
                client.ping()
        else:  # another broker that Celery can use, such as RabbitMQ
            with Connection(url, connect_timeout=limit) as connection:
                connection.connect()
    except (redis.RedisError, KombuError, ValueError, OSError):
        return "does not answer"
    return "ok"
