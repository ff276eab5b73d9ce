"""Statement: per day and currency, what Shopify sold, what the POS has, and the difference, order by order to the cent.

An order counts on the day it was placed, with its later edits and refunds and with its POS records, whenever those were
made. POS sales that carry no order's reference are the till's own and do not appear.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.amounts import written
from reconcile.compare import sum_of
from reconcile.config import Shop
from reconcile.ledger.tables import orders
from reconcile.model import Order, Sale, SaleKind, SaleStatus, Standing
from reconcile.pos.stored import sale_from_json
from reconcile.shopify.stored import order_from_json
from reconcile.spreadsheet import csv_text

ZERO = Decimal(0)
ROUNDING = Decimal("0.02")
MEASURES = ("gross", "refunds", "tax", "shipping", "discount")
NOT_SOLD = (SaleStatus.CANCELLED, SaleStatus.PENDING, SaleStatus.INCOMPLETE)
COLUMNS = ("order_id", "name", "created_at", "standing", "cause", "certainty", "currency", "body", "sales")

Amounts = dict[str, Decimal]
Said = dict[str, Decimal | None]  # None: the POS did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One order that is not the same on both sides; amounts are the POS's minus Shopify's."""

    order_id: int
    name: str
    reason: str  # a standing, or `deleted`, `unsaid` (the POS gives no total), `rounding`, `accepted`
    cause: str | None
    certainty: str | None
    shopify: Amounts
    pos: Said
    amounts: Amounts

    @property
    def net(self) -> Decimal:
        """What this order adds to the difference of the day: gross less refunds."""
        return self.amounts["gross"] - self.amounts["refunds"]


@dataclass(slots=True, kw_only=True)
class Side:
    """One side's sums of a day."""

    orders: int = 0
    amounts: Amounts = field(default_factory=lambda: dict.fromkeys(MEASURES, ZERO))

    @property
    def net(self) -> Decimal:
        return self.amounts["gross"] - self.amounts["refunds"]

    def add(self, amounts: Mapping[str, Decimal | None]) -> None:
        self.orders += 1
        for measure in MEASURES:
            self.amounts[measure] += amounts[measure] or ZERO


@dataclass(slots=True, kw_only=True)
class Day:
    """One day in one currency.

    For every measure the POS's sum minus Shopify's is the sum of `differences` less what is `unsaid`: the amounts of
    orders whose POS record does not tell its tax, shipping or discount apart.
    """

    day: date
    currency: str
    shopify: Side = field(default_factory=Side)
    pos: Side = field(default_factory=Side)
    unsaid: Amounts = field(default_factory=lambda: dict.fromkeys(MEASURES, ZERO))
    differences: list[Difference] = field(default_factory=list)

    def difference(self, measure: str) -> Decimal:
        """What the POS has more (or, below zero, less) than Shopify."""
        return self.pos.amounts[measure] - self.shopify.amounts[measure]

    @property
    def net_difference(self) -> Decimal:
        return self.pos.net - self.shopify.net

    def by_reason(self) -> Amounts:
        """The net difference split by why; adds up to `net_difference`. What comes to nothing needs no reason."""
        found: Amounts = defaultdict(Decimal)
        for one in self.differences:
            found[one.reason] += one.net
        return {reason: amount for reason, amount in found.items() if amount}


def statement(connection: Connection, shop: Shop, since: date, until: date, tz: tzinfo = UTC) -> list[Day]:
    """The days from `since` to `until`, both included, as the shop's time zone counts them; none for a day without orders."""
    days: dict[tuple[date, str], Day] = {}
    for row in _rows(connection, shop.store, since, until, tz):
        key = (row.created_at.astimezone(tz).date(), row.currency)
        day = days.setdefault(key, Day(day=key[0], currency=key[1]))
        _add(day, row)
    return [days[key] for key in sorted(days)]


def _rows(connection: Connection, store: str, since: date, until: date, tz: tzinfo) -> Iterator[Row[Any]]:
    begin, end = (datetime.combine(day, time(), tz) for day in (since, until + timedelta(days=1)))
    c = orders.c
    query = select(*(c[name] for name in COLUMNS)).where(c.store == store, c.created_at >= begin, c.created_at < end)
    yield from connection.execute(query.order_by(c.created_at, c.order_id).execution_options(yield_per=500))


def _add(day: Day, row: Row[Any]) -> None:
    order = order_from_json(row.body)
    sales = [sale_from_json(stored) for stored in row.sales]
    sold = [sale for sale in sales if sale.status not in NOT_SOLD]
    wanted, have = _of_shopify(order), _of_pos(sold)
    if not order.deleted_at:
        day.shopify.add(wanted)
    if sold:
        day.pos.add(have)
    amounts = _minus(day, have, wanted)
    if any(amounts.values()):
        reason = _reason(row, order, have, amounts)
        day.differences.append(
            Difference(
                order_id=row.order_id, name=row.name, reason=reason, cause=row.cause, certainty=row.certainty,
                shopify=wanted, pos=have, amounts=amounts,
            )
        )  # fmt: skip


