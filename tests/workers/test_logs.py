"""The logs of the processes themselves: each line is one JSON object with the ids of what it speaks of."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from reconcile import history, inbox, log
from reconcile.errors import ConfigurationError
from reconcile.ledger import Ledger
from reconcile.services import Services
from tests.web import sender
from webhooks.app import create_app
from webhooks.log import request_ids
from workers.app import bind_ids

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.contextvars.clear_contextvars()


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_bears_the_ids_of_its_task_and_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure({"LOG_FORMAT": "json"})
    bind_ids(task=type("Task", (), {"name": "workers.tasks.reconcile_shop"}), args=("demo",))
    logging.getLogger("reconcile.loop").warning("the POS is %s", "down", extra={"order_id": 1001})
    (line,) = lines(capsys.readouterr().err)
    assert line.pop("at")
    assert line == {
        "event": "the POS is down", "task": "reconcile_shop", "store": "demo", "order_id": 1001, "level": "warning",
        "logger": "reconcile.loop",
    }  # fmt: skip


def test_an_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure({"LOG_FORMAT": "json"})
    try:
        raise ValueError("no\nline breaks")
    except ValueError:
        logging.getLogger("celery.app.trace").exception("a task failed")
    (line,) = lines(capsys.readouterr().err)
    assert "Traceback" in str(line["exception"])


def test_what_happened_to_an_order_is_logged_with_its_ids(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure({"LOG_FORMAT": "json"})
    told = {"store": "demo", "order_id": 7, "at": services.clock.now(), "kind": "standing"}
    with services.ledger.write() as connection:
        history.tell(connection, told | {"text": "waiting → missing"}, told | {"text": "missing → matched"})
    (line,) = lines(capsys.readouterr().err)  # that all is well is said only at LOG_LEVEL=DEBUG
    assert (line["event"], line["store"], line["order_id"], line["kind"]) == (
        "waiting → missing",
        "demo",
        7,
        "standing",
    )


def test_a_delivery_that_is_parked_or_folded_is_named(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure({"LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"})
    door = create_app(services).test_client()
    sender.send(door, b"no order", sender.headers(b"no order"))
    inbox.drain(services)
    parked = [line for line in lines(capsys.readouterr().err) if str(line["event"]).startswith("parked")]
    assert [(line["store"], line["topic"], line["level"]) for line in parked] == [("demo", "orders/updated", "warning")]
    assert parked[0]["delivery"] == sender.headers()["X-Shopify-Webhook-Id"]


def test_a_request_is_named_while_it_is_answered(
    services: Services, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log.configure({"LOG_FORMAT": "json"}, [request_ids])
    broken = Ledger(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = sender.send(create_app(replace(services, ledger=broken)).test_client())
    assert answer.status_code == 503
    line = next(line for line in lines(capsys.readouterr().err) if "not stored" in str(line["event"]))
    assert line["deliveries"] == [f"demo {sender.headers()['X-Shopify-Webhook-Id']}"]
    broken.dispose()


@pytest.mark.parametrize(("name", "value"), [("LOG_FORMAT", "xml"), ("LOG_LEVEL", "LOUD")])
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        log.configure({name: value})


@pytest.mark.timeout(60)
@pytest.mark.parametrize("process", ["worker", "beat"])
def test_celery_logs_as_we_do(process: str, valkey: str, tmp_path: Path) -> None:
    """Its own lines as well, from the first one on."""
    (tmp_path / "stores.toml").write_text("")
    env = {
        **os.environ, "REDIS_URL": valkey, "LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG", "PYTHONPATH": str(HOME),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
    }  # fmt: skip
    extra = ["-P", "threads", "-c", "1"] if process == "worker" else ["-S", "celery.beat:Scheduler"]
    command = [sys.executable, "-m", "celery", "-q", "-A", "workers.app", process, *extra]
    running = subprocess.Popen(
        command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stderr
        first = json.loads(next(line for line in running.stderr if line.startswith("{")))  # as root it warns before
    finally:
        running.terminate()
        running.wait(timeout=30)
    assert first["level"] and first["logger"].startswith(("celery", "kombu", "reconcile", "workers"))
