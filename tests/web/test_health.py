"""What the platform is told: alive, ready, degraded or not, and figures that are true."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from platform import node
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text, update

from reconcile import inbox
from reconcile.clock import ManualClock
from reconcile.housekeeping import beat_heart
from reconcile.ledger import Ledger
from reconcile.ledger.tables import actions, shops
from reconcile.services import Services
from tests.rows import an_order, keep
from tests.web.sender import headers, send
from tests.workers.test_inbox import body
from webhooks.app import create_app


def ready(services: Services, redis_url: str = "") -> tuple[int, Any]:
    settings = replace(services.settings, redis_url=redis_url)
    answer = create_app(replace(services, settings=settings)).test_client().get("/readyz")
    return answer.status_code, answer.json


def figures(app: Flask) -> dict[frozenset[str], float]:
    """Every sample by its name and its labels' values, in any order."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {frozenset((s.name, *s.labels.values())): s.value for family in families for s in family.samples}


def named(*parts: str) -> frozenset[str]:
    return frozenset(parts)


def test_alive(services: Services) -> None:
    answer = create_app(services).test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_ready_when_everything_is_there(services: Services, valkey: str) -> None:
    for name in ("worker", "beat"):
        beat_heart(services, name)
    status, said = ready(services, valkey)
    assert (status, said["status"], said["ledger"], said["schema"], said["broker"]) == (200, "ready", "ok", "ok", "ok")
    assert said["processes"]["worker"] == {"state": "ok", "seen_at": "2026-11-02T09:00:00Z", "age_s": 0.0}


@pytest.mark.parametrize(
    "redis_url", ["", "redis://127.0.0.1:9/0", "redis://:wrong-password@127.0.0.1:9/0", "nonsense"]
)
def test_without_a_broker_it_is_degraded_but_ready(services: Services, redis_url: str) -> None:
    for name in ("worker", "beat"):
        beat_heart(services, name)
    status, said = ready(services, redis_url)
    assert (status, said["status"]) == (200, "degraded")
    assert said["broker"] == ("does not answer" if redis_url else "not configured")
    assert "wrong-password" not in str(said)


def test_a_worker_that_has_not_shown_itself_is_silent(services: Services, valkey: str, clock: ManualClock) -> None:
    beat_heart(services, "worker")
    clock.advance(timedelta(minutes=5))
    beat_heart(services, "beat")
    status, said = ready(services, valkey)
    assert (status, said["status"]) == (200, "degraded")
    assert said["processes"]["worker"]["state"] == "silent"
    assert said["processes"]["worker"]["age_s"] == 300.0
    assert said["processes"]["beat"]["state"] == "ok"


def test_a_schema_that_is_behind_is_unready(services: Services, tmp_path: Path) -> None:
    empty = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
    status, said = ready(replace(services, ledger=empty))
    assert (status, said["status"], said["ledger"]) == (503, "unready", "ok")
    assert "db upgrade" in said["schema"]
    empty.dispose()


def test_an_older_schema_is_unready(services: Services) -> None:
    with services.ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    status, said = ready(services)
    assert (status, said["status"]) == (503, "unready")
    assert "0001" in said["schema"]


def test_a_ledger_that_is_gone_is_unready_and_no_password_is_told(services: Services) -> None:
    gone = Ledger("postgresql+psycopg://someone:a-secret@127.0.0.1:9/none")
    status, said = ready(replace(services, ledger=gone))
    assert (status, said["status"], said["ledger"]) == (503, "unready", "does not answer")
    assert "a-secret" not in str(said)


def test_the_figures_of_the_front_door(services: Services) -> None:
    app = create_app(services)
    door = app.test_client()
    for sent in (headers(), headers(), headers(topic="made/up", webhook_id="2"), headers(secret="forged")):
        send(door, sent=sent)
    found = figures(app)
    assert found[named("reconciler_deliveries_total", "orders/updated", "stored")] == 1
    assert found[named("reconciler_deliveries_total", "orders/updated", "known")] == 1
    assert found[named("reconciler_deliveries_total", "other", "stored")] == 1
    assert found[named("reconciler_deliveries_total", "other", "unauthorised")] == 1
    assert found[named("reconciler_front_door_seconds_count")] == 4
    assert found[named("reconciler_inbox", "demo", "received")] == 2


