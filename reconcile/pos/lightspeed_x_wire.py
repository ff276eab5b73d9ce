"""Lightspeed X-Series rows turned into our values: the flat sale of API 2.0 and the nested one of the dated versions. Pure.

A version that has expired is served by another one in silence, so that the shape is read off the row itself.
Raises `Untrustworthy` on a row that cannot be what it claims to be. Texts never carry a row's values.
Source: facts/lightspeed-api.md, B5, B6 and B10.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from reconcile.errors import Untrustworthy
from reconcile.model import Employee, Item, Location, Sale, SaleKind, SaleStatus
from reconcile.pos.fields import Fields, Row, word

_fields = Fields("Lightspeed X")
money, moment = _fields.money, _fields.moment

CENT = Decimal("0.01")
REFERENCE_FIELDS = ("invoice_number", "receipt_number", "source_id")
NORMAL_ATTRIBUTES = frozenset({"pickup", "delivery", "onaccount", "layby", "service"})
STATES = {
    "parked": SaleStatus.INCOMPLETE,
    "voided": SaleStatus.CANCELLED,
    "closed": SaleStatus.COMPLETE,
}
OLD_WORDS = {
    "saved": ("parked", ()),
    "open": ("pending", ()),
    "voided": ("voided", ()),
    "closed": ("closed", ()),
    "onaccount": ("pending", ("onaccount",)),
    "layby": ("pending", ("layby",)),
    "awaiting_dispatch": ("pending", ("delivery",)),
    "awaiting_pickup": ("pending", ("pickup",)),
    "service": ("pending", ("service",)),
    "onaccount_closed": ("closed", ("onaccount",)),
    "layby_closed": ("closed", ("layby",)),
    "dispatched_closed": ("closed", ("delivery",)),
    "picked_up_closed": ("closed", ("pickup",)),
    "service_closed": ("closed", ("service",)),
}  # the deprecated `status`, for a row without `state`


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it came: the product's id, whose SKU is told by the product alone."""

    product_id: str
    quantity: Decimal
    unit_price: Decimal | None


def sale_from(row: Row, reference_field: str) -> Sale:
    """One sale or return, its lines unread."""
    total, paid = _total(row), _paid(row)
    return Sale(
        sale_id=f"sale:{id_of(row)}",
        kind=_kind(row, total),
        status=status_of(row),
        raw_status=raw_status(row),
        reference=reference_of(row, reference_field),
        total=total,
        tax=_tax(row),
        balance=None if total is None or paid is None else total - paid,
        paid=paid,
        created_at=moment(row, "created_at") or moment(row, "date") or moment(row, "sale_date"),
        updated_at=moment(row, "updated_at"),
        location=word(_source(row).get("outlet_id") or row.get("outlet_id")) or None,
        employee_id=_author(row),
    )


def lines_from(row: Row) -> tuple[Line, ...] | None:
    """The lines without those that were voided; None when the row has none with it."""
    lines = row.get("line_items")
    if lines is None:
        return None
    return tuple(_line(line) for line in objects(lines, "line_items") if word(line.get("status")).upper() != "VOIDED")


def status_of(row: Row) -> SaleStatus:
    """What the state says; an unfulfilled web order is pending and open, a word that no page documents UNKNOWN."""
    if row.get("deleted_at"):
        return SaleStatus.CANCELLED
    state, attributes = _state(row)
    if state != "pending":
        return STATES.get(state, SaleStatus.UNKNOWN)
    if not attributes <= NORMAL_ATTRIBUTES:
        return SaleStatus.UNKNOWN
    return SaleStatus.OPEN if attributes else SaleStatus.INCOMPLETE


def raw_status(row: Row) -> str:
    """The state with its attributes, in the vendor's words: `pending delivery`."""
    if row.get("deleted_at"):
        return "deleted"
    _, attributes = _state(row)
    return " ".join([word(row.get("state")) or word(row.get("status")), *sorted(attributes)])


def reference_of(row: Row, field: str) -> str | None:
    """The number that ties the sale to its order, from the field where this shop's connector writes it."""
    if field == "source_id":
        return word(_source(row).get("id") or row.get("source_id")) or None
    return word(row.get(field)) or None


def item_from(row: Row) -> Item:
    """A product under its SKU."""
    tracked = row.get("has_inventory")
    return Item(
        item_id=id_of(row),
        sku=word(row.get("sku")),
        title=word(row.get("name")),
        active=row.get("active", row.get("is_active", True)) is True,
        tracks_stock=tracked if isinstance(tracked, bool) else None,
    )


