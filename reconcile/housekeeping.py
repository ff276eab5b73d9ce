"""What is kept for how long, and who was alive when."""

import json
from datetime import timedelta

from sqlalchemy import delete, update

from reconcile.ledger.tables import alerts, deliveries, events, heartbeats
from reconcile.services import Services

BODY_KEPT = timedelta(days=30)  # of a parked delivery, so that it can be replayed


def tidy(services: Services, keep: timedelta) -> None:
    """Drop what nobody will ask for again. Webhook ids stay: they are what stops a replayed delivery."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        old = deliveries.c.received_at < now - BODY_KEPT
        connection.execute(update(deliveries).where(old, deliveries.c.body.is_not(None)).values(body=None))
        connection.execute(delete(events).where(events.c.at < now - keep))
        connection.execute(delete(alerts).where(alerts.c.created_at < now - keep))


def beat_heart(services: Services, name: str) -> None:
    """Note that a process is alive, and what it has sent to the remotes since it started."""
    now_so = {"at": services.clock.now(), "detail": json.dumps(services.calls)}
    with services.ledger.write() as connection:
        statement = services.ledger.insert(heartbeats).values(name=name, **now_so)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=now_so))
