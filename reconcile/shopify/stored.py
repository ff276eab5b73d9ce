"""An order in the ledger's JSON column."""

from collections.abc import Mapping
from typing import Any

from reconcile import codec
from reconcile.model import Order

SOUGHT = 600  # characters: an index of PostgreSQL takes no more than 2,700 bytes


def order_to_json(order: Order) -> dict[str, Any]:
    """Lossless: Decimals as strings, moments in ISO 8601, sets as sorted lists."""
    return codec.to_json(order)


def sought_in(order: Order) -> str:
    """What a text is looked for in: the order's name and its SKUs, in lower case; of very many SKUs the first."""
    words = dict.fromkeys([order.name, *(line.sku for line in order.lines if line.sku)])
    return "\n".join(words).lower()[:SOUGHT]


def order_from_json(stored: Mapping[str, Any]) -> Order:
    """The order that `order_to_json` wrote; fields that an older release did not write get their defaults."""
    return codec.from_json(Order, stored)
