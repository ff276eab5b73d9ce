"""Since when an order is in the POS, or absent; and whether it came in its time. Names are the ledger's columns."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from reconcile.compare import Look
from reconcile.model import Certainty, SaleKind, Standing
from reconcile.rounds import Round


def came_by_itself(this: Round, row: Row[Any], look: Look) -> dict[str, Any]:
    """No cause is left on an order that came in time, nor on one that was excluded and has been let in since.

    Something was in its way all the same: how long it took is no measure of the connector's speed. What was missing for
    a cause that is certain was not in time, however long the connector is given since.
    """
    if (_was_missing(row) or _was_late(this, row, look)) and row.standing != Standing.EXCLUDED:
        return {}
    return {"subject": "", "disturbed": True, **dict.fromkeys(("cause", "certainty", "noticed_at"))}


def _was_missing(row: Row[Any]) -> bool:
    """For a cause that is certain, and not only until it became eligible again: paid, captured, released."""
    is_certain = row.standing == Standing.MISSING and row.certainty == Certainty.CERTAIN
    return is_certain and row.noticed_at is not None and bool(row.noticed_at >= row.eligible_at)


def _was_late(this: Round, row: Row[Any], look: Look) -> bool:
    made = [sale.created_at for sale in look.sales if sale.created_at is not None]
    return bool(made) and min(made) - row.eligible_at > this.grace_of(row)


def presence(this: Round, row: Row[Any], look: Look, now: datetime) -> dict[str, Any]:
    """The ledger's columns of when it was seen absent, or in the POS."""
    if not look.sales:
        # What waits in a queue that stands says nothing of the connector's speed, whatever else its cause is.
        queued = row.disturbed or this.stands_still
        return {"absent_first_at": row.absent_first_at or now, "absent_last_at": now, "disturbed": queued}
    return {"absent_first_at": None, "absent_last_at": None, "arrived_at": arrived_at(row, look, now)}


def arrived_at(row: Row[Any], look: Look, now: datetime) -> datetime | None:
    """When it was first in the POS; None when it is not there, and never was."""
    made = [s.created_at for s in look.sales if s.kind is SaleKind.SALE and s.created_at is not None]
    seen: datetime | None = row.arrived_at
    return seen or (min(made, default=now) if look.sales else None)
