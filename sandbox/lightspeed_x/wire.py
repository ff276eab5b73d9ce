"""The account's records as X-Series writes them, in its two shapes: flat in API 2.0, nested in the dated versions.

Source: the vendor's descriptions of API 2.0 and of 2026-07, and its guide to the new sale.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sandbox.lightspeed_x.books import LightspeedXBooks
from sandbox.lightspeed_x.records import ZERO, Line, Outlet, PaymentType, Product, Register, Sale, User

Row = dict[str, object]
RESTORABLE: Final = timedelta(days=14)

# The deprecated word for each state, by the first of its attributes.
PENDING_WORDS: Final = {
    "": "OPEN", "onaccount": "ONACCOUNT", "layby": "LAYBY", "delivery": "AWAITING_DISPATCH", "pickup": "AWAITING_PICKUP",
    "service": "SERVICE",
}  # fmt: skip
CLOSED_WORDS: Final = {
    "": "CLOSED", "onaccount": "ONACCOUNT_CLOSED", "layby": "LAYBY_CLOSED", "delivery": "DISPATCHED_CLOSED",
    "pickup": "PICKED_UP_CLOSED", "service": "SERVICE_CLOSED",
}  # fmt: skip


def moment(at: datetime | None) -> str | None:
    """ISO 8601 with its offset, to the second."""
    return None if at is None else at.isoformat(timespec="seconds")


def legacy_status(state: str, attributes: tuple[str, ...]) -> str:
    """The word that 2.0 still gives beside the state."""
    first = attributes[0] if attributes else ""
    words = {"pending": PENDING_WORDS.get(first, "OPEN"), "closed": CLOSED_WORDS.get(first, "CLOSED")}
    return {"parked": "SAVED", "voided": "VOIDED", **words}.get(state, state.upper())


def flat_sale(sale: Sale, books: LightspeedXBooks) -> Row:
    """A sale as 2.0 gives it; its total is without tax."""
    state = sale.wire_state or sale.state
    row: Row = {
        "id": sale.id,
        "outlet_id": sale.outlet_id,
        "register_id": sale.register_id,
        "user_id": sale.user_id,
        "customer_id": None,
        "invoice_number": sale.invoice_number,
        "receipt_number": sale.invoice_number,
        "invoice_sequence": 1,
        "source": sale.source,
        "source_id": sale.source_id,
        "status": sale.wire_state or legacy_status(sale.state, sale.attributes),
        "state": state,
        "attributes": list(sale.attributes),
        "note": sale.note,
        "total_price": _money(sale.total - sale.tax, books),
        "total_tax": _money(sale.tax, books),
        "total_loyalty": _money(ZERO, books),
        "return_for": sale.return_for,
        "sale_date": moment(sale.sale_at),
        "created_at": moment(sale.created_at),
        "updated_at": moment(sale.updated_at),
        "deleted_at": moment(sale.deleted_at),
        "line_items": [_flat_line(sale, place, line, books) for place, line in enumerate(sale.lines)],
        "payments": _flat_payments(sale, books),
        "adjustments": [],
        "taxes": [],
        "version": sale.version,
    }
    if books.switches.null_keys == "left_out":
        return {key: value for key, value in row.items() if value is not None}
    return row


def _flat_line(sale: Sale, place: int, line: Line, books: LightspeedXBooks) -> Row:
    price, tax = _money(line.unit_price, books), _money(line.unit_tax, books)
    return {
        "id": f"{sale.id[:-4]}{place:04x}",
        "product_id": line.product_id,
        "quantity": _money(line.qty, books),
        "price": price,
        "unit_price": price,
        "tax": tax,
        "unit_tax": tax,
        "price_total": _money(line.unit_price * line.qty, books),
        "total_price": _money(line.unit_price * line.qty, books),
        "tax_total": _money(line.unit_tax * line.qty, books),
        "status": _line_status(sale),
        "sequence": place,
        "is_return": line.qty < ZERO,
    }


def _flat_payments(sale: Sale, books: LightspeedXBooks) -> list[Row]:
    kind = next(iter(books.payment_types.by_id.values()), None)
    row: Row = {
        "id": f"{sale.id[:-4]}ffff",
        "amount": _money(sale.paid, books),
        "payment_date": moment(sale.sale_at),
        "register_id": sale.register_id,
        "outlet_id": sale.outlet_id,
        "retailer_payment_type_id": kind.id if kind else None,
        "payment_type_id": str(kind.type_id) if kind else None,
        "name": kind.name if kind else None,
    }
    return [] if sale.paid == ZERO else [row]


def nested_sale(sale: Sale, books: LightspeedXBooks) -> Row:
    """A sale as the dated versions give it."""
    return {
        "id": sale.id,
        "invoice_number": sale.invoice_number,
        "receipt_number": sale.invoice_number,
        "state": sale.wire_state or sale.state,
        "attributes": list(sale.attributes),
        "note": sale.note,
        "date": moment(sale.sale_at),
        "source": {
            "type": sale.source,
            "id": sale.source_id,
            "register_id": sale.register_id,
            "outlet_id": sale.outlet_id,
            "author": None if sale.user_id is None else {"id": sale.user_id},
        },
        "customer": None,
        "line_items": [_nested_line(sale, place, line, books) for place, line in enumerate(sale.lines)],
        "payments": [_nested_payment(sale, books)] if sale.paid != ZERO else [],
        "totals": {
            "price": _money(sale.total - sale.tax, books),
            "price_incl_tax": _money(sale.total, books),
            "tax": _money(sale.tax, books),
            "loyalty": _money(ZERO, books),
            "surcharge": _money(ZERO, books),
        },
        "return": {
            "is_return": sale.return_for is not None,
            "original_sale_id": sale.return_for,
            "return_sale_ids": [],
        },
        "external_applications": [],
        "created_at": moment(sale.created_at),
        "updated_at": moment(sale.updated_at),
        "deleted_at": moment(sale.deleted_at),
        "_metadata": {"version": sale.version},
    }


def _nested_line(sale: Sale, place: int, line: Line, books: LightspeedXBooks) -> Row:
    return {
        "id": f"{sale.id[:-4]}{place:04x}",
        "product": {"id": line.product_id},
        "quantity": _money(line.qty, books),
        "pricing": {"price": _money(line.unit_price, books), "cost": 0, "discount": 0, "loyalty_amount": 0},
        "tax": {"id": None, "amount": _money(line.unit_tax, books)},
        "status": _line_status(sale),
        "_metadata": {"version": sale.version},
    }


def _nested_payment(sale: Sale, books: LightspeedXBooks) -> Row:
    kind = next(iter(books.payment_types.by_id.values()), None)
    return {
        "id": f"{sale.id[:-4]}ffff",
        "amount": _money(sale.paid, books),
        "date": moment(sale.sale_at),
        "type": {"config_id": kind.id if kind else None, "name": kind.name if kind else None},
        "source": {"register_id": sale.register_id},
    }


def _line_status(sale: Sale) -> str:
    return {"parked": "SAVED", "voided": "VOIDED"}.get(sale.state, "CONFIRMED")


def user_row(one: User, books: LightspeedXBooks) -> Row:
    """A user; there is no `is_active`."""
    left = None if one.deleted_at is None else one.deleted_at + RESTORABLE - books.clock()
    return {
        "id": one.id,
        "username": one.username,
        "display_name": one.display_name,
        "email": f"{one.username}@example.com",
        "account_type": one.account_type,
        "roles": [{"id": 3, "name": one.account_type}],
        "enabled": one.enabled,
        "restricted_outlet_ids": [],
        "is_primary_user": False,
        "seen_at": moment(one.updated_at),
        "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at),
        "deleted_at": moment(one.deleted_at),
        "time_until_deletion": None if left is None else f"{max(0, left.days)} days",
        "version": one.version,
    }


def outlet_row(outlet: Outlet, _books: LightspeedXBooks) -> Row:
    """A location."""
    return {
        "id": outlet.id,
        "name": outlet.name,
        "time_zone": "UTC",
        "currency": "USD",
        "display_prices": "exclusive",
        "deleted_at": moment(outlet.deleted_at),
        "version": outlet.version,
    }


def register_row(register: Register, _books: LightspeedXBooks) -> Row:
    """A till."""
    return {
        "id": register.id,
        "name": register.name,
        "outlet_id": register.outlet_id,
        "is_open": register.open,
        "invoice_prefix": "",
        "invoice_suffix": "",
        "invoice_sequence": 1,
        "deleted_at": moment(register.deleted_at),
        "version": register.version,
    }


def payment_type_row(kind: PaymentType, _books: LightspeedXBooks) -> Row:
    """A way to pay; no page gives its outlets."""
    return {
        "id": kind.id,
        "name": kind.name,
        "type_id": kind.type_id,
        "deleted_at": moment(kind.deleted_at),
        "version": kind.version,
    }


def product_row(product: Product, books: LightspeedXBooks) -> Row:
    """A product."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "handle": product.name.lower().replace(" ", ""),
        "source": "USER",
        "source_id": None,
        "source_variant_id": None,
        "active": product.active,
        "has_inventory": product.tracks_stock,
        "price_including_tax": _money(product.price, books),
        "price_excluding_tax": _money(product.price, books),
        "created_at": moment(product.created_at),
        "updated_at": moment(product.updated_at),
        "deleted_at": moment(product.deleted_at),
        "version": product.version,
    }


def _money(amount: Decimal, books: LightspeedXBooks) -> object:
    """A JSON number; the guide's samples show text. A float's shortest text is the amount to the cent again."""
    text = f"{amount:f}"
    if books.switches.money == "text":
        return text
    return int(amount) if amount == amount.to_integral_value() else float(text)
