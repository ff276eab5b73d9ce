"""Sweep: ask Shopify for every order changed since the watermark, so that a lost webhook is found."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, and_, exists, select, update

from reconcile import history, incidents, notices
from reconcile.config import Shop
from reconcile.errors import Rejected, Retryable, Unauthorised
from reconcile.folding import Folding
from reconcile.ledger.tables import deliveries, orders, shops
from reconcile.model import Mode, Order
from reconcile.privacy import erase_shop
from reconcile.services import Services
from reconcile.shops import change, mode_of, row_of, stop
from reconcile.subscriptions import subscribed

logger = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=10)
PAGE = 100
SUBSCRIPTIONS_EVERY = timedelta(hours=1)
RETRY = timedelta(minutes=1)
LATELY = 50  # orders looked at when judging whether webhooks are lost
LOST_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    seen: int = 0  # orders that Shopify listed
    changed: int = 0  # of them, those that were newer than what we had
    error: str | None = None


def sweep(
    shop: Shop, services: Services, since: datetime | None = None, on_page: Callable[[int], None] | None = None
) -> SweepResult:
    """Fold every order updated since `since` (default: the watermark, with an overlap for Shopify's search lag).

    The watermark moves only past what is committed: a crash in the middle of a page repeats, never skips.
    """
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
    start = since or (row.watermark or row.installed_at) - OVERLAP
    try:
        seen, changed, reached = _read_all(shop, services, start, row.watermark, on_page)
    except (Retryable, Rejected, Unauthorised) as error:
        _note_failure(shop, services, error, now)
        return SweepResult(error=str(error))
    with services.ledger.write() as connection:
        alone = _advance(connection, shop.store, reached, now)
        due = now + shop.sweep_every if alone else now
        change(connection, shop.store, swept_at=now, sweep_error=None, next_sweep_at=due)
        _judge_webhooks(connection, shop, row.installed_at, now)
    if row.next_subscriptions_at is None or row.next_subscriptions_at <= now:
        check_subscriptions(shop, services)
    return SweepResult(seen=seen, changed=changed)


def _read_all(
    shop: Shop, services: Services, start: datetime, reached: datetime | None, on_page: Callable[[int], None] | None
) -> tuple[int, int, datetime | None]:
    """How many orders were seen, how many were news, and where the watermark stands now if nobody else has moved it."""
    seen = changed = 0
    for page in _pages(services.admin(shop).orders_updated_since(start)):
        newest = max(order.updated_at for order in page)
        with services.ledger.write() as connection:
            reached = newest if _advance(connection, shop.store, reached, newest) else reached
            folding = Folding(services, connection, [(shop.store, order.order_id) for order in page])
            changed += sum(folding.fold(shop.store, order, found_by="sweep") for order in page)
            folding.write()
            seen += len(page)
        if on_page:
            on_page(seen)
    return seen, changed, reached


def _advance(connection: Connection, store: str, before: datetime | None, to: datetime) -> bool:
    """Move the watermark, unless somebody has moved it since: a person who asks for more must not be forgotten."""
    untouched = (shops.c.store == store, shops.c.watermark.is_not_distinct_from(before))
    return connection.execute(update(shops).where(*untouched).values(watermark=to)).rowcount == 1


def _pages(listed: Iterable[Order]) -> Iterator[list[Order]]:
    remaining = iter(listed)
    while page := list(islice(remaining, PAGE)):
        yield page


def _note_failure(shop: Shop, services: Services, error: Exception, now: datetime) -> None:
    logger.warning("Shopify could not be swept: %s", error, extra={"store": shop.store})
    with services.ledger.write() as connection:
        change(connection, shop.store, sweep_error=str(error), next_sweep_at=now + RETRY)
        if isinstance(error, Unauthorised):
            notices.on_refusal(connection, shop, "Shopify", str(error), now)
            _end_if_asked(connection, shop, now)


def _end_if_asked(connection: Connection, shop: Shop, now: datetime) -> None:
    """An uninstall or a redaction takes effect only now: Shopify itself has refused our token.

    What came before Shopify last let us in was about an installation before this one.
    """
    row, c = row_of(connection, shop.store), deliveries.c
    mine = (c.store == shop.store, c.topic.in_(["app/uninstalled", "shop/redact"]))
    since = c.received_at > (row.swept_at or row.installed_at)
    asked = set(connection.execute(select(c.topic).where(*mine, since)).scalars())
    if asked:
        stop(connection, shop.store, by="shopify", reason="the app was uninstalled from the shop", now=now)
    if "shop/redact" in asked:
        erase_shop(connection, shop.store)
        text = "shop/redact: the shop's orders were erased"
        history.tell(connection, {"store": shop.store, "at": now, "kind": "privacy", "text": text, "who": "shopify"})


def _judge_webhooks(connection: Connection, shop: Shop, installed_at: datetime, now: datetime) -> None:
    """Orders of which no webhook told that they were placed, among the latest that one has had time to announce.

    What a sweep has found is lost unless that webhook was only slow; a later change's says nothing of the first. Nobody
    announced those that were placed before the shop was connected.
    """
    c, told = orders.c, deliveries.c
    announced = exists().where(told.store == c.store, told.order_id == c.order_id, told.topic == "orders/create")
    query = select(and_(c.found_by == "sweep", ~announced)).where(c.store == shop.store, c.created_at < now - OVERLAP)
    query = (
        query.where(c.created_at > max(now - timedelta(days=1), installed_at))
        .order_by(c.created_at.desc())
        .limit(LATELY)
    )
    found = list(connection.execute(query).scalars())
    lost = sum(found)
    if lost >= 5 and lost / len(found) > LOST_SHARE:
        incidents.note_lost_webhooks(connection, shop, lost / len(found), lost, now)
    elif found and lost / len(found) < LOST_SHARE / 2:
        incidents.resolve_lost_webhooks(connection, shop, now)


def check_subscriptions(shop: Shop, services: Services) -> list[str]:
    """Compare Shopify's subscriptions with what we need; create what is missing (in mode observe: only alert).

    Answers the topics that were missing or pointed elsewhere. Those of an app's own configuration file do not show
    in this list; a shop without a `webhook_url` is taken to use them and is left alone.
    """
    now = services.clock.now()
    missing: list[str] = []
    _learn_zone(shop, services)
    if shop.webhook_url:
        missing = subscribed(shop, services).missing
    with services.ledger.write() as connection:
        observing = mode_of(shop, row_of(connection, shop.store)) is Mode.OBSERVE
        change(connection, shop.store, next_subscriptions_at=now + SUBSCRIPTIONS_EVERY)
        if missing and observing:
            text = f"Shopify does not send us: {', '.join(missing)}. Run: flask --app webhooks.app webhooks register"
            notices.write(connection, shop, "subscriptions", "webhook subscriptions are missing", text, now)
    if missing and not observing:
        for topic in missing:
            services.admin(shop).subscribe(topic, shop.webhook_url)
    return missing


def _learn_zone(shop: Shop, services: Services) -> None:
    """The shop's time zone, as Shopify says; whatever hinders this, it is asked again in an hour."""
    with services.ledger.read() as connection:
        known = shop.time_zone or row_of(connection, shop.store).time_zone
    if known:
        return
    try:
        zone = services.admin(shop).shop_facts().timezone
    except (Retryable, Rejected, Unauthorised) as error:
        logger.warning("the shop's time zone is not known: %s", error, extra={"store": shop.store})
        return
    with services.ledger.write() as connection:
        change(connection, shop.store, time_zone=zone)