def test_the_figures_of_the_ledger(services: Services, clock: ManualClock) -> None:
    app = create_app(services)
    send(app.test_client(), sent=headers(webhook_id="poison"))
    content = json.dumps(body()).encode()
    send(app.test_client(), content, headers(content, webhook_id="order"))
    inbox.drain(services)
    services.calls["pos"] += 7
    beat_heart(services, "worker")
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(swept_at=clock.now(), stopped_at=clock.now()))
        touch = {"store": "demo", "order_id": 1, "number": 1, "tag": "t", "state": "done", "cause": "c"}
        connection.execute(insert(actions).values(intended_at=clock.now(), outcome="arrived", **touch))
    clock.advance(timedelta(hours=1))
    found = figures(app)
    assert found[named("reconciler_ledger_up")] == 1
    assert found[named("reconciler_orders", "demo", "waiting")] == 1
    assert found[named("reconciler_orders_due", "demo")] == 1
    assert found[named("reconciler_orders_due_oldest_seconds", "demo")] == 3600
    assert found[named("reconciler_inbox", "demo", "parked")] == 1
    assert found[named("reconciler_sweep_age_seconds", "demo")] == 3600
    assert found[named("reconciler_last_delivery_age_seconds", "demo")] == 3600
    assert found[named("reconciler_stopped", "demo")] == 1
    assert found[named("reconciler_touches_total", "demo", "arrived")] == 1
    assert found[named("reconciler_remote_calls_total", "pos", f"{node()}:{os.getpid()}")] == 7
    assert found[named("reconciler_heartbeat_age_seconds", "worker")] == 3600


def test_the_proven_share_counts_what_is_judged(services: Services, clock: ManualClock) -> None:
    app = create_app(services)
    assert named("reconciler_proven_ratio", "demo") not in figures(app)
    for order_id, standing in enumerate(("matched", "matched", "matched", "missing", "waiting", "excluded"), 1):
        keep(services.ledger, an_order(order_id, created_at=clock.now()), standing=standing)
    keep(services.ledger, an_order(9, created_at=clock.now() - timedelta(days=2)), standing="missing")
    assert figures(app)[named("reconciler_proven_ratio", "demo")] == 0.75


def test_figures_are_given_also_while_the_ledger_is_gone(services: Services, tmp_path: Path) -> None:
    empty = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
    found = figures(create_app(replace(services, ledger=empty)))
    assert found[named("reconciler_ledger_up")] == 0
    empty.dispose()


def test_no_personal_word_is_in_the_figures(services: Services) -> None:
    app = create_app(services)
    content = json.dumps(body()).encode()
    send(app.test_client(), content, headers(content))
    inbox.drain(services)
    shown = app.test_client().get("/metrics").text
    assert not [word for word in ("ann@", "Archer", "#1001", "secret") if word in shown]


# --- the promises ---------------------------------------------------------------------------------------------------


def value(services: Services, name: str, **labels: str) -> float | None:
    """One figure as Prometheus reads it."""
    text = create_app(services).test_client().get("/metrics").text
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def test_the_oldest_order_without_a_verdict_is_watched(services: Services, clock: ManualClock) -> None:
    assert value(services, "reconciler_orders_unjudged_oldest_seconds", store="demo") is None
    for order_id, hours, standing in ((1, 3, "waiting"), (2, 2, "unread"), (3, 9, "matched"), (4, -1, "waiting")):
        keep(services.ledger, an_order(order_id), standing=standing, eligible_at=clock.now() - timedelta(hours=hours))
    assert value(services, "reconciler_orders_unjudged_oldest_seconds", store="demo") == 3 * 3600


def test_two_workers_count_their_calls_beside_each_other(
    services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pid, calls, left in ((1, 5, 0.9), (2, 7, 0.25)):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        told = {"left": {"demo": left}, "shopify_left": {"demo": left / 2}, "slowed": {"demo": pid}}
        beat_heart(replace(services, calls={"pos": calls, "shopify": 0}, budgets=lambda told=told: told), "worker")
        clock.advance(timedelta(seconds=5))
    counts = [value(services, "reconciler_remote_calls_total", side="pos", worker=f"{node()}:{pid}") for pid in (1, 2)]
    assert counts == [5, 7]
    assert value(services, "reconciler_pos_budget_left_ratio", store="demo") == 0.25
    assert value(services, "reconciler_shopify_budget_left_ratio", store="demo") == 0.125
    slowed = [
        value(services, "reconciler_slowed_total", side="pos", store="demo", worker=f"{node()}:{pid}") for pid in (1, 2)
    ]
    assert slowed == [1, 2]
    assert value(services, "reconciler_heartbeat_age_seconds", process="worker") == 5
    clock.advance(timedelta(minutes=11))
    beat_heart(services, "worker")
    assert value(services, "reconciler_remote_calls_total", side="pos", worker=f"{node()}:1") is None
