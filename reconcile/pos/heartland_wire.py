"""Heartland Retail's rows turned into our values: every vendor word in one table, nothing guessed. Pure.

Raises `Untrustworthy` on a row that cannot be what it claims to be. Texts never carry a row's values.
Source: facts/heartland-api.md, 1.10 and 2.1 to 2.9.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from reconcile.errors import Rejected, Untrustworthy
from reconcile.model import Item, Location, RequiredField, Sale, SaleKind, SaleLine, SaleStatus
from reconcile.pos.fields import Fields, Row, word

_fields = Fields("Heartland")
money, moment = _fields.money, _fields.moment

ORDER, TICKET = "order", "ticket"
STATUSES = {
    "pending": SaleStatus.PENDING,
    "open": SaleStatus.OPEN,
    "complete": SaleStatus.COMPLETE,
    "completed": SaleStatus.COMPLETE,
    "closed": SaleStatus.COMPLETE,
    "incomplete": SaleStatus.INCOMPLETE,
    "canceled": SaleStatus.CANCELLED,
    "cancelled": SaleStatus.CANCELLED,
    "void": SaleStatus.CANCELLED,
    "voided": SaleStatus.CANCELLED,
}
REFUND_TYPES = frozenset({"return", "refund"})
TAX_KEYS = ("total_tax", "tax_total", "tax")
DISCOUNT_KEYS = ("total_discounts", "discount_total", "discount")
BALANCE_KEYS = ("balance", "amount_due", "due")
PAID_KEYS = ("total_paid", "paid")
LOCATION_KEYS = ("source_location_id", "location_id")
ADDRESS_KEYS = ("shipping_address_id", "billing_address_id", "shipping_address", "billing_address")
PRICE_KEYS = ("adjusted_unit_price", "unit_price", "original_unit_price")
NO_GOODS = frozenset({"taxline", "shippingline"})  # line types that are no product
SHIPPING_LINE = "shippingline"
GROUPS = re.compile(r"sales|customer|item|.*payment")  # custom-field groups that an order's way into the POS passes
LIST_KEYS = ("values", "allowed_values", "possible_values", "list_values", "options", "choices", "list", "picklist")
LIST_TYPES = frozenset({"list", "select", "pick_list", "picklist", "dropdown", "enum", "inclusion", "choice"})


def sale_from(kind: str, row: Row, *, ui: str = "", skus: Mapping[int, str] | None = None) -> Sale:
    """One sales order or ticket; `skus` names the items of lines that carry only an item's id."""
    number, total = id_of(row), money(row, "total")
    lines = row.get("lines")
    return Sale(
        sale_id=f"{kind}:{number}",
        kind=_kind(kind, row, total),
        status=status_of(row),
        raw_status=word(row.get("status")),
        reference=reference_of(row),
        total=total,
        tax=money(row, *TAX_KEYS),
        shipping=_shipping(row),
        discount=money(row, *DISCOUNT_KEYS),
        balance=money(row, *BALANCE_KEYS),
        paid=money(row, *PAID_KEYS),
        created_at=moment(row, "created_at"),
        updated_at=moment(row, "updated_at"),
        lines=lines_from(lines, skus or {}) if isinstance(lines, list) else None,
        location=_location(row),
        has_address=_has_address(row),
        unfilled_fields=_unfilled(row),
        url=f"{ui}/#sales/{kind}s/edit/{number}" if ui else None,
    )


def sale_with_lines(sale: Sale, rows: Iterable[Row], skus: Mapping[int, str]) -> Sale:
    """The same record with its lines, read by themselves."""
    lines = list(rows)
    shipping = _shipping({"lines": lines}) if sale.shipping is None else sale.shipping
    return replace(sale, lines=lines_from(lines, skus), shipping=shipping)


def status_of(row: Row) -> SaleStatus:
    """Our word for the row's; one that is not in the table is UNKNOWN, never fine."""
    if flag(row, "voided"):
        return SaleStatus.CANCELLED
    said = STATUSES.get(word(row.get("status")).lower(), SaleStatus.UNKNOWN)
    if said is SaleStatus.UNKNOWN and row.get("status") is None and flag(row, "completed"):
        return SaleStatus.COMPLETE
    return said


def reference_of(row: Row) -> str | None:
    """`public_id` as written; None when it has none."""
    reference = row.get("public_id")
    return None if reference is None else str(reference)


def lines_from(rows: Iterable[Any], skus: Mapping[int, str]) -> tuple[SaleLine, ...]:
    """The goods among a record's lines; tax and shipping lines are no goods."""
    return tuple(_line(row, skus) for row in objects(rows) if _type(row) not in NO_GOODS)


def nameless_items(rows: Iterable[Row]) -> set[int]:
    """The ids of items whose lines carry no Item #, so that it must be looked up."""
    lines = [line for row in rows for line in objects(row.get("lines") or ())]
    return {
        line["item_id"]
        for line in lines
        if _type(line) not in NO_GOODS and isinstance(line.get("item_id"), int) and _sku(line, {}) is None
    }


