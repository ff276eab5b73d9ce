"""What people do with the inbox: hand a parked delivery back to be folded."""

from collections.abc import Sequence

from sqlalchemy import select, update

from reconcile import history
from reconcile.errors import NotThere, Refused
from reconcile.ledger.tables import deliveries
from reconcile.services import Services


def replay(services: Services, who: str, stores: Sequence[str], delivery_id: int) -> None:
    """Fold a parked delivery again; any other is refused, and so is one whose body has been dropped."""
    c = deliveries.c
    with services.ledger.write() as connection:
        query = select(c.store, c.state, c.topic, c.webhook_id, c.body.is_not(None).label("kept"))
        row = connection.execute(query.where(c.id == delivery_id, c.store.in_(stores)).with_for_update()).first()
        if row is None:
            raise NotThere(f"There is no delivery {delivery_id}.")
        if row.state != "parked":
            raise Refused(f"The delivery is {row.state}: only a parked one can be replayed.", row.state)
        if not row.kept:
            raise Refused(
                "The delivery's body was dropped after its time (KEEP_BODIES); sweep the shop instead.", "dropped"
            )
        values = {"state": "received", "error": None, "folded_at": None}
        connection.execute(update(deliveries).where(c.id == delivery_id).values(**values))
        told = {"store": row.store, "at": services.clock.now(), "kind": "replay", "who": who}
        history.tell(connection, told | {"text": f"delivery {row.webhook_id} ({row.topic}) replayed"})
