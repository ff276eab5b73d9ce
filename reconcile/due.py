"""What is due: the ledger's due times, read by the tick."""

from datetime import timedelta

from sqlalchemy import or_, select, update

from reconcile.ledger.lease import is_free
from reconcile.ledger.tables import orders, shops
from reconcile.services import Services

TAKEN_FOR = timedelta(minutes=2)  # a due job is not handed out again for so long


def stores_with_due_orders(services: Services, at_least: int = 1) -> list[str]:
    """Shops with at least so many orders whose look is due, the longest due first.

    Not those whose POS is being left in peace, nor those that a worker is looking at: it sees what is due there.
    """
    now = services.clock.now()
    due = select(orders.c.next_look_at).where(orders.c.store == shops.c.store, orders.c.next_look_at.is_not(None))
    nth = due.order_by(orders.c.next_look_at).offset(at_least - 1).limit(1).scalar_subquery()
    in_peace = or_(shops.c.pos_pause_until.is_(None), shops.c.pos_pause_until <= now)
    query = select(shops.c.store).where(nth <= now, in_peace, is_free(services.ledger)).order_by(nth)
    with services.ledger.read() as connection:
        return [store for store in connection.execute(query).scalars() if store in services.settings.shops]


def shops_due(services: Services, column: str) -> list[str]:
    """Shops whose job in `column` (`next_sweep_at`, `next_check_at`) is due; two beats get each of them once."""
    now = services.clock.now()
    due = shops.c[column] <= now
    statement = update(shops).where(due).values({column: now + TAKEN_FOR}).returning(shops.c.store)
    with services.ledger.write() as connection:
        return [store for store in connection.execute(statement).scalars() if store in services.settings.shops]