def employee_from(row: Row, *, token_of: str | None, sellers: Collection[str]) -> Employee:
    """A user; disabled is locked out, and one who is marked for deletion counts as gone."""
    return Employee(
        employee_id=id_of(row),
        name=word(row.get("display_name")) or word(row.get("username")),
        locked=row.get("enabled") is False,
        deleted=bool(row.get("deleted_at") or row.get("time_until_deletion")),
        owns_token=id_of(row) == token_of,
        sells=id_of(row) in sellers,
    )


def location_from(row: Row, stations: int | None) -> Location:
    """An outlet with its tills."""
    return Location(
        location_id=id_of(row), name=word(row.get("name")), active=not row.get("deleted_at"), stations=stations
    )


def version_of(row: Row) -> int:
    """The number of the record's latest change, wherever the row has it."""
    inner = row.get("_metadata")
    for holder in (inner if isinstance(inner, dict) else {}, row):
        version = holder.get("version")
        if isinstance(version, int) and not isinstance(version, bool) and version > 0:
            return version
    raise Untrustworthy("Lightspeed X: a record has no version.")


def changed_at(row: Row) -> datetime | None:
    """When the record was changed last."""
    return moment(row, "updated_at") or moment(row, "created_at")


def id_of(row: Row) -> str:
    """The record's id, a UUID."""
    found = row.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= 64:
        raise Untrustworthy("Lightspeed X: a record has no id.")
    return found


def one(found: object, what: str) -> Row:
    """A single record: an object, or a list of one."""
    rows = objects(found if isinstance(found, list) else [found], what)
    if len(rows) != 1:
        raise Untrustworthy(f"Lightspeed X: {what} is not one record.")
    return rows[0]


def objects(found: object, what: str) -> list[Row]:
    """A list of records."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Untrustworthy(f"Lightspeed X: {what} is no list of records.")
    return found


def _state(row: Row) -> tuple[str, frozenset[str]]:
    attributes = row.get("attributes")
    named = frozenset(word(a).lower() for a in attributes) if isinstance(attributes, list) else frozenset()
    said = word(row.get("state")).lower()
    if said:
        return said, named
    state, implied = OLD_WORDS.get(word(row.get("status")).lower(), ("", ()))
    return state, named | frozenset(implied)


def _source(row: Row) -> Row:
    source = row.get("source")
    return source if isinstance(source, dict) else {}


def _author(row: Row) -> str | None:
    author = _source(row).get("author")
    nested = author.get("id") if isinstance(author, dict) else _source(row).get("author_id")
    return word(nested or row.get("user_id")) or None


def _kind(row: Row, total: Decimal | None) -> SaleKind:
    given_back = row.get("return")
    is_return = given_back.get("is_return") is True if isinstance(given_back, dict) else bool(row.get("return_for"))
    return SaleKind.REFUND if is_return or (total is not None and total < 0) else SaleKind.SALE


def _total(row: Row) -> Decimal | None:
    """With tax, to the cent: prices without tax may have five decimals."""
    totals = row.get("totals")
    if isinstance(totals, dict) and totals.get("price_incl_tax") is not None:
        return _cents(money(totals, "price_incl_tax"))
    holder, key = (totals, "price") if isinstance(totals, dict) else (row, "total_price")
    bare, tax = money(holder, key), _tax_of(row)
    return None if bare is None else _cents(bare + (tax or Decimal(0)))


def _tax(row: Row) -> Decimal | None:
    return _cents(_tax_of(row))


def _tax_of(row: Row) -> Decimal | None:
    totals = row.get("totals")
    return money(totals, "tax") if isinstance(totals, dict) else money(row, "total_tax")


def _paid(row: Row) -> Decimal | None:
    payments = row.get("payments")
    if payments is None:
        return None
    amounts = [money(payment, "amount") for payment in objects(payments, "payments")]
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _line(row: Row) -> Line:
    product, pricing = row.get("product"), row.get("pricing")
    quantity = money(row, "quantity")
    if quantity is None:
        raise Untrustworthy("Lightspeed X: a line has no quantity.")
    return Line(
        product_id=word(product.get("id") if isinstance(product, dict) else row.get("product_id")),
        quantity=quantity,
        unit_price=money(pricing if isinstance(pricing, dict) else row, "price"),
    )


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(CENT, ROUND_HALF_UP)
