"""Stock by product and location: only an invoice (a complete order) or a finished ticket moves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from werkzeug.datastructures import MultiDict

from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.lists import pages
from sandbox.heartland.query import invalid, read_query
from sandbox.heartland.records import ZERO, Line, Order, Ticket
from sandbox.heartland.resources import fields_of
from sandbox.heartland.wire import Row, finish, money

GROUPS: Final = ("item_id", "location_id")
FIELDS: Final = fields_of(item_id="number", location_id="number")


@dataclass(slots=True)
class Count:
    """What lies somewhere (`on_hand`) and how much of it open orders have promised (`committed`)."""

    item_id: int | None
    location_id: int | None
    on_hand: Decimal = field(default=ZERO)
    committed: Decimal = field(default=ZERO)


def answer_inventory(books: HeartlandBooks, args: MultiDict[str, str]) -> Row:
    """One page of counts, grouped as `group[]` says and in total without it. Raises Refused on an unknown group."""
    groups = args.getlist("group[]")
    if set(groups) - set(GROUPS):
        raise invalid("group[] takes item_id and location_id")
    query = read_query(args, FIELDS, books.switches.per_page_default)
    found = [count for count in _counted(books).values() if query.clause.holds(count, FIELDS)]
    if args.get("exclude_empty_locations") == "true":
        found = [count for count in found if count.on_hand or count.committed]
    grouped = _grouped(found, groups)
    size = query.per_page or max(len(grouped), 1)
    page = grouped[(query.page - 1) * size : query.page * size]
    rows = [finish(_row(count, groups, books), query.only, books.switches) for count in page]
    return {"total": len(grouped), "pages": pages(len(grouped), query.per_page, books), "results": rows}


def _counted(books: HeartlandBooks) -> dict[tuple[int, int], Count]:
    counts = {
        (item.id, place): Count(item.id, place)
        for item in books.items.by_id.values()
        if item.track_inventory
        for place in books.locations.by_id
    }
    for where, qty in books.stock.items():
        if where in counts:
            counts[where].on_hand += qty
    for line, place, status in _moves(books):
        count = counts.get((line.item_id or 0, place))
        if count is not None and status == "complete":
            count.on_hand -= line.qty
        elif count is not None and status == "open":
            count.committed += line.qty
    return counts


def _moves(books: HeartlandBooks) -> Iterator[tuple[Line, int, str]]:
    sales: list[Order | Ticket] = [*books.orders.by_id.values(), *books.tickets.by_id.values()]
    for sale in sales:
        for line in sale.lines:
            yield line, sale.location_id, sale.status


def _grouped(counts: list[Count], groups: list[str]) -> list[Count]:
    sums: dict[tuple[int | None, int | None], Count] = {}
    for count in counts:
        key = (
            count.item_id if "item_id" in groups else None,
            count.location_id if "location_id" in groups else None,
        )
        total = sums.setdefault(key, Count(*key))
        total.on_hand += count.on_hand
        total.committed += count.committed
    return list(sums.values())


def _row(count: Count, groups: list[str], books: HeartlandBooks) -> Row:
    """A count; it has no id of its own on the wire, and its cost is not kept here."""
    row: Row = {name: getattr(count, name) for name in groups}
    return row | {
        "qty": float(count.on_hand),
        "qty_on_hand": float(count.on_hand),
        "qty_committed": float(count.committed),
        "qty_available": float(count.on_hand - count.committed),
        "qty_on_po": 0.0,
        "qty_in_transit": 0.0,
        "unit_cost": money(ZERO, books.switches),
    }
