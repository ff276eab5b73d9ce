"""The history of orders, shops and incidents: what happened is kept in the ledger, and said in the log with its ids."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from reconcile.ledger.tables import events

logger = logging.getLogger(__name__)

IDS = ("store", "order_id", "incident_id", "who")
ALL_IS_WELL = " → matched"  # thousands a day: said only to who asks for everything


def tell(connection: Connection, *rows: dict[str, Any]) -> None:
    """Append these events. Each needs store, at, kind and text; order_id, incident_id and who as far as there are any."""
    if not rows:
        return
    connection.execute(insert(events), list(rows))
    for row in rows:
        level = logging.DEBUG if row["text"].endswith(ALL_IS_WELL) else logging.INFO
        if logger.isEnabledFor(level):
            ids = {name: row[name] for name in IDS if row.get(name) is not None}
            logger.log(level, "%s", row["text"], extra={"kind": row["kind"], **ids})


def was_told(
    connection: Connection, order: Row[Any], kind: str, begins: str, *, before: datetime | None = None
) -> bool:
    """Whether the order's history has such an event, from before that moment."""
    c = events.c
    query = select(c.id).where(c.store == order.store, c.order_id == order.order_id, c.kind == kind)
    query = query.where(c.text.startswith(begins))
    return connection.execute((query if before is None else query.where(c.at < before)).limit(1)).first() is not None
