"""One shop's round of the loop: what the ledger held when it began, and what was concluded of each order."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from reconcile.compare import Look
from reconcile.config import Shop
from reconcile.evidence import Declared, ShopEvidence
from reconcile.grace import FEW, expected_from, grace
from reconcile.ledger.batches import update_many
from reconcile.ledger.lease import Lease
from reconcile.ledger.tables import orders, shops
from reconcile.model import Decision, Finding, Order, Standing
from reconcile.pos.base import Pos
from reconcile.runs import WORKED_OFF
from reconcile.services import Services
from reconcile.shops import change, declared_of, in_force, row_of
from reconcile.touches import TouchBook, open_book
from reconcile.witnesses import Place, Witnesses, witnesses_of

AHEAD = timedelta(seconds=45)  # orders that are due this soon come along: one read serves them all
GRACE_KEPT = timedelta(minutes=5)
ARRIVALS_KEPT = 2_000
ARRIVALS_FROM = timedelta(days=30)


@dataclass(kw_only=True)
class Round:
    shop: Shop
    services: Services
    held: Lease
    now: datetime
    proved_at: datetime  # when absence was last read for a batch of touches
    row: Row[Any]  # the shop's
    declared: Declared
    due: list[Row[Any]]
    usual: timedelta  # the grace in force
    arrivals: int
    evidence: ShopEvidence  # what is known of the shop; filled when the POS has been read
    blind_at: tuple[Place, ...] = ()  # the POS's locations whose known sales were not shown
    unseen: list[Row[Any]] = field(default_factory=list)  # orders that were absent meanwhile
    stands_still: bool = False  # the connector carries nothing of what became eligible lately
    seen: dict[int, datetime | None] = field(default_factory=dict)  # the orders looked at so far, with their arrival

    @cached_property
    def book(self) -> TouchBook:
        """The journal; opened where an order asks for it: most looks find every order in its place."""
        with self.services.ledger.read() as connection:
            return open_book(connection, self.shop.store, self.now)

    @cached_property
    def today(self) -> int:
        """Orders that became eligible in the last 24 h."""
        day = (orders.c.store == self.shop.store, orders.c.eligible_at > self.now - timedelta(days=1))
        with self.services.ledger.read() as connection:
            return connection.execute(select(func.count()).select_from(orders).where(*day)).scalar_one()

    def grace_of(self, row: Row[Any]) -> timedelta:
        """The grace of one order: longer by the outage that it waited through."""
        counted = expected_from(row.eligible_at, self.usual, self.row.pos_down_from, self.row.pos_back_at)
        outage: timedelta = counted - row.eligible_at
        return self.usual + outage

    def orders_in_question(self, looks: Iterable[Look]) -> list[Order]:
        """Those of which a rule may ask the products: there but wrong, or absent although most have come by then."""
        slow = {row.order_id for row in self.due if self.now - row.eligible_at >= self.grace_of(row) / 3}
        return [look.order for look in looks if look.sales or look.order.order_id in slow]

    def carried_since(self, row: Row[Any]) -> bool:
        """Whether a later order came when this one was overdue already, and a queue had time to be worked off since.

        A connector that has carried something since, and stands now, may hold this order in its queue as well.
        """
        overdue = row.eligible_at + self.usual / 3
        latest = (o.arrived_at for o in self.evidence.outcomes if o.arrived_at and o.eligible_at > row.eligible_at)
        return not self.stands_still and any(overdue <= came <= self.now - WORKED_OFF for came in latest)

    @property
    def witnesses(self) -> Witnesses:
        return witnesses_of(self.shop, self.row.witnesses)

    @property
    def pos(self) -> Pos:
        return self.services.pos(self.shop)


@dataclass(slots=True, kw_only=True)
class Judged:
    """One order with all that was concluded of it."""

    row: Row[Any]
    look: Look
    findings: tuple[Finding, ...]
    standing: Standing
    decision: Decision


def is_due(shop: Shop, services: Services) -> bool:
    """Whether there is anything to look at; asked before the lease is taken."""
    now = services.clock.now()
    first = select(func.min(orders.c.next_look_at)).where(orders.c.store == shop.store).scalar_subquery()
    query = select(shops.c.pos_pause_until).where(shops.c.store == shop.store, first <= now)
    with services.ledger.read() as connection:
        found = connection.execute(query).first()
    return found is not None and not _is_left_in_peace(found, now)


def _is_left_in_peace(row: Row[Any], now: datetime) -> bool:
    return row.pos_pause_until is not None and row.pos_pause_until > now


def open_round(shop: Shop, services: Services, held: Lease, limit: int) -> Round:
    """A round with the orders that are due now; none while the POS is left in peace."""
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
        due = [] if _is_left_in_peace(row, now) else _due(connection, shop.store, now, limit)
    shop = in_force(shop, row)
    row = _with_grace(shop, services, row, now) if due else row
    return Round(
        shop=shop, services=services, held=held, now=now, proved_at=now, row=row, due=due, usual=usual_of(shop, row),
        arrivals=row.arrivals, declared=declared_of(services, shop.store, row),
        evidence=ShopEvidence(pos=shop.pos_kind),
    )  # fmt: skip


def _due(connection: Connection, store: str, now: datetime, limit: int) -> list[Row[Any]]:
    """Orders whose look is due, with those due so soon that one read may serve them too."""
    query = select(orders).where(orders.c.store == store, orders.c.next_look_at <= now + AHEAD)
    found = connection.execute(query.order_by(orders.c.next_look_at).limit(limit)).all()
    return list(found) if found and found[0].next_look_at <= now else []


def arrival_times(connection: Connection, store: str, now: datetime) -> list[timedelta]:
    """How long orders took that the connector brought in by itself and that we saw come."""
    c = orders.c
    query = (
        select(c.arrived_at, c.eligible_at)
        .where(c.store == store, c.arrived_at.is_not(None), c.touches == 0, c.disturbed.is_(False))
        .where(or_(c.cause.is_(None), c.cause == "unexplained"))
        .where(c.eligible_at > now - ARRIVALS_FROM)
        .order_by(c.eligible_at.desc())
        .limit(ARRIVALS_KEPT)
    )
    return [max(timedelta(), row.arrived_at - row.eligible_at) for row in connection.execute(query)]


def usual_of(shop: Shop, row: Row[Any]) -> timedelta:
    """The grace in force at a shop."""
    return in_force(shop, row).missing_after if row.grace_s is None else timedelta(seconds=row.grace_s)


def _with_grace(shop: Shop, services: Services, row: Row[Any], now: datetime) -> Row[Any]:
    """The shop's row with a grace that is at most a few minutes old."""
    if row.grace_at is not None and now - row.grace_at < GRACE_KEPT:
        return row
    with services.ledger.write() as connection:
        arrivals = arrival_times(connection, shop.store, now)
        learned = grace(arrivals, shop.missing_after) if len(arrivals) >= FEW else None
        kept = None if learned is None else learned.total_seconds()
        changed = change(connection, shop.store, grace_s=kept, arrivals=len(arrivals), grace_at=now)
        if usual_of(shop, changed) < usual_of(shop, row):
            _look_sooner(connection, shop.store, usual_of(shop, changed), now)
        return changed


def _look_sooner(connection: Connection, store: str, usual: timedelta, now: datetime) -> None:
    """Orders whose next look was planned for a longer grace are looked at when this one ends."""
    c = orders.c
    query = select(c.order_id, c.eligible_at, c.next_look_at).where(
        c.store == store, c.standing == Standing.WAITING.value, c.next_look_at > now
    )
    planned = [(row, max(now, row.eligible_at + usual)) for row in connection.execute(query.order_by(c.order_id))]
    sooner = (
        ({"store": store, "order_id": row.order_id, "next_look_at": row.next_look_at}, {"next_look_at": due})
        for row, due in planned
        if due < row.next_look_at
    )
    update_many(connection, orders, sooner)
