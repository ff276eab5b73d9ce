"""What is due: the ledger's due times, read by the tick."""

from datetime import timedelta

from sqlalchemy import func, or_, select, update

from reconcile.ledger.tables import orders, shops
from reconcile.services import Services

TAKEN_FOR = timedelta(minutes=2)  # a due job is not handed out again for so long


def stores_with_due_orders(services: Services) -> list[str]:
    """Shops with at least one order whose look is due, and whose POS is not being left in peace."""
    now = services.clock.now()
    query = (
        select(orders.c.store)
        .join(shops, shops.c.store == orders.c.store)
        .where(orders.c.next_look_at <= now)
        .where(or_(shops.c.pos_pause_until.is_(None), shops.c.pos_pause_until <= now))
        .group_by(orders.c.store)
        .order_by(func.min(orders.c.next_look_at))
    )
    with services.ledger.read() as connection:
        return [store for store in connection.execute(query).scalars() if store in services.settings.shops]


def shops_due(services: Services, column: str) -> list[str]:
    """Shops whose job in `column` (`next_sweep_at`, `next_check_at`) is due; two beats get each of them once."""
    now = services.clock.now()
    due = shops.c[column] <= now
    statement = update(shops).where(due).values({column: now + TAKEN_FOR}).returning(shops.c.store)
    with services.ledger.write() as connection:
        return [store for store in connection.execute(statement).scalars() if store in services.settings.shops]
