"""An order in the ledger's JSON column."""

from collections.abc import Mapping
from typing import Any

from reconcile import codec
from reconcile.model import Order


def order_to_json(order: Order) -> dict[str, Any]:
    """Lossless: Decimals as strings, moments in ISO 8601, sets as sorted lists."""
    return codec.to_json(order)


def order_from_json(stored: Mapping[str, Any]) -> Order:
    """The order that `order_to_json` wrote; fields that an older release did not write get their defaults."""
    return codec.from_json(Order, stored)