def item_from(row: Row, *, active: bool) -> Item:
    """A product; `active` is what the question implies when the row does not say."""
    said = flag(row, "active")
    return Item(
        item_id=str(id_of(row)),
        sku=reference_of(row) or "",
        title=word(row.get("description")),
        active=active if said is None else said,
        tracks_stock=flag(row, "track_inventory"),
    )


def location_from(row: Row) -> Location:
    """A location with the number of its active tills, None when they were not given."""
    stations = row.get("stations")
    working = [s for s in objects(stations) if flag(s, "active") is not False] if isinstance(stations, list) else None
    return Location(
        location_id=str(id_of(row)),
        name=word(row.get("name")),
        active=flag(row, "active") is not False,
        stations=None if working is None else len(working),
    )


def required_fields_from(rows: Iterable[Row]) -> tuple[RequiredField, ...]:
    """The required fields of orders, customers, items and payments, whatever their group is called exactly.

    Raises Rejected when one does not say whether it is required: asking again would not change that.
    """
    return tuple(_field(row) for row in rows if _required(row) and GROUPS.match(_group(row)))


def id_of(row: Row) -> int:
    """The row's integer id."""
    number = row.get("id")
    if isinstance(number, str) and number.isdecimal():
        return int(number)
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    raise Untrustworthy("Heartland: a record has no id.")


def flag(row: Row, key: str) -> bool | None:
    """A boolean, with or without the question mark that Heartland reads it back with; None when it is not said."""
    for name in (f"{key}?", key):
        value = row.get(name)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
    return None


def objects(rows: Iterable[Any]) -> list[Row]:
    """Rows that are JSON objects; anything else among them makes the whole answer worthless."""
    found = list(rows)
    if not all(isinstance(row, dict) for row in found):
        raise Untrustworthy("Heartland: a list holds something that is no record.")
    return found


def _kind(kind: str, row: Row, total: Decimal | None) -> SaleKind:
    if kind == TICKET and (_type(row) in REFUND_TYPES or (total is not None and total < 0)):
        return SaleKind.REFUND
    return SaleKind.SALE


def _type(row: Row) -> str:
    return word(row.get("type")).lower()


def _line(row: Row, skus: Mapping[int, str]) -> SaleLine:
    quantity = money(row, "qty", "quantity")
    if quantity is None:
        raise Untrustworthy("Heartland: a line has no quantity.")
    price, title = money(row, *PRICE_KEYS), word(row.get("description"))
    return SaleLine(sku=_sku(row, skus), quantity=quantity, unit_price=price, title=title)


def _sku(row: Row, skus: Mapping[int, str]) -> str | None:
    item = row.get("item")
    said = row.get("item_public_id") or (item.get("public_id") if isinstance(item, dict) else None)
    if said is not None:
        return str(said)
    number = row.get("item_id")
    return skus.get(number) if isinstance(number, int) else None


def _shipping(row: Row) -> Decimal | None:
    """Orders carry a charge; tickets carry it as lines, when their lines are given."""
    charge = money(row, "shipping_charge", "shipping_total")
    if charge is not None or not isinstance(row.get("lines"), list):
        return charge
    values = [money(line, "value") for line in objects(row["lines"]) if _type(line) == SHIPPING_LINE]
    return sum((value for value in values if value is not None), Decimal(0)) if values else None


def _location(row: Row) -> str | None:
    place = row.get("location")
    if isinstance(place, dict) and place.get("name"):
        return word(place["name"])
    return next((str(row[key]) for key in LOCATION_KEYS if row.get(key) is not None), None)


def _has_address(row: Row) -> bool | None:
    said = [row[key] for key in ADDRESS_KEYS if key in row]
    return any(said) if said else None


def _unfilled(row: Row) -> tuple[str, ...] | None:
    custom = row.get("custom")
    if not isinstance(custom, dict):
        return None
    return tuple(key for key, value in custom.items() if value is None or word(value) == "")


def _required(row: Row) -> bool:
    if flag(row, "active") is False:
        return False
    said = flag(row, "required")
    if said is None:
        raise Rejected("unreadable", "the custom fields do not say which of them are required")
    return said


def _group(row: Row) -> str:
    return word(row.get("group_id")).lower()


def _field(row: Row) -> RequiredField:
    key = word(row.get("key"))
    return RequiredField(
        group=_group(row), key=key, name=word(row.get("name")) or key, list_restricted=_list_restricted(row)
    )


def _list_restricted(row: Row) -> bool:
    """Whether its values are picked from a list. How the API says so is undocumented: every likely key counts."""
    metadata = row.get("metadata")
    places = [row, metadata] if isinstance(metadata, dict) else [row]
    listed = any(place.get(key) for place in places for key in LIST_KEYS)
    return listed or word(row.get("validation_type")).lower() in LIST_TYPES