def _minus(day: Day, have: Said, wanted: Amounts) -> Amounts:
    """The POS's minus Shopify's; a part that the POS does not tell apart goes to the day's `unsaid` instead."""
    amounts = {}
    for measure in MEASURES:
        said = have[measure]
        if said is None and measure not in ("gross", "refunds"):
            day.unsaid[measure] += wanted[measure]
            amounts[measure] = ZERO
        else:
            amounts[measure] = (said or ZERO) - wanted[measure]
    return amounts


def _of_shopify(order: Order) -> Amounts:
    """With later edits: what the order would be without its refunds, and the refunds beside it."""
    if order.deleted_at:
        return dict.fromkeys(MEASURES, ZERO)
    refunds = sum((refund.amount for refund in order.refunds), ZERO)
    return {
        "gross": order.current_total + refunds,
        "refunds": refunds,
        "tax": order.tax if order.refunds else order.current_tax,
        "shipping": order.shipping,
        "discount": order.discount,
    }


def _of_pos(sold: Sequence[Sale]) -> Said:
    """The sums of an order's POS records that count as sold; nothing there is zero, not unsaid."""
    out = [sale for sale in sold if sale.kind is SaleKind.SALE]
    back = [sale for sale in sold if sale.kind is SaleKind.REFUND]
    return {
        "gross": sum_of(sale.total for sale in out),
        "refunds": sum_of(_size(sale.total for sale in back)),
        "tax": sum_of(sale.tax for sale in out),
        "shipping": sum_of(sale.shipping for sale in out),
        "discount": sum_of(_size(sale.discount for sale in out)),
    }


def _size(amounts: Iterable[Decimal | None]) -> Iterator[Decimal | None]:
    return (None if amount is None else abs(amount) for amount in amounts)


def _reason(row: Row[Any], order: Order, have: Said, amounts: Amounts) -> str:
    if order.deleted_at:
        return "deleted"
    if have["gross"] is None or have["refunds"] is None:
        return "unsaid"
    if row.standing != Standing.MATCHED:
        return str(row.standing)
    return "rounding" if all(abs(amount) <= ROUNDING for amount in amounts.values()) else "accepted"


def to_json(day: Day) -> dict[str, Any]:
    """A day as JSON: money as text, never as a float."""
    return {
        "day": day.day.isoformat(),
        "currency": day.currency,
        "shopify": _side_to_json(day.shopify),
        "pos": _side_to_json(day.pos),
        "difference": {"net": written(day.net_difference), **{m: written(day.difference(m)) for m in MEASURES}},
        "unsaid": {measure: written(amount) for measure, amount in day.unsaid.items() if amount},
        "by_reason": {reason: written(amount) for reason, amount in day.by_reason().items()},
        "differences": [_difference_to_json(one) for one in day.differences],
    }


def _side_to_json(side: Side) -> dict[str, Any]:
    return {"orders": side.orders, "net": written(side.net), **{m: written(side.amounts[m]) for m in MEASURES}}


def _difference_to_json(one: Difference) -> dict[str, Any]:
    return {
        "order_id": one.order_id, "name": one.name, "reason": one.reason, "cause": one.cause,
        "certainty": one.certainty, "net": written(one.net),
        "shopify": {measure: written(amount) for measure, amount in one.shopify.items()},
        "pos": {measure: None if amount is None else written(amount) for measure, amount in one.pos.items()},
    }  # fmt: skip


HEADINGS = (
    "day", "currency", "order", "reason", "cause", "certainty",
    *(f"{side}_{measure}" for side in ("shopify", "pos") for measure in MEASURES), "net_difference",
)  # fmt: skip


def to_csv(days: Iterable[Day]) -> str:
    """A row for each day's sums (`order` is empty) and one for each order that makes its difference."""
    return csv_text(HEADINGS, (row for day in days for row in _csv_rows(day)))


def _csv_rows(day: Day) -> Iterator[tuple[str, ...]]:
    key = (day.day.isoformat(), day.currency)
    sums = [written(side.amounts[measure]) for side in (day.shopify, day.pos) for measure in MEASURES]
    yield (*key, "", "", "", "", *sums, written(day.net_difference))
    for one in day.differences:
        pos = [written(amount) if (amount := one.pos[measure]) is not None else "" for measure in MEASURES]
        shopify = [written(one.shopify[measure]) for measure in MEASURES]
        yield (*key, one.name, one.reason, one.cause or "", one.certainty or "", *shopify, *pos, written(one.net))
