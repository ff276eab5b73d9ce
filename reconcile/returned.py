"""How the latest refunds and cancellations of a shop fared: whether the POS has them, once it had its time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.compare import Look
from reconcile.evidence import Return, ShopEvidence
from reconcile.ledger.tables import orders
from reconcile.model import DiscrepancyKind, Standing
from reconcile.shopify.stored import order_from_json

WINDOW = timedelta(hours=48)
MOST_ORDERS = 1_000
OF_A_RETURN = frozenset({DiscrepancyKind.REFUND.value, DiscrepancyKind.CANCEL.value})


def with_returns(
    shop: ShopEvidence, connection: Connection, store: str, looks: Iterable[Look], usual: timedelta, now: datetime
) -> ShopEvidence:
    """The same evidence with the returns of the last two days, when one of these looks misses one."""
    missed = any(one.kind.value in OF_A_RETURN for look in looks for one in look.discrepancies)
    return replace(shop, returns=_returns(connection, store, usual, now)) if missed else shop


def _returns(connection: Connection, store: str, usual: timedelta, now: datetime) -> tuple[Return, ...]:
    """Those that were looked at when the POS ought to have had them, oldest first."""
    c = orders.c
    query = (
        select(c.order_id, c.body, c.discrepancies, c.looked_at)
        .where(c.store == store, c.changed_at > now - WINDOW, c.arrived_at.is_not(None))
        .where(c.standing.in_((Standing.MATCHED.value, Standing.DIFFERS.value)))
        .order_by(c.changed_at.desc())
        .limit(MOST_ORDERS)
    )
    found = (one for row in connection.execute(query) for one in _of(row, usual))
    return tuple(sorted(found, key=lambda one: one.at))


def _of(row: Row[*tuple[Any, ...]], usual: timedelta) -> Iterator[Return]:
    if not row.body.get("refunds") and not row.body.get("cancelled_at"):
        return
    order = order_from_json(row.body)
    absent = {str(one["subject"]) for one in row.discrepancies if one["kind"] in OF_A_RETURN}
    made = {str(one.refund_id): one.created_at for one in order.refunds if one.amount}
    if order.cancelled_at is not None:
        made = {"": order.cancelled_at}  # its refund and it are one thing, and one record
    for subject, at in made.items():
        if row.looked_at - at >= usual:
            yield Return(order_id=row.order_id, at=at, carried=subject not in absent)
