"""The heartbeat of a shop: a URL that is called only while all is fresh, so that our own death is noticed elsewhere."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from reconcile.config import Shop
from reconcile.errors import ReconcilerError
from reconcile.http import Http
from reconcile.ledger.tables import deliveries, orders
from reconcile.services import Services
from reconcile.shops import change, row_of

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=55)
OVERDUE = timedelta(minutes=10)  # a look, or a delivery that is not folded
FAILING = timedelta(minutes=3)
LEAST_SWEEP = timedelta(minutes=15)


def beat_shops(services: Services) -> int:
    """Call the URL of every shop where all is fresh; answers how many were called."""
    return sum(_beat(services, shop) for shop in services.settings.shops.values() if shop.alerts.heartbeat_url)


def _beat(services: Services, shop: Shop) -> int:
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
        stale = list(what_is_stale(connection, shop, row, now))
    if row.heart_beat_at is not None and now - row.heart_beat_at < EVERY:
        return 0
    error = "; ".join(stale) or _call(shop.alerts.heartbeat_url)
    if error:
        logger.warning("no heartbeat: %s", error, extra={"store": shop.store})
    values: dict[str, Any] = {"heart_error": error} if error else {"heart_error": None, "heart_beat_at": now}
    with services.ledger.write() as connection:
        change(connection, shop.store, **values)
    return not error


def _call(url: str) -> str:
    try:
        Http(url).get("", wants_json=False)
    except ReconcilerError as error:
        return str(error)
    return ""


def what_is_stale(connection: Connection, shop: Shop, row: Row[Any], now: datetime) -> Iterator[str]:
    """What is not fresh any more, each in words: webhooks or sweep, POS reads, judging."""
    heard = max(filter(None, (row.last_delivery_at, row.swept_at)), default=row.installed_at)
    if now - heard > max(LEAST_SWEEP, 3 * shop.sweep_every):
        yield f"neither a webhook nor a sweep since {heard:%Y-%m-%d %H:%M} UTC"
    waiting = (deliveries.c.store == shop.store, deliveries.c.state == "received")
    oldest = connection.execute(select(func.min(deliveries.c.received_at)).where(*waiting)).scalar()
    if oldest is not None and now - oldest > OVERDUE:
        yield f"a delivery of {oldest:%Y-%m-%d %H:%M} UTC is not folded yet"
    if row.pos_failing_since is not None and now - row.pos_failing_since > FAILING:
        yield f"the POS cannot be read since {row.pos_failing_since:%Y-%m-%d %H:%M} UTC"
    if now - (row.checked_at or row.installed_at) > 3 * shop.check_every:
        yield "the set-up check has not run"
    due = connection.execute(select(func.min(orders.c.next_look_at)).where(orders.c.store == shop.store)).scalar()
    if due is not None and now - due > OVERDUE:
        yield f"an order has been due for a look since {due:%Y-%m-%d %H:%M} UTC"
