"""The Celery application: messages are hints, the ledger is the truth, so everything here may be lost."""

import os
import signal

import structlog
from celery import Celery, signals
from celery.worker import state
from kombu.entity import Queue

from reconcile import log
from workers import broker_guard

broker_guard.install()

TICK_S = float(os.environ.get("TICK_S") or 2)  # how often the ledger is asked what is due
DUE_S = TICK_S * 15  # sweeps and checks: the ledger knows which shop's turn it is
ENDS_WITHIN_S = 8  # whoever stops a process gives it ten seconds or more, and kills it then

celery = Celery(
    "reconciler", broker=os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0", include=["workers.tasks"]
)


def every(seconds: float, task: str) -> dict[str, object]:
    """A beat entry whose message is worthless once the next one is due: a dead worker finds no pile of them."""
    return {"task": f"workers.tasks.{task}", "schedule": seconds, "options": {"expires": max(seconds * 2, 10)}}


celery.conf.update(
    beat_schedule={
        "tick": every(TICK_S, "tick"),
        "sweep": every(DUE_S, "sweep"),
        "check_set_up": every(DUE_S, "check_set_up"),
        "tell_people": every(DUE_S, "tell_people"),
        "housekeeping": every(3600, "housekeeping"),
    },
    timezone="UTC",
    task_default_queue="reconciler",
    task_queues=[Queue("reconciler")],
    task_create_missing_queues=False,  # a typo must not make a black hole
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # Publishing gives up soon: whoever publishes has the ledger and the next beat behind it.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1, "interval_step": 0, "interval_max": 0.1},
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    # Work goes on when only the broker is lost; its result is in the ledger.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_channel_error_retry=True,  # a full Redis must not end the worker
    broker_transport_options={
        "visibility_timeout": 180,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,  # without it a half-open link blocks for ever
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 5,
    },
)


@signals.setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def take_over_logging(**_: object) -> None:
    """Worker and beat log as the web process does; Celery then leaves logging alone."""
    log.configure()


@signals.task_prerun.connect(weak=False)  # type: ignore[untyped-decorator]
def bind_ids(task: object, args: tuple[object, ...] = (), **_: object) -> None:
    """Whatever is logged in a task bears the task's name and its shop."""
    structlog.contextvars.clear_contextvars()
    ids = {"store": args[0]} if args else {}
    structlog.contextvars.bind_contextvars(task=str(getattr(task, "name", "")).rpartition(".")[2], **ids)


@signals.worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
def end_in_time(**_: object) -> None:
    """Tasks end what they are in; one that hangs in a remote call is cut off as by a power cut: the ledger is whole."""
    signal.alarm(ENDS_WITHIN_S)


def is_ending() -> bool:
    """Whether this worker was told to stop, so that nothing long is begun."""
    return state.should_stop is not None
