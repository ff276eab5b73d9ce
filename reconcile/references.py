"""What ties an order to its POS records: the order's name in several spellings, and its edits. Pure."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from reconcile.model import Order, Sale

EDIT = re.compile(r"^(?P<base>.+)-E(?P<count>\d{3,})$")
EDITS_ASKED = 3
# A number such as 1001 may be the POS's own numbering of an older sale: that record is another order's.
OLDER_THAN_ORDER = timedelta(minutes=10)


class Named(Protocol):
    """What an order is called by: an `Order`, or a row with as much of it."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> int | None: ...


def spell(order: Named, pattern: str) -> str:
    """One spelling, such as `{name}` → `#1001` or `S-{number}` → `S-1001`."""
    number = str(order.number) if order.number is not None else order.name.lstrip("#")
    return pattern.format(name=order.name, number=number)


def spellings(order: Named, patterns: Sequence[str]) -> list[str]:
    """Every configured spelling of an order's reference, without repeats."""
    return list(dict.fromkeys(spell(order, pattern) for pattern in patterns))


def edits(reference: str) -> list[str]:
    """The references that later edits of an order get: `#1001-E001`, …"""
    return [f"{reference}-E{count:03d}" for count in range(1, EDITS_ASKED + 1)]


def was_edited(order: Order) -> bool:
    return order.edited_at is not None or any(line.current_quantity != line.quantity for line in order.lines)


def base_of(reference: str) -> str:
    """The order's own reference under that of an edit; any other reference is returned as it is."""
    found = EDIT.match(reference)
    return found["base"] if found else reference


def filed_under(sale: Sale) -> str:
    """Under which order's reference a record belongs. A POS finds `s-1001` when it is asked for `S-1001`: no case."""
    return base_of((sale.reference or "").strip()).casefold()


def is_edit(sale: Sale) -> bool:
    return bool(sale.reference and EDIT.match(sale.reference.strip()))


def belongs(sale: Sale, order: Order) -> bool:
    """Whether a record found under an order's reference can be that order's: none is made before its order."""
    return sale.created_at is None or sale.created_at >= order.created_at - OLDER_THAN_ORDER
