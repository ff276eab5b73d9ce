"""Lightspeed R-Series rows turned into our values: every scalar a string, collections of one an object. Pure.

Raises `Untrustworthy` on a row that cannot be what it claims to be. Texts never carry a row's values.
Source: facts/lightspeed-api.md, A6, A8 and A9.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from reconcile.errors import Untrustworthy
from reconcile.model import Employee, Item, Location, Sale, SaleKind, SaleLine, SaleStatus
from reconcile.pos.fields import Fields, Row, word
from reconcile.references import EDIT
from reconcile.required_products import REQUIRED_SKUS, TITLES

_fields = Fields("Lightspeed R")
money, moment = _fields.money, _fields.moment

SKU_FIELDS = ("systemSku", "customSku", "upc", "ean")
NONE = "0"  # a foreign key without a record
UPDATED_KEYS = ("updatetime", "updateTime", "timeStamp")
TRUE, FALSE = "true", "false"
OWN = {sku.casefold(): sku for sku in REQUIRED_SKUS} | {title.casefold(): sku for sku, title in TITLES.items()}
UNTRACKED = frozenset({"non_inventory", "non-inventory"})


def many(found: object, what: str) -> list[Row]:
    """The records under a key: absent, empty text, one object, or a list."""
    rows: list[Any] = found if isinstance(found, list) else [] if found is None or found == "" else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise Untrustworthy(f"Lightspeed R: {what} holds something that is no record.")
    return rows


def nested(row: Row, relation: str, record: str) -> list[Row]:
    """The records of a loaded relation such as `SaleLines.SaleLine`; an empty one has no key."""
    found = row.get(relation)
    if isinstance(found, dict):
        return many(found.get(record), relation)
    return [part for outer in many(found, relation) for part in many(outer.get(record), relation)]


def sale_from(row: Row, *, lined: bool, sku_field: str) -> Sale:
    """One sale, refund or draft; `lined` says whether its lines were asked for."""
    total = money(row, "total", "calcTotal")
    paid = money(row, "calcPayments")
    reference = word(row.get("referenceNumber")) or None
    given_back = total is not None and total < 0 and not EDIT.match(reference or "")  # an edit may lower the order
    return Sale(
        sale_id=f"sale:{id_of(row, 'saleID')}",
        kind=SaleKind.REFUND if given_back else SaleKind.SALE,
        status=status_of(row),
        raw_status=raw_status(row),
        reference=reference,
        total=total,
        tax=_tax(row),
        discount=money(row, "calcDiscount"),
        balance=_balance(row, total, paid),
        paid=paid,
        created_at=moment(row, "createTime"),
        updated_at=next((at for key in UPDATED_KEYS if (at := moment(row, key))), None),
        lines=_lines(row, sku_field) if lined else None,
        location=key_of(row, "shopID"),
        employee_id=key_of(row, "employeeID"),
    )


def status_of(row: Row) -> SaleStatus:
    """What the three flags say together; a word that no page documents is UNKNOWN, never fine."""
    voided, archived, completed = (word(row.get(key)).lower() for key in ("voided", "archived", "completed"))
    if not {voided, archived} <= {TRUE, FALSE, ""}:
        return SaleStatus.UNKNOWN
    if TRUE in (voided, archived):
        return SaleStatus.CANCELLED
    return {TRUE: SaleStatus.COMPLETE, FALSE: SaleStatus.INCOMPLETE}.get(completed, SaleStatus.UNKNOWN)


def raw_status(row: Row) -> str:
    """The flag that decides, in the vendor's word; a value that is no flag is kept as it came."""
    odd = [word(row[key]) for key in ("voided", "archived", "completed") if key in row and not _is_flag(row[key])]
    if odd:
        return odd[0]
    for key in ("voided", "archived"):
        if flag(row, key):
            return key
    return "completed" if flag(row, "completed") else "incomplete"


def item_from(row: Row, sku: str) -> Item:
    """A product under the SKU that it was found by."""
    return Item(
        item_id=id_of(row, "itemID"),
        sku=sku,
        title=word(row.get("description")),
        active=not flag(row, "archived"),
        tracks_stock=None if not row.get("itemType") else word(row["itemType"]).lower() not in UNTRACKED,
    )


def employee_from(row: Row, *, token_of: str | None, sellers: Collection[str]) -> Employee:
    """An employee; archived and locked out are two switches."""
    number = id_of(row, "employeeID")
    return Employee(
        employee_id=number,
        name=name_of(row),
        archived=bool(flag(row, "archived")),
        locked=bool(flag(row, "lockOut")),
        owns_token=number == token_of,
        sells=number in sellers,
    )


def name_of(row: Row) -> str:
    """First and last name, as one reads it."""
    return " ".join(f"{word(row.get('firstName'))} {word(row.get('lastName'))}".split())


def location_from(row: Row, stations: int | None) -> Location:
    """A shop with its tills."""
    return Location(
        location_id=id_of(row, "shopID"),
        name=word(row.get("name")),
        active=not flag(row, "archived"),
        stations=stations,
    )


def id_of(row: Row, key: str) -> str:
    """The record's own id."""
    number = word(row.get(key))
    if not number.isdecimal() or number == NONE:
        raise Untrustworthy(f"Lightspeed R: a record has no {key}.")
    return number


def key_of(row: Row, key: str) -> str | None:
    """Another record's id; None where it is not said, or is the vendor's word for none."""
    number = word(row.get(key))
    return None if number in ("", NONE) else number


def flag(row: Row, key: str) -> bool | None:
    """A switch, from text or from a boolean; None when it is not said."""
    said = word(row.get(key)).lower()
    if said not in (TRUE, FALSE, ""):
        raise Untrustworthy(f"Lightspeed R: {key} is neither true nor false.")
    return None if said == "" else said == TRUE


def _is_flag(value: object) -> bool:
    return word(value).lower() in (TRUE, FALSE, "")


def _tax(row: Row) -> Decimal | None:
    whole = money(row, "taxTotal")
    if whole is not None:
        return whole
    parts = [money(row, "calcTax1"), money(row, "calcTax2")]
    said = [part for part in parts if part is not None]
    return sum(said, Decimal(0)) if said else None


def _balance(row: Row, total: Decimal | None, paid: Decimal | None) -> Decimal | None:
    said = money(row, "balance")
    if said is not None or total is None or paid is None:
        return said
    return total - paid


def _lines(row: Row, sku_field: str) -> tuple[SaleLine, ...]:
    return tuple(_line(line, sku_field) for line in nested(row, "SaleLines", "SaleLine"))


def _line(row: Row, sku_field: str) -> SaleLine:
    quantity = money(row, "unitQuantity")
    if quantity is None:
        raise Untrustworthy("Lightspeed R: a line has no quantity.")
    item = row.get("Item")
    found: Row = item if isinstance(item, dict) else {}
    return SaleLine(
        sku=_sku(found, sku_field),
        quantity=quantity,
        unit_price=money(row, "unitPrice"),
        title=word(found.get("description")),
    )


def _sku(item: Row, sku_field: str) -> str | None:
    """The code that is linked to Shopify's SKU; the connector's own products are known by their name."""
    for own in (item.get("customSku"), item.get("description")):
        if word(own).casefold() in OWN:
            return OWN[word(own).casefold()]
    return next((said for key in (sku_field, *SKU_FIELDS) if (said := word(item.get(key)))), None)
