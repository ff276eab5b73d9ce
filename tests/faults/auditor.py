"""What must be true of a ledger whatever has happened to the processes, checked from outside of them."""

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import func, select

from reconcile.ledger import Ledger
from reconcile.ledger.lease import LASTS
from reconcile.ledger.tables import actions, deliveries, orders, shops
from tests.conftest import wait_until
from tests.faults.shopify_sender import FIRST_ID, Told


def waiting(ledger: Ledger) -> int:
    with ledger.read() as connection:
        query = select(func.count()).select_from(deliveries).where(deliveries.c.state == "received")
        return int(connection.execute(query).scalar_one())


def until_folded(ledger: Ledger, timeout_s: float = 45) -> None:
    wait_until(lambda: waiting(ledger) == 0, timeout_s)


def lost(ledger: Ledger, acknowledged: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Acknowledged deliveries that are not in the ledger."""
    with ledger.read() as connection:
        rows = connection.execute(select(deliveries.c.store, deliveries.c.webhook_id)).all()
    doubled = [key for key, count in Counter(tuple(row) for row in rows).items() if count > 1]
    assert not doubled
    return acknowledged - {tuple(row) for row in rows}


def assert_whole(ledger: Ledger, told: list[Told]) -> None:
    """Every delivery is folded, and every order is there once, in its newest version."""
    with ledger.read() as connection:
        states = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
        found = connection.execute(select(orders.c.store, orders.c.order_id, orders.c.total)).all()
        leases = connection.execute(select(shops.c.lease_until).where(shops.c.lease_token.is_not(None))).scalars().all()
        touches = connection.execute(select(func.count()).select_from(actions)).scalar_one()
    newest: dict[tuple[str, int], int] = {}
    for one in told:
        key = (one.store, FIRST_ID + one.number)
        newest[key] = max(newest.get(key, 0), one.version)
    assert dict(tuple(row) for row in states) == {"folded": len(told)}
    assert {(row.store, row.order_id): row.total for row in found} == {key: 20 + last for key, last in newest.items()}
    assert touches == 0
    # A worker that was killed leaves its lease behind; it ends by itself, none lasts for ever.
    assert all(until and until <= datetime.now(UTC) + LASTS for until in leases)
