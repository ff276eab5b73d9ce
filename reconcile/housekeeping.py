"""What is kept for how long, and who was alive when."""

from datetime import timedelta

from sqlalchemy import delete, update

from reconcile.ledger.tables import alerts, deliveries, events, heartbeats
from reconcile.services import Services

BODY_KEPT = timedelta(days=30)  # of a parked delivery, so that it can be replayed
PROCESS_WORDS = ("beat", "worker", "web")


def tidy(services: Services, keep: timedelta) -> None:
    """Drop what nobody will ask for again. Webhook ids stay: they are what stops a replayed delivery."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        old = deliveries.c.received_at < now - BODY_KEPT
        connection.execute(update(deliveries).where(old, deliveries.c.body.is_not(None)).values(body=None))
        connection.execute(delete(events).where(events.c.at < now - keep))
        connection.execute(delete(alerts).where(alerts.c.created_at < now - keep))


def beat_heart(services: Services, name: str) -> None:
    with services.ledger.write() as connection:
        statement = services.ledger.insert(heartbeats).values(name=name, at=services.clock.now())
        changed = {"at": services.clock.now()}
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))
