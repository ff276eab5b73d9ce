"""Connections: a part of a list, and the cursor from which the next part begins."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

LONGEST_PAGE = 250
BAD_CURSOR = "Invalid cursor for current pagination sort."

Key = tuple[int, ...]
Page = dict[str, Any]
Row = TypeVar("Row")


def connection(
    rows: Sequence[Row], key: Callable[[Row], Key], node: Callable[[Row], Any], first: int | None, after: str | None
) -> Page:
    """The rows behind a cursor; `rows` are in the order of their keys, which must be unlike one another."""
    if first is None:
        raise refused("you must provide one of first or last", "BAD_REQUEST")
    if not 0 < first <= LONGEST_PAGE:
        raise refused(f"first must be from 1 to {LONGEST_PAGE}", "BAD_REQUEST")
    start = 0 if after is None else _behind(rows, key, _read_cursor(after))
    shown = rows[start : start + first]
    return {
        "nodes": [node(row) for row in shown],
        "pageInfo": {
            "hasNextPage": start + first < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(key(shown[0])) if shown else None,
            "endCursor": _cursor(key(shown[-1])) if shown else None,
        },
    }


def refused(message: str, code: str) -> GraphQLError:
    """An error in the words of Shopify's `errors`, for the field that is being answered."""
    return GraphQLError(message, extensions={"code": code})


def _behind(rows: Sequence[Any], key: Callable[[Any], Key], cursor: Key) -> int:
    """The first row after the cursor's place; a row that moved meanwhile does not shift the others."""
    try:
        return bisect_right(rows, cursor, key=key)
    except TypeError:
        raise refused(BAD_CURSOR, "INVALID_CURSOR") from None


def _cursor(key: Key) -> str:
    return urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_cursor(text: str) -> Key:
    try:
        return tuple(json.loads(urlsafe_b64decode(text)))
    except (ValueError, TypeError):
        raise refused(BAD_CURSOR, "INVALID_CURSOR") from None
