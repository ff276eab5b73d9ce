"""What is kept for how long, and who was alive when."""

import json
import os
import platform
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, select, update

from reconcile.ledger.tables import alerts, deliveries, events, heartbeats
from reconcile.services import Services

AT_A_TIME = 2_000
BEATS_APART = timedelta(seconds=5)
PROCESS_KEPT = timedelta(minutes=10)  # a process that is gone, and its counts


def tidy(
    services: Services, keep: timedelta, on_step: Callable[[str, int], object] = lambda *_: None
) -> dict[str, int]:
    """Drop what nobody will ask for again; answers how many of what, and tells `on_step` the same on the way.

    Webhook ids stay: they are what stops a replayed delivery.
    """
    now = services.clock.now()
    parked = deliveries.c.state == "parked"  # along its index: what is folded has no body
    bodies = (parked, deliveries.c.received_at < now - services.settings.bodies_kept, deliveries.c.body.is_not(None))
    jobs: dict[str, tuple[Table, Sequence[ColumnElement[bool]], Update | Delete]] = {
        "bodies of parked deliveries": (deliveries, bodies, update(deliveries).values(body=None)),
        "events of the history": (events, [events.c.at < now - keep], delete(events)),
        "alerts": (alerts, [alerts.c.created_at < now - keep], delete(alerts)),
    }
    return {what: _worked_off(services, *job, partial(on_step, what)) for what, job in jobs.items()}


def _worked_off(
    services: Services, table: Table, old: Sequence[ColumnElement[bool]], statement: Update | Delete,
    on_step: Callable[[int], object],
) -> int:  # fmt: skip
    """In short transactions: the front door waits for each of them."""
    done = 0
    while True:
        some = select(table.c.id).where(*old).order_by(table.c.id).limit(AT_A_TIME).scalar_subquery()
        with services.ledger.write() as connection:
            count = connection.execute(statement.where(table.c.id.in_(some))).rowcount
        done += count
        on_step(done)
        if count < AT_A_TIME:
            return done


def beat_heart(services: Services, name: str) -> None:
    """Note that a worker or a beat is alive, and of this very process what it has sent to the remotes since it started."""
    now, mine = services.clock.now(), f"{name} {platform.node()}:{os.getpid()}"[:64]
    with services.ledger.read() as connection:
        last = connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == mine)).scalar()
    if last is not None and last <= now < last + BEATS_APART:
        return
    beats = [
        {"name": name, "at": now, "detail": ""},
        {"name": mine, "at": now, "detail": json.dumps({**services.calls, **services.budgets()})},
    ]
    statement = services.ledger.insert(heartbeats)
    newest = {"at": statement.excluded["at"], "detail": statement.excluded["detail"]}
    with services.ledger.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=newest), beats)
        gone = (heartbeats.c.name.contains(" "), heartbeats.c.at < now - PROCESS_KEPT)
        connection.execute(delete(heartbeats).where(*gone))
