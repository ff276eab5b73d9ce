"""X-Series products by id and by SKU, from their own feed: search finds no SKU with a hyphen.

Source: facts/lightspeed-api.md, B4, B6 and B7.
"""

from collections.abc import Collection, Sequence

from reconcile.clock import Clock
from reconcile.indexed import Indexed
from reconcile.model import Item
from reconcile.pos.base import Index
from reconcile.pos.fields import Row, word
from reconcile.pos.lightspeed_x_feed import Feed
from reconcile.pos.lightspeed_x_pages import Pages
from reconcile.pos.lightspeed_x_sales import key_of
from reconcile.pos.lightspeed_x_wire import id_of, item_from, version_of


class Products:
    """The catalogue. Deleted products stay known by their id: an old sale may name them."""

    def __init__(self, pages: Pages, index: Index, *, clock: Clock, origin: str) -> None:
        self._feed = Feed(pages, "products", index, _kept, clock=clock, origin=origin, params=[("deleted", "true")])

    @property
    def read(self) -> bool:
        """Whether the catalogue was read at all."""
        return self._feed.begun

    def follow(self) -> None:
        """Read what has changed in it."""
        self._feed.follow()

    def skus(self, product_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """SKU and name by id, of the products that are known."""
        rows = self._feed.index.by_id(product_ids)
        return {row.record_id: (row.body["sku"], row.body["title"]) for row in rows}

    def items(self, skus: Sequence[str]) -> dict[str, tuple[Item, ...]]:
        """Every product that there is under each SKU, to the letter; deleted ones are gone."""
        found: dict[str, list[Item]] = {sku: [] for sku in skus}
        by_key = {key_of(sku): sku for sku in skus}
        for row in self._feed.index.keyed(by_key):
            if not row.body["deleted"] and row.key:
                body = {key: row.body[key] for key in ("title", "active", "tracks_stock")}
                found[by_key[row.key]].append(Item(item_id=row.record_id, sku=row.key, **body))
        return {sku: tuple(items) for sku, items in found.items()}


def _kept(row: Row) -> Indexed:
    item = item_from(row)
    body = {
        "sku": item.sku, "title": item.title, "active": item.active, "tracks_stock": item.tracks_stock,
        "deleted": bool(row.get("deleted_at")),
    }  # fmt: skip
    return Indexed(record_id=id_of(row), version=version_of(row), key=key_of(word(row.get("sku"))), body=body)
