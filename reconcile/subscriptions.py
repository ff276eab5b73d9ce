"""Shopify's webhook subscriptions of a shop: what is there, what is missing, what goes elsewhere, what comes twice."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from reconcile.config import Shop
from reconcile.ledger.tables import deliveries
from reconcile.services import Services
from reconcile.shopify.admin import TOPICS, Subscription

LATEST = 500  # deliveries that are looked at for pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """The subscriptions made through the API; those of an app's own configuration file do not show."""

    here: tuple[Subscription, ...]
    elsewhere: tuple[Subscription, ...]  # topics of ours that this app has sent to another address

    @property
    def missing(self) -> list[str]:
        present = {one.topic for one in self.here}
        return [topic for topic in TOPICS if topic not in present]

    @property
    def doubled(self) -> list[str]:
        counts = Counter(one.topic for one in self.here)
        return [topic for topic, count in counts.items() if count > 1]


def subscribed(shop: Shop, services: Services) -> Subscribed:
    """What Shopify has for this app at the shop."""
    found = services.admin(shop).subscriptions()
    ours = [one for one in found if one.topic in TOPICS]
    return Subscribed(
        here=tuple(one for one in found if one.uri == shop.webhook_url),
        elsewhere=tuple(one for one in ours if one.uri != shop.webhook_url),
    )


def register(shop: Shop, services: Services, *, move: bool = False) -> tuple[list[str], int]:
    """Subscribe to what is missing; answers those topics, and how many subscriptions were ended.

    Only with `move` are those ended that go to another address: it may be another program's.
    """
    if not shop.webhook_url:
        return [], 0
    before = subscribed(shop, services)
    admin = services.admin(shop)
    for topic in before.missing:
        admin.subscribe(topic, shop.webhook_url)
    ended = before.elsewhere if move else ()
    for one in ended:
        admin.unsubscribe(one.subscription_id)
    return before.missing, len(ended)


def end_all(shop: Shop, services: Services) -> int:
    """End every subscription to our address; answers how many there were."""
    here = subscribed(shop, services).here
    for one in here:
        services.admin(shop).unsubscribe(one.subscription_id)
    return len(here)


def coming_twice(shop: Shop, services: Services) -> list[str]:
    """Topics of which one merchant's action has brought two deliveries lately: they are subscribed to twice.

    That is how it shows when a topic stands in the app's configuration file and was subscribed to by the API as well.
    """
    c = deliveries.c
    query = select(c.topic, c.event_id, c.webhook_id).where(c.store == shop.store, c.event_id.is_not(None))
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    with services.ledger.read() as connection:
        for row in connection.execute(query.order_by(c.id.desc()).limit(LATEST)):
            seen[row.topic, row.event_id].add(row.webhook_id)
    return sorted({topic for (topic, _), webhook_ids in seen.items() if len(webhook_ids) > 1})
