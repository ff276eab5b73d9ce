"""Stock that is wrong: units that the POS has not deducted, or deducted too often, per SKU and location.

Units of an order count as not deducted while the POS has no sale of it, or only one that it holds unfinished; beside a
finished sale, those that stand under `NO PRODUCT FOUND` or are missing from it. What staff have keyed in, what a person has
closed, gift cards, and products whose stock the POS does not track are left out. The shop oversells by what is not deducted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from reconcile import codec
from reconcile.goods import goods_of
from reconcile.ledger.tables import orders
from reconcile.model import CaseState, Order, Sale, SaleKind, SaleStatus, SetUp, Standing
from reconcile.pos.stored import sale_from_json
from reconcile.references import is_edit
from reconcile.shopify.stored import order_from_json
from reconcile.shops import row_of
from reconcile.spreadsheet import csv_text

ZERO = Decimal(0)
WRONG = (Standing.MISSING, Standing.PENDING, Standing.DIFFERS)
SOLD = (SaleStatus.COMPLETE, SaleStatus.OPEN)  # what has taken its units out of the stock
BY_HAND = "entered_by_hand"
COLUMNS = ("order_id", "name", "standing", "cause", "body", "sales")
HEADINGS = ("sku", "title", "location", "not_deducted", "deducted_too_often", "orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One order's part in it; units below zero were deducted too often."""

    order_id: int
    name: str
    standing: str
    cause: str | None
    units: Decimal


@dataclass(slots=True, kw_only=True)
class StockLine:
    sku: str  # "" when the order's line has none
    title: str
    location: str  # "" when nothing says which
    parts: list[Part] = field(default_factory=list)

    @property
    def not_deducted(self) -> Decimal:
        return sum((part.units for part in self.parts if part.units > ZERO), ZERO)

    @property
    def deducted_too_often(self) -> Decimal:
        return -sum((part.units for part in self.parts if part.units < ZERO), ZERO)


def wrong_stock(
    connection: Connection, store: str, cause: str | None = None, subject: str | None = None, most: int | None = None
) -> list[StockLine]:
    """What is wrong in the POS's stock now, the largest oversell first; of one cause, or of so many orders, if given."""
    stored = row_of(connection, store).set_up
    set_up = codec.from_json(SetUp, stored) if stored else None
    untracked, names = _untracked(set_up), _names(set_up)
    lines: dict[tuple[str, str, str], StockLine] = {}
    for row in _rows(connection, store, cause, subject, most):
        order = order_from_json(row.body)
        sales = [sale_from_json(stored) for stored in row.sales]
        where = _location(order, sales, names)
        for sku, title, units in _units(row, order, sales):
            if sku.casefold() in untracked or not units:
                continue
            key = (sku.casefold(), "" if sku else title, where)
            line = lines.setdefault(key, StockLine(sku=sku, title=title, location=where))
            line.parts.append(
                Part(order_id=row.order_id, name=row.name, standing=row.standing, cause=row.cause, units=units)
            )
    return sorted(lines.values(), key=lambda line: (-line.not_deducted, line.sku, line.title, line.location))


def _rows(
    connection: Connection, store: str, cause: str | None, subject: str | None, most: int | None
) -> Iterator[Row[Any]]:
    c = orders.c
    query = select(*(c[name] for name in COLUMNS)).where(
        c.store == store, c.standing.in_(WRONG), or_(c.cause.is_(None), c.cause != BY_HAND)
    )
    query = query.where(or_(c.case_state.is_(None), c.case_state != CaseState.CLOSED.value))
    if cause is not None:
        query = query.where(c.cause == cause, c.subject == subject)
    if most is not None:
        query = query.limit(most)
    yield from connection.execute(query.order_by(c.created_at, c.order_id).execution_options(yield_per=500))


def _units(row: Row[Any], order: Order, sales: Sequence[Sale]) -> Iterable[tuple[str, str, Decimal]]:
    """(SKU, title, units) of an order; below zero when they were deducted too often."""
    sold = [sale for sale in sales if sale.kind is SaleKind.SALE and sale.status in SOLD and not is_edit(sale)]
    if not sold:
        return () if order.cancelled_at or order.deleted_at else _all(order)
    returned = [sale for sale in sales if sale.kind is SaleKind.REFUND]
    goods = goods_of(order, sold, returned)
    if goods is None:
        return ()  # its lines are unread: nothing is known of its units
    titles = {line.sku.strip().casefold(): line.title for line in order.lines if line.sku}
    found = {sku: (wanted - have) for sku, wanted, have in goods.unequal(original=True)}
    for sku, wanted, _ in goods.unmatched():
        if sku:  # covered on paper only: the line stands for no product
            short = Decimal(wanted) - goods.sold.get(sku.casefold(), ZERO)
            found[sku] = max(found.get(sku, ZERO), min(short, goods.stand_ins))
    return [(sku, titles.get(sku.casefold(), ""), units) for sku, units in found.items()]


def _all(order: Order) -> Iterator[tuple[str, str, Decimal]]:
    for line in order.lines:
        if not line.gift_card:
            yield (line.sku or "").strip(), line.title, Decimal(line.current_quantity)


def _location(order: Order, sales: Sequence[Sale], names: Mapping[str, str]) -> str:
    """Where the POS sold it, or is to sell it; by name, as Shopify has it, so that both are one line."""
    sold_at = sorted({names.get(sale.location, sale.location) for sale in sales if sale.location})
    return ", ".join(sold_at or sorted(order.assigned_locations or ()))


def _names(set_up: SetUp | None) -> dict[str, str]:
    """The POS's own numbers of its locations, with their names, as far as its settings were read."""
    return {one.location_id: one.name for one in (set_up.locations if set_up else None) or () if one.name}


def _untracked(set_up: SetUp | None) -> frozenset[str]:
    """SKUs whose stock the POS does not track, as far as its settings were read."""
    items = (set_up.items if set_up else None) or {}
    return frozenset(
        sku.casefold() for sku, found in items.items() if found and all(item.tracks_stock is False for item in found)
    )


def to_json(line: StockLine) -> dict[str, Any]:
    """A line as JSON; quantities as text, never as a float."""
    parts = [
        {"order_id": part.order_id, "name": part.name, "standing": part.standing, "cause": part.cause,
         "units": _count(part.units)}
        for part in line.parts
    ]  # fmt: skip
    return {
        "sku": line.sku, "title": line.title, "location": line.location,
        "not_deducted": _count(line.not_deducted), "deducted_too_often": _count(line.deducted_too_often),
        "orders": parts,
    }  # fmt: skip


def to_csv(lines: Iterable[StockLine]) -> str:
    rows = (
        (line.sku, line.title, line.location, _count(line.not_deducted), _count(line.deducted_too_often),
         " ".join(part.name for part in line.parts))
        for line in lines
    )  # fmt: skip
    return csv_text(HEADINGS, rows)


def _count(units: Decimal) -> str:
    return f"{units.normalize():f}"
