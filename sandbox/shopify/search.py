"""The search syntax of `orders(query:)`, as far as it is documented for orders.

What Shopify does not understand it ignores, without an error: an unknown field, a value that is no moment or no
status (https://shopify.dev/docs/api/usage/search-syntax). Parentheses are not played.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.shop import ShopOrder

TERM = re.compile(r"""(?P<no>-|NOT\s+)?(?P<field>[a-z_.]+):(?P<sign>>=|<=|>|<)?(?P<value>'[^']*'|"[^"]*"|\S+)""")
SIGNS: dict[str | None, Callable[[Any, Any], bool]] = {
    None: operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
MOMENTS = {"created_at": "created_at", "updated_at": "updated_at", "processed_at": "created_at"}
FULFILMENT = {
    "shipped": "fulfilled",
    "fulfilled": "fulfilled",
    "partial": "partial",
    "unshipped": None,
    "unfulfilled": None,
}

Match = Callable[[ShopOrder], bool]


def matcher(search: str | None) -> Match:
    """Whether an order is meant by a search; an empty one, or one that is not understood, means every order."""
    ways = [[_term(found) for found in TERM.finditer(way)] for way in re.split(r"\s+OR\s+", search or "")]
    return lambda order: any(all(fits(order) for fits in way) for way in ways)


def _term(found: re.Match[str]) -> Match:
    fits = _fits(found["field"], found["sign"], found["value"].strip("'\""))
    if fits is None:
        return lambda order: True
    known = fits
    return (lambda order: not known(order)) if found["no"] else known


def _fits(field: str, sign: str | None, value: str) -> Match | None:
    if field in MOMENTS:
        return _moment(MOMENTS[field], SIGNS[sign], value)
    if field == "id":
        return _number(SIGNS[sign], value)
    return _word(field, value)


def _moment(field: str, compare: Callable[[Any, Any], bool], value: str) -> Match | None:
    try:
        asked = datetime.fromisoformat(value)
    except ValueError:
        return None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return lambda order: compare(getattr(order, field).replace(microsecond=0), asked)


def _number(compare: Callable[[Any, Any], bool], value: str) -> Match | None:
    return (lambda order: compare(order.id, int(value))) if value.isdigit() else None


def _word(field: str, value: str) -> Match | None:
    low = value.lower()
    words: dict[str, Match] = {
        "name": lambda order: order.name.lower().lstrip("#") == low.lstrip("#"),
        "financial_status": lambda order: order.financial_status == low,
        "tag": lambda order: low in (tag.lower() for tag in order.tags),
        "tag_not": lambda order: low not in (tag.lower() for tag in order.tags),
        "test": lambda order: str(order.test).lower() == low,
        "sku": lambda order: low in ((line.sku or "").lower() for line in order.lines),
        "source_name": lambda order: order.source_name.lower() == low,
    }
    if field == "status":
        return _status(low)
    if field == "fulfillment_status" and low in FULFILMENT:
        return lambda order: order.fulfillment_status == FULFILMENT[low]
    return words.get(field)


def _status(word: str) -> Match | None:
    states: dict[str, Match] = {
        "open": lambda order: order.closed_at is None and order.cancelled_at is None,
        "closed": lambda order: order.closed_at is not None,
        "cancelled": lambda order: order.cancelled_at is not None,
        "not_closed": lambda order: order.closed_at is None,
    }
    return states.get(word)  # REST's `any` is none of them, and ignored like every unknown word
