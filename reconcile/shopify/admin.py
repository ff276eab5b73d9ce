"""The Admin API as the product uses it: read orders, add one tag, look after the webhook subscriptions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconcile.clock import Clock, Sleep
from reconcile.errors import OutcomeUnknown, Rejected, Unsupported, Untrustworthy
from reconcile.http import Http
from reconcile.model import Order
from reconcile.shopify import documents
from reconcile.shopify.credentials import ClientCredentials, StaticToken, Tokens
from reconcile.shopify.graphql import GraphQL
from reconcile.shopify.installed import Installed, InstalledTokens
from reconcile.shopify.reading import ORDER_GID, PAGING_CAP, OrderReader, changed_since

__all__ = ["Admin", "ClientCredentials", "Installed", "ShopFacts", "StaticToken", "Subscription"]

# A topic as deliveries name it → as GraphQL does.
TOPICS = {
    "orders/create": "ORDERS_CREATE",
    "orders/updated": "ORDERS_UPDATED",
    "orders/paid": "ORDERS_PAID",
    "orders/fulfilled": "ORDERS_FULFILLED",
    "orders/partially_fulfilled": "ORDERS_PARTIALLY_FULFILLED",
    "orders/cancelled": "ORDERS_CANCELLED",
    "orders/edited": "ORDERS_EDITED",
    "orders/delete": "ORDERS_DELETE",
    "refunds/create": "REFUNDS_CREATE",
    "app/uninstalled": "APP_UNINSTALLED",
}
DELIVERED = {graphql: topic for topic, graphql in TOPICS.items()}
ALREADY_THERE = "already been taken"  # Shopify's words for a second subscription of one topic to one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    subscription_id: str
    topic: str  # as in `X-Shopify-Topic`; GraphQL's own word where the product has none
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    name: str
    domain: str
    currency: str
    timezone: str  # IANA
    scopes: frozenset[str]


class Admin:
    """One shop's Admin API.

    Every method raises `Unauthorised` with what to do, `Throttled`, `Retryable`, `Rejected` or `Untrustworthy`; the ones
    that write raise `OutcomeUnknown` when Shopify may or may not have done it.
    """

    def __init__(
        self,
        http: Http,
        *,
        shop: str,
        api_version: str = "2026-10",
        credentials: StaticToken | ClientCredentials | Installed,
        clock: Clock,
        sleep: Sleep,
        paging_cap: int = PAGING_CAP,
    ) -> None:
        self.http = http
        tokens: Tokens | InstalledTokens
        self._installed: InstalledTokens | None = None
        if isinstance(credentials, Installed):
            tokens = self._installed = InstalledTokens(http, credentials, shop=shop, clock=clock)
        else:
            tokens = Tokens(http, credentials, shop=shop, clock=clock)
        self._graphql = GraphQL(http, tokens, shop=shop, api_version=api_version, clock=clock, sleep=sleep)
        self._reader = OrderReader(self._graphql, shop=shop, clock=clock, paging_cap=paging_cap)
        self._shop = shop

    def budget_left(self) -> float | None:
        """The share of the shop's query budget that is left by now; None when no answer has said."""
        return self._graphql.budget_left()

    def orders_updated_since(self, since: datetime, until: datetime | None = None) -> Iterator[Order]:
        """Every order whose last change lies in the window, in any state, oldest change first; one may come twice.

        An order that changes while this reads may be newer than `until`. Orders older than 60 days are not shown without
        `read_all_orders`. Raises `Untrustworthy` when Shopify ignored the search, which it does without an error.
        """
        return self._reader.changed_since(since, until)

    def count_updated_since(self, since: datetime) -> int:
        """How many orders `orders_updated_since` will give, about: some may change meanwhile. For a progress bar."""
        found = self._graphql.query(documents.ORDERS_COUNT, {"query": changed_since(since)}).get("ordersCount")
        if not isinstance(found, Mapping) or not isinstance(found.get("count"), int):
            raise Untrustworthy(f"Shopify does not count the orders of {self._shop}.")
        return int(found["count"])

    def orders(self, order_ids: Iterable[int]) -> dict[int, Order | None]:
        """Orders by id as they stand now.

        None: Shopify has none to show: deleted, or older than 60 days without `read_all_orders`.
        """
        return self._reader.by_id(order_ids)

    def add_tag(self, order_id: int, tag: str) -> None:
        """Add one tag and leave the others alone: the touch.

        Source: https://shopify.dev/docs/api/admin-graphql/latest/mutations/tagsAdd; a comma would make it two tags.
        """
        if "," in tag or not tag.strip():
            raise Rejected("invalid_tag", f"{tag!r} is not one tag")
        payload = self._graphql.mutate(documents.TAGS_ADD, {"id": f"{ORDER_GID}{order_id}", "tags": [tag]}, "tagsAdd")
        if not payload.get("node"):
            raise OutcomeUnknown(f"Shopify does not say whether order {order_id} of {self._shop} was tagged.")

    def subscriptions(self) -> tuple[Subscription, ...]:
        """The subscriptions that were made through the API; those of `shopify.app.toml` are not listed there."""
        found: list[Subscription] = []
        cursor: str | None = None
        while True:
            connection = self._graphql.query(documents.SUBSCRIPTIONS, {"after": cursor}).get("webhookSubscriptions")
            if not isinstance(connection, dict):
                raise Untrustworthy(f"Shopify's answer for {self._shop} has no subscriptions.")
            found += [_subscription(node) for node in connection.get("nodes") or ()]
            before, cursor = cursor, _cursor(connection)
            if cursor is None:
                return tuple(found)
            if cursor == before:
                raise Untrustworthy(f"Shopify's pages for {self._shop} go round in circles.")

    def subscribe(self, topic: str, uri: str) -> str:
        """Subscribe to a topic such as `orders/updated`; answers the subscription's id, an older one's if it is there."""
        asked = {"topic": TOPICS.get(topic, topic.upper().replace("/", "_")), "subscription": {"uri": uri}}
        try:
            payload = self._graphql.mutate(documents.SUBSCRIBE, asked, "webhookSubscriptionCreate")
        except Rejected as refusal:
            if ALREADY_THERE in refusal.detail:
                return self._subscribed_before(topic, uri, refusal)
            raise
        made = payload.get("webhookSubscription")
        if not isinstance(made, Mapping):
            raise OutcomeUnknown(f"Shopify does not say whether {self._shop} is subscribed to {topic}.")
        return str(made["id"])

    def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription; one that does not exist is refused with `Rejected`."""
        self._graphql.mutate(documents.UNSUBSCRIBE, {"id": subscription_id}, "webhookSubscriptionDelete")

    def shop_facts(self) -> ShopFacts:
        """Who the shop is and what the app may do there; the cheapest proof that the credentials are good."""
        data = self._graphql.query(documents.SHOP_FACTS, {})
        try:
            shop, scopes = data["shop"], data["currentAppInstallation"]["accessScopes"]
            return ShopFacts(
                name=shop["name"],
                domain=shop["myshopifyDomain"],
                currency=shop["currencyCode"],
                timezone=shop["ianaTimezone"],
                scopes=frozenset(scope["handle"] for scope in scopes),
            )
        except (KeyError, TypeError):
            raise Untrustworthy(f"Shopify's answer about {self._shop} is not whole.") from None

    def protected_fields(self) -> frozenset[str] | None:
        """The fields with personal data that the app is refused; None when the shop has no order to see it by.

        `orders` alone: the app has no access to protected customer data at all.
        """
        data, refused = self._graphql.denied(documents.PROTECTED, {})
        if "orders" in refused:
            return frozenset({"orders"})
        return refused if refused or (data.get("orders") or {}).get("nodes") else None

    def order_named(self, name: str) -> Order | None:
        """The order that people call by this name, such as `#1001`."""
        return self._reader.named(name)

    def install(self, code: str) -> frozenset[str]:
        """Change the code of the merchant's approval for tokens, and keep them; answers the scopes that were granted.

        Raises `Unsupported` for an app that is not installed by a link.
        """
        if self._installed is None:
            raise Unsupported(f"The app of {self._shop} is not installed by a link: its settings have another grant.")
        return self._installed.install(code)

    def _subscribed_before(self, topic: str, uri: str, refusal: Rejected) -> str:
        same = (s.subscription_id for s in self.subscriptions() if (s.topic, s.uri) == (topic, uri))
        found = next(same, None)
        if found is None:
            raise refusal
        return found


def _subscription(node: Mapping[str, Any]) -> Subscription:
    topic, uri = str(node.get("topic")), str(node.get("uri"))
    return Subscription(subscription_id=str(node.get("id")), topic=DELIVERED.get(topic, topic), uri=uri)


def _cursor(connection: Mapping[str, Any]) -> str | None:
    info = connection.get("pageInfo") or {}
    return info.get("endCursor") if info.get("hasNextPage") else None
