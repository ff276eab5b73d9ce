"""What people read of the set-up checklist."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.ledger.tables import checks


def checks_of(connection: Connection, store: str) -> Sequence[Row[Any]]:
    """The shop's checklist as it was last walked, in its own order."""
    query = select(checks).where(checks.c.store == store)
    return connection.execute(query.order_by(checks.c.position, checks.c.slug, checks.c.subject)).all()
