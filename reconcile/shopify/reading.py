"""Whole orders out of the Admin API: pages followed to the end, long lists completed, ignored searches noticed."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from reconcile.clock import Clock
from reconcile.errors import Untrustworthy
from reconcile.model import Order
from reconcile.shopify import documents
from reconcile.shopify.graphql import CostExceeded, FieldDenied, GraphQL
from reconcile.shopify.node import order_from_node

PAGE = 25  # orders a query; halved for good when Shopify finds that too dear
PAGING_CAP = 25_000  # objects after which Shopify's paging ends without saying so
SEARCH_LAG = timedelta(minutes=10)  # how far the search may be behind the orders; undocumented, taken generously
ORDER_GID = "gid://shopify/Order/"

Json = dict[str, Any]


class OrderReader:
    """Reads orders of one shop; remembers what the app is refused and how much it may ask for at once."""

    def __init__(self, graphql: GraphQL, *, shop: str, clock: Clock, paging_cap: int = PAGING_CAP) -> None:
        self._graphql = graphql
        self._shop = shop
        self._clock = clock
        self._page = PAGE
        self._paging_cap = paging_cap
        self._without: frozenset[str] = frozenset()

    def changed_since(self, since: datetime, until: datetime | None) -> Iterator[Order]:
        """Orders whose last change lies in the window, oldest change first; see `Admin.orders_updated_since`."""
        began, start = self._clock.now(), since.astimezone(UTC).replace(microsecond=0)
        seen: set[tuple[int, datetime]] = set()
        while True:
            newest, rows = start, 0
            for page in self._pages(changed_since(start, until)):
                for order in page:
                    self._check_asked_for(order, start, until, began)
                    newest = max(newest, order.updated_at)
                    if (order.order_id, order.updated_at) not in seen:
                        seen.add((order.order_id, order.updated_at))
                        yield order
                rows += len(page)
                if rows + self._page > self._paging_cap:
                    start = self._go_on_from(newest, start)
                    break
            else:
                return

    def by_id(self, order_ids: Iterable[int]) -> dict[int, Order | None]:
        """Orders as they stand now, from the store and not from the search; None where Shopify has none to show."""
        waiting = list(dict.fromkeys(order_ids))
        found: dict[int, Order | None] = {}
        while waiting:
            batch = waiting[: self._page]
            try:
                nodes = self._nodes(batch)
            except CostExceeded as refusal:
                self._ask_for_less(refusal)
                continue
            found.update(zip(batch, map(self._order_or_none, batch, nodes), strict=True))
            waiting = waiting[len(batch) :]
        return found

    def named(self, name: str) -> Order | None:
        """The order of this name; a search that Shopify ignores finds another one, and so none."""
        quoted = name.replace("\\", "").replace("'", "")
        first = next(self._pages(f"name:'{quoted}'"), [])
        return next((order for order in first if order.name == name), None)

    def _pages(self, search: str) -> Iterator[list[Order]]:
        cursor: str | None = None
        passed: set[str] = set()
        while True:
            variables = {"first": self._page, "after": cursor, "query": search}
            try:
                connection = self._connection(self._ask(documents.orders_changed, variables), "orders")
            except CostExceeded as refusal:
                self._ask_for_less(refusal)
                continue
            yield [self._order(node) for node in connection["nodes"]]
            cursor = self._next(connection, passed)
            if cursor is None:
                return

    def _nodes(self, order_ids: list[int]) -> list[Any]:
        data = self._ask(documents.orders_by_id, {"ids": [f"{ORDER_GID}{order_id}" for order_id in order_ids]})
        nodes = data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(order_ids):
            raise Untrustworthy(
                f"Shopify was asked for {len(order_ids)} orders of {self._shop} and answered otherwise."
            )
        return nodes

    def _order_or_none(self, order_id: int, node: Json | None) -> Order | None:
        if node is None:
            return None
        order = self._order(node)
        if order.order_id != order_id:
            raise Untrustworthy(f"Shopify was asked for order {order_id} and answered with {order.order_id}.")
        return order

    def _order(self, node: Json) -> Order:
        self._complete(node)
        return order_from_node(node)

    # --- one question -----------------------------------------------------------------------------------------------

    def _ask(self, document: Callable[[frozenset[str]], str], variables: Json) -> Json:
        """Ask; when a refused field costs the whole answer, ask again without it, now and ever after."""
        while True:
            try:
                return self._graphql.query(document(self._without), variables)
            except FieldDenied as refusal:
                field = next((step for step in refusal.path if step in documents.OPTIONAL), None)
                if not isinstance(field, str) or field in self._without:
                    raise
                self._without |= {field}

    def _ask_for_less(self, refusal: CostExceeded) -> None:
        if self._page == 1:
            raise refusal
        self._page //= 2

    def _complete(self, node: Json) -> None:
        """Fetch the rest of an order's lists when they were longer than the first reading takes."""
        if isinstance(node, dict):
            self._fetch_rest(node, "lineItems")
            self._fetch_rest(node, "fulfillmentOrders")
            for refund in node.get("refunds") or ():
                self._fetch_rest(refund, "refundLineItems")

    def _fetch_rest(self, owner: Json, name: str) -> None:
        passed: set[str] = set()
        while isinstance(owner.get(name), dict) and (cursor := self._next(owner[name], passed)):
            data = self._ask(lambda without: documents.more_of(name, without), {"ids": [owner["id"]], "after": cursor})
            (more,) = data.get("nodes") or [None]
            rest = self._connection(more or {}, name)
            owner[name] = {"nodes": owner[name]["nodes"] + rest["nodes"], "pageInfo": rest.get("pageInfo")}

    # --- can it be believed? ----------------------------------------------------------------------------------------

    def _connection(self, data: Json, name: str) -> Json:
        connection = data.get(name)
        if not isinstance(connection, dict) or not isinstance(connection.get("nodes"), list):
            raise Untrustworthy(f"Shopify's answer for {self._shop} has no {name}.")
        return connection

    def _next(self, connection: Json, passed: set[str]) -> str | None:
        """The cursor to go on from; one that was passed before would go round in circles."""
        info = connection.get("pageInfo") or {}
        if not info.get("hasNextPage"):
            return None
        cursor = info.get("endCursor")
        if not isinstance(cursor, str) or cursor in passed:
            raise Untrustworthy(f"Shopify's pages for {self._shop} go round in circles.")
        passed.add(cursor)
        return cursor

    def _check_asked_for(self, order: Order, since: datetime, until: datetime | None, began: datetime) -> None:
        """An unknown or broken search is ignored and answered with every order; one row outside gives it away.

        An order that changes while this reads is newer than the search knew, and no sign of that.
        """
        too_new = until is not None and until < order.updated_at < began - SEARCH_LAG
        if order.updated_at < since or too_new:
            raise Untrustworthy(
                f"Shopify ignored the search for {self._shop}: {order.name}, last changed {order.updated_at:%F %T} UTC, "
                "was not asked for."
            )

    def _go_on_from(self, newest: datetime, start: datetime) -> datetime:
        if newest <= start:
            raise Untrustworthy(
                f"More orders of {self._shop} changed at {start:%F %T} UTC than Shopify can page through."
            )
        return newest


def changed_since(since: datetime, until: datetime | None = None) -> str:
    """The search for it. No `status:any`: that is REST's; left out, every status is meant."""
    asked = f"updated_at:>='{since.astimezone(UTC):%FT%TZ}'"
    return asked if until is None else f"{asked} AND updated_at:<='{until.astimezone(UTC):%FT%TZ}'"
