"""The account's records as Heartland's JSON, with every switch that changes a shape applied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.records import (
    ZERO,
    Customer,
    CustomField,
    Invoice,
    Item,
    Line,
    Location,
    Order,
    PaymentType,
    Station,
    Ticket,
)
from sandbox.heartland.switches import Switches

__all__ = ["Switches"]
Row = dict[str, object]


def money(amount: Decimal, switches: Switches) -> float | str:
    """An amount as a JSON number, or as text for the accounts that one client defends itself against."""
    return str(amount) if switches.number_as_string else float(amount)


def moment(at: datetime | None) -> str | None:
    """ISO 8601 with its offset, to the second."""
    return None if at is None else at.isoformat(timespec="seconds")


def status_word(order: Order, switches: Switches) -> str:
    """The vendor's word for an order's status."""
    if order.wire_status is not None:
        return order.wire_status
    words = {"complete": switches.finished_status, "canceled": switches.cancel_status}
    return words.get(order.status, order.status)


def order_row(order: Order, books: HeartlandBooks) -> Row:
    """A sales order; the address ids and the sums beyond `total` follow other records: no sample of these exists."""
    switches = books.switches
    address_id = order.id if order.has_address else None
    row: Row = {
        "id": order.id,
        "public_id": order.public_id,
        "status": status_word(order, switches),
        "customer_id": order.customer_id,
        "location_id": order.location_id,
        "source_location_id": order.location_id,
        "station_id": order.station_id,
        "shipping_address_id": address_id,
        "billing_address_id": address_id,
        "shipping_charge": money(order.shipping_charge, switches),
        "original_subtotal": money(_goods(order.lines), switches),
        "total_discounts": money(order.discount, switches),
        "total_tax": money(order.tax, switches),
        "total": money(order.total, switches),
        "custom": order_custom(order, books),
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
    }
    if switches.balance_key != "absent":
        row[switches.balance_key] = money(order.balance, switches)
    return row


def order_custom(order: Order, books: HeartlandBooks) -> Row:
    """Every field defined for orders, null where it is empty, and whatever else was written."""
    group = books.switches.order_custom_group
    return {field.key: None for field in books.custom_fields.keyed(group)} | dict(order.custom)


def ticket_row(ticket: Ticket, books: HeartlandBooks) -> Row:
    """A till sale or a return; a finished one is paid in full."""
    switches, finished = books.switches, ticket.status == "complete"
    return {
        "id": ticket.id,
        "public_id": ticket.public_id,
        "type": ticket.type,
        "status": ticket.status,
        "completed?": finished,
        "voided?": False,
        "customer_id": ticket.customer_id,
        "source_location_id": ticket.location_id,
        "station_id": ticket.station_id,
        "sales_rep": None,
        "parent_transaction_id": None,
        "original_subtotal": money(_goods(ticket.lines), switches),
        "total_discounts": money(ZERO, switches),
        "total_tax": money(ticket.tax, switches),
        "total": money(ticket.total, switches),
        "total_paid": money(ticket.total if finished else ZERO, switches),
        "balance": money(ZERO if finished else ticket.total, switches),
        "created_at": moment(ticket.created_at),
        "updated_at": moment(ticket.updated_at),
        "completed_at": moment(ticket.updated_at) if finished else None,
        "local_completed_at": moment(ticket.updated_at) if finished else None,
    }


def line_rows(sale: Order | Ticket, books: HeartlandBooks) -> list[Row]:
    """A sale's lines; a ticket's tax is a line too, an order's is not (its taxes have their own path)."""
    rows = [_line_row(sale.id * 1000 + place, line, books) for place, line in enumerate(sale.lines, start=1)]
    if isinstance(sale, Ticket) and sale.tax:
        rows.append(
            {
                "id": sale.id * 1000,
                "type": "TaxLine",
                "item_id": None,
                "description": "Tax",
                "qty": None,
                "value": money(sale.tax, books.switches),
            }
        )
    return rows


