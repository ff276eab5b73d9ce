"""The shop's lease: one worker at a time. Held in the ledger, with a fence that every write-back must still match."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from reconcile.errors import LeaseLost
from reconcile.ledger import Ledger
from reconcile.ledger.tables import shops
from reconcile.ledger.types import Moment

LASTS = timedelta(minutes=3)
CLOCKS_APART = timedelta(minutes=1)
NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Lease:
    store: str
    token: str

    def check(self, connection: Connection) -> None:
        """Raises `LeaseLost` when another worker took over; locks the shop's row until the transaction ends."""
        query = select(shops.c.lease_token).where(shops.c.store == self.store).with_for_update()
        if connection.execute(query).scalar() != self.token:
            raise self.lost()

    def lost(self) -> LeaseLost:
        return LeaseLost(f"{self.store}: another worker holds the lease now; what this one had in hand is dropped")


@contextmanager
def lease(ledger: Ledger, store: str) -> Iterator[Lease | None]:
    """The shop's lease, or None when another worker holds it. Real time, never the simulated clock."""
    token = str(uuid.uuid4())
    taken = _take(ledger, store, token)
    try:
        yield Lease(store, token) if taken else None
    finally:
        if taken:
            _free(ledger, store, token)


def renew(ledger: Ledger, connection: Connection, held: Lease) -> None:
    """Make the lease last again from now on; raises `LeaseLost` when it is no longer ours."""
    mine = update(shops).where(shops.c.store == held.store, shops.c.lease_token == held.token)
    if connection.execute(mine.values(lease_until=_now(ledger, LASTS))).rowcount != 1:
        raise held.lost()


def is_free(ledger: Ledger) -> ColumnElement[bool]:
    """Of a shop's row: nobody holds its lease, or who did has not renewed it.

    One that ends later than any can was taken by a clock that was set back since: its holder may be long dead.
    """
    until = shops.c.lease_until
    return or_(shops.c.lease_token.is_(None), until < _now(ledger), until > _now(ledger, LASTS + CLOCKS_APART))


def _take(ledger: Ledger, store: str, token: str) -> bool:
    with ledger.write() as connection:
        statement = update(shops).where(shops.c.store == store, is_free(ledger))
        values = {"lease_token": token, "lease_until": _now(ledger, LASTS), "fence": shops.c.fence + 1}
        return connection.execute(statement.values(**values)).rowcount == 1


def _free(ledger: Ledger, store: str, token: str) -> None:
    with ledger.write() as connection:
        statement = update(shops).where(shops.c.store == store, shops.c.lease_token == token)
        connection.execute(statement.values(lease_token=None, lease_until=None))


def _now(ledger: Ledger, ahead: timedelta = NO_TIME) -> ColumnElement[datetime]:
    """The database's clock on PostgreSQL, where workers may sit on several hosts; this host's on SQLite."""
    if ledger.is_sqlite:
        return literal(datetime.now(UTC) + ahead, Moment)
    seconds = extract("epoch", func.clock_timestamp()) + ahead.total_seconds()
    return type_coerce(cast(seconds * 1_000_000, BigInteger), Moment)
