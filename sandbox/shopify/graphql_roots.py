"""What the Admin API answers at its top: orders, single things by id, tags, subscriptions, the shop."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sandbox.shop import Shop, ShopOrder
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.graphql_fields import Node, order_node, refund_node
from sandbox.shopify.pages import Key, Page, connection, refused
from sandbox.shopify.search import matcher
from sandbox.shopify.wire import ZONE_NAME, gid

SHOWN_FOR = timedelta(days=60)  # without read_all_orders older ones are not there
MOST_IDS = 250
TAKEN = "Address for this topic has already been taken"


class Roots:
    """The root fields; the caller holds the shop's lock."""

    def __init__(self, shop: Shop, faults: ShopifyFaults) -> None:
        self._shop = shop
        self._faults = faults
        self._subscribed = 0

    def values(self) -> dict[str, Callable[..., Any]]:
        """Each field's function, as the executor calls it."""
        return {
            "order": lambda info, id: self._node(id),
            "orders": self._orders,
            "ordersCount": self._orders_count,
            "node": lambda info, id: self._node(id),
            "nodes": self._nodes,
            "webhookSubscriptions": self._subscriptions,
            "shop": lambda info: self._shop_node(),
            "currentAppInstallation": lambda info: self._installation(),
            "tagsAdd": self._add_tags,
            "tagsRemove": self._remove_tags,
            "webhookSubscriptionCreate": self._subscribe,
            "webhookSubscriptionDelete": self._unsubscribe,
        }

    def _orders(self, info: Any, sortKey: str, first: int | None = None, after: str | None = None,  # noqa: N803
                query: str | None = None) -> Page:  # fmt: skip
        key = SORTS[sortKey]
        return connection(sorted(self._found(query), key=key), key, order_node, first, after)

    def _orders_count(self, info: Any, limit: int | None = None, query: str | None = None) -> Node:
        count = len(self._found(query))
        over = limit is not None and count > limit
        return {"count": limit if over else count, "precision": "AT_LEAST" if over else "EXACT"}

    def _found(self, query: str | None) -> list[ShopOrder]:
        fits = matcher(None if self._faults.search_ignored else query)
        newest = self._shop.clock() - self._faults.search_lag
        found = [o for o in self._shop.orders.values() if self._is_shown(o) and fits(o)]
        return [order for order in found if order.updated_at <= newest] if self._faults.search_lag_s else found

    def _is_shown(self, order: ShopOrder) -> bool:
        return order.created_at > self._shop.clock() - SHOWN_FOR or "read_all_orders" in self._faults.scopes

    def _nodes(self, info: Any, ids: list[str]) -> list[Node | None]:
        if len(ids) > MOST_IDS:
            raise refused(
                f"The input array size of {len(ids)} is greater than the maximum allowed of {MOST_IDS}.",
                "MAX_INPUT_SIZE_EXCEEDED",
            )
        return [self._node(one) for one in ids]

    def _node(self, wanted: str) -> Node | None:
        kind, number = _parts(wanted)
        if kind == "Order":
            order = self._shop.orders.get(number)
            return order_node(order) if order and self._is_shown(order) else None
        if kind == "Refund":
            both = ((order, refund) for order in self._shop.orders.values() for refund in order.refunds)
            return next((refund_node(order, refund) for order, refund in both if refund.id == number), None)
        return None

    # tags

    def _add_tags(self, info: Any, id: str, tags: list[str]) -> Node:
        return self._tagged(id, lambda number: self._shop.add_tags(number, _single(tags)))

    def _remove_tags(self, info: Any, id: str, tags: list[str]) -> Node:
        return self._tagged(id, lambda number: self._without_tags(number, {tag.lower() for tag in _single(tags)}))

    def _without_tags(self, number: int, unwanted: set[str]) -> bool:
        order = self._shop.orders.get(number)
        if order is None:
            return False
        kept = [tag for tag in order.tags if tag.lower() not in unwanted]
        if kept != order.tags:
            self._shop.change(number, tags=kept)
        return True

    def _tagged(self, wanted: str, act: Callable[[int], bool]) -> Node:
        kind, number = _parts(wanted)
        if kind != "Order" or not act(number):
            return {"node": None, "userErrors": [{"field": ["id"], "message": f"{kind} does not exist"}]}
        return {"node": {"__typename": "Order", "id": wanted}, "userErrors": []}

    # subscriptions

    def _subscriptions(self, info: Any, first: int | None = None, after: str | None = None) -> Page:
        return connection(list(self._shop.subscriptions), _number_key, self._subscription, first, after)

    def _subscribe(self, info: Any, topic: str, webhookSubscription: dict[str, Any]) -> Node:  # noqa: N803
        uri = webhookSubscription.get("uri")
        if not uri or not uri.startswith(("http://", "https://")):
            return _subscription_refused("uri", "Address can't be blank" if not uri else "Address is invalid")
        if (topic, uri) in self._shop.subscriptions.values():
            return _subscription_refused("uri", TAKEN)
        self._subscribed += 1
        made = gid("WebhookSubscription", 1_000_000_000_000 + self._subscribed)
        self._shop.subscriptions[made] = (topic, uri)
        return {"webhookSubscription": self._subscription(made), "userErrors": []}

    def _unsubscribe(self, info: Any, id: str) -> Node:
        if self._shop.subscriptions.pop(id, None) is None:
            unknown = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [unknown]}
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}

    def _subscription(self, number: str) -> Node:
        topic, uri = self._shop.subscriptions[number]
        kind = {"__typename": "WebhookSubscription", "format": "JSON", "includeFields": [], "metafieldNamespaces": []}
        return {**kind, "id": number, "topic": topic, "uri": uri}

    # the shop

    def _shop_node(self) -> Node:
        name = self._shop.domain.partition(".")[0].replace("-", " ").title()
        facts = {"name": name, "myshopifyDomain": self._shop.domain, "currencyCode": "USD", "ianaTimezone": ZONE_NAME}
        return {"__typename": "Shop", "id": gid("Shop", 1), **facts}

    def _installation(self) -> Node:
        scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in self._faults.scopes]
        return {"__typename": "AppInstallation", "id": gid("AppInstallation", 1), "accessScopes": scopes}


def _parts(wanted: str) -> tuple[str, int]:
    """`gid://shopify/Order/1001` in its parts."""
    start, kind, number = wanted.rpartition("/")[0].rpartition("/")[0], wanted.split("/")[-2:-1], wanted.split("/")[-1]
    if start != "gid://shopify" or not kind or not number.isdigit():
        raise refused(f"Invalid global id '{wanted}'", "INVALID_VARIABLE")
    return kind[0], int(number)


def _single(tags: Iterable[str]) -> list[str]:
    """A comma makes two tags of one."""
    return [tag.strip() for joined in tags for tag in joined.split(",") if tag.strip()]


def _subscription_refused(field: str, message: str) -> Node:
    path = ["webhookSubscription", field]
    return {"webhookSubscription": None, "userErrors": [{"field": path, "message": message}]}


def _number_key(subscription: str) -> Key:
    return (_parts(subscription)[1],)


def _by(moment: Callable[[ShopOrder], datetime]) -> Callable[[ShopOrder], Key]:
    return lambda order: (int(moment(order).timestamp()), order.id)


SORTS: dict[str, Callable[[ShopOrder], Key]] = {
    "UPDATED_AT": _by(lambda order: order.updated_at),
    "CREATED_AT": _by(lambda order: order.created_at),
    "PROCESSED_AT": _by(lambda order: order.created_at),
    "ORDER_NUMBER": lambda order: (order.number, order.id),
    "ID": lambda order: (order.id,),
}
