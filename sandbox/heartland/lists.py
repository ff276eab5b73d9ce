"""A collection answered: the records that pass the filter, in order, one page of them with its includes."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.query import EVERYTHING, Clause, Fields, Query, invalid, read_query
from sandbox.heartland.records import Item
from sandbox.heartland.resources import Resource
from sandbox.heartland.wire import Row, finish


def answer_list(resource: Resource, books: HeartlandBooks, args: MultiDict[str, str]) -> Row:
    """One page: `total`, `pages`, `results`. Raises Refused on a query that cannot be answered for sure."""
    fields = resource.fields(books)
    query = read_query(args, fields, books.switches.per_page_default)
    refuse_unknown_includes(resource, books, query.includes)
    ignored = books.faults.garbage == "ignores_filter"
    found = _matching(resource, books, EVERYTHING if ignored else query.clause, fields)
    if query.text is not None and not ignored:
        found = _mentioning(query.text, found)
    rows = [
        finish(row_with(resource, books, record, query.includes), query.only, books.switches)
        for record in _page(_sorted(found, query, fields), query)
    ]
    return {"total": len(found), "pages": pages(len(found), query.per_page, books), "results": rows}


def row_with(resource: Resource, books: HeartlandBooks, record: Any, includes: Iterable[str]) -> Row:
    """A record with what was asked to come along; includes nobody knows, or switched off, are left out in silence."""
    row = resource.row(record, books)
    for name in includes:
        if name in resource.includes and (name != "lines" or books.switches.lines_included):
            row[name] = resource.includes[name](record, books)
    return row


def refuse_unknown_includes(resource: Resource, books: HeartlandBooks, includes: Iterable[str]) -> None:
    """What an unknown include does is unknown: ignored is our choice. Raises Refused when switched to."""
    unknown = sorted(set(includes) - set(resource.includes))
    if unknown and books.switches.unknown_include == "invalid_request":
        raise invalid(f"Unknown include: {', '.join(unknown)}")


def pages(total: int, per_page: int | None, books: HeartlandBooks) -> int:
    """How many pages there are; for no record at all nobody knows whether that is 0 or 1."""
    if total == 0:
        return books.switches.empty_pages
    return 1 if per_page is None else -(-total // per_page)


def _matching(resource: Resource, books: HeartlandBooks, clause: Clause, fields: Fields) -> list[Any]:
    return [
        record
        for record in _candidates(resource, books, clause)
        if clause.holds(record, fields) and resource.visible(record, books) and not _archived(record, books, clause)
    ]


def _archived(record: Any, books: HeartlandBooks, clause: Clause) -> bool:
    """Whether a product is hidden for being inactive: only where switched so, and not from a filter that names it."""
    if books.switches.inactive_items_listed or not isinstance(record, Item):
        return False
    return not record.active and clause.values_of("active") is None


def _candidates(resource: Resource, books: HeartlandBooks, clause: Clause) -> Iterable[Any]:
    shelf = resource.shelf(books)
    for field in resource.keyed:
        wanted = clause.values_of(field)
        if wanted is not None:
            found = {record.id: record for key in wanted for record in shelf.keyed(str(key))}
            return [found[record_id] for record_id in sorted(found)]
    return shelf.by_id.values()


def _mentioning(text: str, records: list[Any]) -> list[Any]:
    """Free text search: seen on products only; elsewhere it is ignored, which is our choice."""
    return [
        record
        for record in records
        if not isinstance(record, Item) or text.casefold() in f"{record.sku} {record.title}".casefold()
    ]


def _sorted(records: list[Any], query: Query, fields: Fields) -> list[Any]:
    """In the order asked for, by id where that says nothing (our choice: no default is documented)."""
    found = sorted(records, key=attrgetter("id"))
    for name, descending in reversed(query.sorts):
        read = fields[name].read
        found.sort(key=lambda record: _sortable(read(record)), reverse=descending)
    return found


def _sortable(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)


def _page(records: list[Any], query: Query) -> list[Any]:
    if query.per_page is None:
        return records if query.page == 1 else []
    start = (query.page - 1) * query.per_page
    return records[start : start + query.per_page]
