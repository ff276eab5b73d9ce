"""A POS record in the ledger's JSON column."""

from collections.abc import Mapping
from typing import Any

from reconcile import codec
from reconcile.model import Sale


def sale_to_json(sale: Sale) -> dict[str, Any]:
    """Lossless: Decimals as strings, moments in ISO 8601; None stays None, it means that the POS did not say."""
    return codec.to_json(sale)


def sale_from_json(stored: Mapping[str, Any]) -> Sale:
    """The record that `sale_to_json` wrote; fields that an older release did not write get their defaults."""
    return codec.from_json(Sale, stored)
