"""Look: the POS records of up to 100 orders, in as few calls as the POS allows. Whole, or it does not exist."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconcile.config import Shop
from reconcile.model import Order, Sale
from reconcile.pos.base import Capability, Pos
from reconcile.references import base_of, belongs, edits, filed_under, spell, spellings, was_edited

LINES_BUDGET = 20  # records whose lines are read one by one, per look


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one whole read of the POS showed."""

    read_at: datetime
    sales: Mapping[int, tuple[Sale, ...]]  # by order id; () when there is none under any spelling
    control_found: bool | None  # None: no reference is known to be there yet
    spelled: Mapping[int, str]  # by order id: the pattern under which it was found
    every: tuple[Sale, ...] = ()  # all that it showed, the controls and witnesses included


def take(
    shop: Shop,
    pos: Pos,
    orders: Sequence[Order],
    *,
    now: datetime,
    learned: Mapping[str, int],
    control: str | None,
    witnesses: Sequence[str] = (),
) -> Snapshot:
    """Read every order's records. The spelling that has matched most is asked first; the others only for what is absent.

    `witnesses` are references that are asked for beside them. Raises the adapter's errors; a part of an answer is
    never used.
    """
    patterns = sorted(shop.references, key=lambda pattern: -learned.get(pattern, 0))
    found: dict[str, list[Sale]] = {}
    control_found = None
    remaining: Sequence[Order] = orders
    for pattern in patterns:
        wanted = _references(remaining, pattern)
        if control and control_found is None and wanted:
            wanted = [*wanted, control]
        if pattern == patterns[0] and wanted:
            wanted = list(dict.fromkeys([*wanted, *witnesses]))
        for sale in pos.sales_by_reference(wanted) if wanted else ():
            found.setdefault(filed_under(sale), []).append(sale)
        if control and wanted:
            control_found = bool(control_found) or base_of(control).casefold() in found
        remaining = [order for order in remaining if not _records(order, patterns, found)]
    sales = {order.order_id: _records(order, patterns, found) for order in orders}
    return Snapshot(
        read_at=now, sales=sales, control_found=control_found, spelled=_spelled(orders, patterns, found, sales),
        every=tuple(sale for group in found.values() for sale in group),
    )  # fmt: skip


def _references(orders: Sequence[Order], pattern: str) -> list[str]:
    wanted: dict[str, None] = {}
    for order in orders:
        reference = spell(order, pattern)
        wanted[reference] = None
        wanted.update(dict.fromkeys(edits(reference)) if was_edited(order) else {})
    return list(wanted)


def _records(order: Order, patterns: Sequence[str], found: Mapping[str, Sequence[Sale]]) -> tuple[Sale, ...]:
    return tuple(
        sale
        for reference in dict.fromkeys(spelled.casefold() for spelled in spellings(order, patterns))
        for sale in found.get(reference, ())
        if belongs(sale, order)
    )


def _spelled(
    orders: Sequence[Order],
    patterns: Sequence[str],
    found: Mapping[str, Sequence[Sale]],
    sales: Mapping[int, tuple[Sale, ...]],
) -> dict[int, str]:
    hits = {}
    for order in orders:
        if sales[order.order_id]:
            hits[order.order_id] = next(p for p in patterns if spell(order, p).casefold() in found)
    return hits


def read_lines(pos: Pos, sales: Mapping[int, tuple[Sale, ...]], wanted: Sequence[int]) -> dict[int, tuple[Sale, ...]]:
    """The same records with lines, for the orders that need them and within the budget; the rest stay unread."""
    unread = [order_id for order_id in wanted if any(sale.lines is None for sale in sales[order_id])]
    result = dict(sales)
    budget = LINES_BUDGET
    for order_id in unread:
        if len(sales[order_id]) > budget:
            break
        budget -= len(sales[order_id])
        result[order_id] = tuple(pos.with_lines(sales[order_id]))
    return result


def unreferenced(pos: Pos, since: datetime, until: datetime, known: frozenset[str]) -> tuple[Sale, ...] | None:
    """Sales made in a span that carry no known order's reference: staff may have keyed an order in. None: unread.

    `known`: the references as `filed_under` writes them.
    """
    if Capability.SALES_BETWEEN not in pos.capabilities:
        return None
    between = pos.sales_between(since, until)
    return tuple(sale for sale in between if filed_under(sale) not in known)
