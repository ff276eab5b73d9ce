"""A collection's answer: archived rows hidden, filtered, sorted, and cut into pages with opaque cursors.

Source: the vendor's page on pagination. The cursors have the form that its samples show.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from sandbox.lightspeed_r.books import LightspeedRBooks
from sandbox.lightspeed_r.query import Refused, relations, where
from sandbox.lightspeed_r.records import Sale
from sandbox.lightspeed_r.resources import Resource
from sandbox.lightspeed_r.wire import Row, moment, one_or_many

LARGEST_PAGE = 100
EXCLUSIVE = ("limit", "sort", "after", "before")


def answer_list(name: str, resource: Resource, books: LightspeedRBooks, args: MultiDict[str, str], url: str) -> Row:
    """One page of a collection, or its count. Raises Refused."""
    found = _matching(resource, books, args)
    if args.get("count") == "1":
        if any(key in args for key in EXCLUSIVE):
            raise Refused(400, "count may not be combined with limit, sort, after or before.")
        return {"@attributes": {"count": str(len(found))}}
    order, descending = _order(resource, args)
    found.sort(key=order, reverse=descending)
    page, first, more = _page(found, args, order, descending)
    more = more or _one_more(page, args, books)
    loaded = relations(args, resource.relations)
    rows = [resource.row(record, books, loaded) for record in page]
    link = _Links(url, args, resource)
    body: Row = {
        "@attributes": {
            "next": link.to("after", order(page[-1])) if page and more else "",
            "previous": "" if first or not page else link.to("before", order(page[0])),
        }
    }
    if rows or books.switches.no_hits == "empty_list":
        body[name] = one_or_many(rows) if rows else []
    return body


def _matching(resource: Resource, books: LightspeedRBooks, args: MultiDict[str, str]) -> list[Any]:
    records = [record for record in resource.shelf(books).by_id.values() if _in_sight(record, books)]
    if books.faults.garbage == "ignores_filter":
        return records
    shown = args.get("archived", "false")
    if shown not in ("false", "true", "only"):
        raise Refused(400, "archived is false, true or only.")
    passes = where(args, resource.fields, books.switches)
    keep = {"false": lambda r: not resource.archived(r), "true": lambda r: True, "only": resource.archived}[shown]
    return [record for record in records if keep(record) and passes(record)]


def _in_sight(record: Any, books: LightspeedRBooks) -> bool:
    return not isinstance(record, Sale) or record.shop_id != books.switches.blind_shop


Order = Callable[[Any], tuple[Any, ...]]


def _order(resource: Resource, args: MultiDict[str, str]) -> tuple[Order, bool]:
    sort = args.get("sort", resource.key)
    name = sort.removeprefix("-")
    if name not in resource.sorts:
        raise Refused(400, f"sort may be {', '.join(resource.sorts)}.")
    value = resource.sorts[name]
    if name == resource.key:
        return lambda record: (record.id,), sort.startswith("-")
    return lambda record: (moment(value(record)), record.id), sort.startswith("-")


def _page(
    found: Sequence[Any], args: MultiDict[str, str], order: Order, descending: bool
) -> tuple[list[Any], bool, bool]:
    """The records of the page, whether it is the first, and whether more follow."""
    limit = _limit(args.get("limit", str(LARGEST_PAGE)))

    def beyond(record: Any, cursor: tuple[Any, ...]) -> bool:
        return order(record) < cursor if descending else order(record) > cursor

    if "before" in args:
        cursor = _read(args["before"])
        earlier = [record for record in found if order(record) != cursor and not beyond(record, cursor)]
        return earlier[-limit:], len(earlier) <= limit, True
    start = list(found)
    if "after" in args:
        cursor = _read(args["after"])
        start = [record for record in found if beyond(record, cursor)]
    return start[:limit], len(start) == len(found), len(start) > limit


def _one_more(page: Sequence[Any], args: MultiDict[str, str], books: LightspeedRBooks) -> bool:
    """Whether a full last page still points on, to an empty one: no page says."""
    full = len(page) == _limit(args.get("limit", str(LARGEST_PAGE)))
    return full and books.switches.last_page == "empty_one_more"


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise Refused(400, f"limit is from 1 to {LARGEST_PAGE}.")
    return int(text)


class _Links:
    """`next` and `previous` repeat the question, with the default limit and sort."""

    def __init__(self, url: str, args: MultiDict[str, str], resource: Resource) -> None:
        kept = [(key, value) for key, value in args.items(multi=True) if key not in ("after", "before")]
        self._url = url
        self._params = [("limit", str(LARGEST_PAGE)), ("sort", resource.key)]
        self._params = [(key, value) for key, value in self._params if key not in args] + kept

    def to(self, key: str, cursor: tuple[Any, ...]) -> str:
        opaque = base64.b64encode(json.dumps(list(cursor), separators=(",", ":")).encode()).decode()
        return f"{self._url}?{urlencode([*self._params, (key, opaque)])}"


def _read(cursor: str) -> tuple[Any, ...]:
    try:
        return tuple(json.loads(base64.b64decode(cursor, validate=True)))
    except ValueError:
        raise Refused(400, "This cursor is not one that was given.") from None
