"""What a person's re-queue does not lift: read once for as many orders as are asked about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.ledger.tables import actions, shops
from reconcile.model import Standing, TouchEffect
from reconcile.services import Services
from reconcile.shops import in_force, stop_reason

Key = tuple[str, int]
JUDGED = ("arrived", "not_arrived")


@dataclass(frozen=True, slots=True)
class Obstacle:
    limit: str  # slug, as in a decision
    reason: str


@dataclass(slots=True)
class Obstacles:
    """What stands in the way in these shops."""

    of_store: dict[str, Obstacle] = field(default_factory=dict)
    settling: set[Key] = field(default_factory=set)  # orders whose last touch may still bring them in

    def of(self, row: Row[Any]) -> Obstacle | None:
        """Why the order may not be re-queued now; None when it may.

        Missing proof of absence and the canary only delay a touch: the looks that a re-queue begins bring them.
        """
        if _is_deleted(row):
            return Obstacle("gone", f"{row.name} was deleted in Shopify.")
        if row.standing == Standing.MATCHED:
            return Obstacle("matched", f"{row.name} is in the POS as it should be: there is nothing to re-queue.")
        if row.standing == Standing.EXCLUDED:
            why = f" ({row.cause})" if row.cause else ""
            return Obstacle("excluded", f"{row.name} is excluded{why}: the connector is not meant to carry it.")
        if row.sales:
            records = ", ".join(f"{sale['sale_id']} {sale['status']}" for sale in row.sales)
            text = f"The POS has a record of {row.name} ({records}): it is completed there, a touch could double it."
            return Obstacle("pos_record", text)
        if row.store in self.of_store:
            return self.of_store[row.store]
        if (row.store, row.order_id) in self.settling:
            return Obstacle("settling", f"The last touch of {row.name} is still settling; see what it brings first.")
        return None


def _is_deleted(row: Row[Any]) -> bool:
    known = row._mapping  # a row of many carries only this one part of the body
    return bool(known["deleted_at"] if "deleted_at" in known else known["body"].get("deleted_at"))


def obstacles(services: Services, connection: Connection, stores: Iterable[str], now: datetime) -> Obstacles:
    """What a re-queue in these shops has to reckon with."""
    found = Obstacles()
    for row in connection.execute(select(shops).where(shops.c.store.in_(list(stores)))):
        stopped = stop_reason(services, row)
        if stopped:
            found.of_store[row.store] = Obstacle("stop", f"Nothing is re-queued: {stopped}.")
        elif row.touch == TouchEffect.DOUBLES:
            text = "At this shop a touch has brought an order in twice: nothing is touched until an admin resets that."
            found.of_store[row.store] = Obstacle("doubles", text)
        found.settling |= _settling(services, connection, row, now)
    return found


def _settling(services: Services, connection: Connection, shop: Row[Any], now: datetime) -> set[Key]:
    store = shop.store
    since = now - in_force(services.shop(store), shop).limits.settle
    c = actions.c
    query = select(c.order_id, c.state, c.outcome).where(c.store == store, c.intended_at > since).order_by(c.id)
    last = {row.order_id: row for row in connection.execute(query)}
    return {(store, i) for i, row in last.items() if row.state != "refused" and row.outcome not in JUDGED}