def payment_rows(order: Order, books: HeartlandBooks) -> list[Row]:
    """What was paid on an order: all but its balance, in one payment of the first type the account knows."""
    paid = order.total - order.balance
    if not paid:
        return []
    kind = next(iter(books.payment_types.by_id), None)
    return [
        {
            "id": order.id,
            "type": "CustomPayment",
            "status": "complete",
            "amount": money(paid, books.switches),
            "payment_type_id": kind,
            "deposit": True,
            "completed_at": moment(order.created_at),
        }
    ]


def invoice_row(invoice: Invoice, books: HeartlandBooks) -> Row:
    """An invoice; only `id`, `status` and `order_id` were ever seen."""
    return {
        "id": invoice.id,
        "type": "Invoice",
        "status": invoice.status,
        "order_id": invoice.order_id,
        "source_location_id": invoice.location_id,
        "total": money(invoice.total, books.switches),
        "created_at": moment(invoice.created_at),
        "updated_at": moment(invoice.created_at),
    }


def item_row(item: Item, books: HeartlandBooks) -> Row:
    """A product, booleans read with their question mark."""
    return {
        "id": item.id,
        "public_id": item.sku,
        "description": item.title,
        "long_description": None,
        "active?": item.active,
        "track_inventory?": item.track_inventory,
        "type": "regular",
        "product_type": "simple",
        "price": money(item.price, books.switches),
        "cost": money(ZERO, books.switches),
        "custom": {field.key: None for field in books.custom_fields.keyed("item")},
        "created_at": moment(item.created_at),
        "updated_at": moment(item.updated_at),
    }


def customer_row(customer: Customer, books: HeartlandBooks) -> Row:
    """A customer."""
    return {
        "id": customer.id,
        "public_id": str(customer.id),
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "name": f"{customer.first_name} {customer.last_name}".strip(),
        "active?": True,
        "custom": {field.key: None for field in books.custom_fields.keyed("customer")},
        "created_at": moment(customer.created_at),
        "updated_at": moment(customer.created_at),
        "deleted_at": None,
    }


def location_row(location: Location, _books: HeartlandBooks) -> Row:
    """A shop or warehouse, without its tills (those are an include)."""
    return {"id": location.id, "public_id": str(location.id), "name": location.name, "active?": True}


def station_row(station: Station, _books: HeartlandBooks) -> Row:
    """A till."""
    return {
        "id": station.id,
        "location_id": station.location_id,
        "name": station.name,
        "active?": station.active,
    }


def custom_field_row(field: CustomField, books: HeartlandBooks) -> Row:
    """A field's definition; where a list's values stand is unknown, `metadata.values` is our choice."""
    return {
        "id": field.id,
        "group_id": field.group_id,
        "key": field.key,
        "name": field.name,
        books.switches.required_key: field.required,
        "unique": False,
        "validation_type": "list" if field.values else "text",
        "metadata": {"values": list(field.values)} if field.values else {},
    }


def payment_type_row(kind: PaymentType, _books: HeartlandBooks) -> Row:
    """A way to pay."""
    return {"id": kind.id, "name": kind.name}


def finish(row: Row, only: frozenset[str], switches: Switches) -> Row:
    """Keep the keys that were asked for, and add some nobody knows where the account is switched to."""
    kept = {key: value for key, value in row.items() if key in only} if only else row
    if not switches.extra_keys:
        return kept
    return kept | {"uuid": f"00000000-0000-4000-8000-{row.get('id', 0):012}", "x_later": {"a": [1]}}


def error_body(code: str, message: str, details: Mapping[str, object]) -> Row:
    """An error: the three keys are documented by the vendor's import tool, what stands in `details` is our choice."""
    return {"error": code, "message": message, "details": dict(details)}


def _goods(lines: tuple[Line, ...]) -> Decimal:
    return sum((line.qty * line.unit_price for line in lines), ZERO)


def _line_row(line_id: int, line: Line, books: HeartlandBooks) -> Row:
    price = money(line.unit_price, books.switches)
    return {
        "id": line_id,
        "type": "ItemLine",
        "item_id": line.item_id,
        "item_public_id": line.sku,
        "description": line.description,
        "qty": float(line.qty),
        "unit_price": price,
        "adjusted_unit_price": price,
        "original_unit_price": price,
        "unit_cost": money(ZERO, books.switches),
        "value": money(line.qty * line.unit_price, books.switches),
        "price_adjustments": [],
    }
