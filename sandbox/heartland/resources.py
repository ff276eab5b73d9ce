"""The collections of an account: what each can be filtered by, what it can include, what a record looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from sandbox.heartland import wire
from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.query import Field, Fields
from sandbox.heartland.records import Order
from sandbox.heartland.shelf import Shelf
from sandbox.heartland.wire import Row

Include = Callable[[Any, HeartlandBooks], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One collection; `keyed` are the fields that the shelf finds without a scan."""

    shelf: Callable[[HeartlandBooks], Shelf[Any]]
    fields: Callable[[HeartlandBooks], Fields]
    row: Callable[[Any, HeartlandBooks], Row]
    includes: Mapping[str, Include]
    keyed: tuple[str, ...] = ()
    visible: Callable[[Any, HeartlandBooks], bool] = lambda _record, _books: True


def fields_of(**kinds: str) -> dict[str, Field]:
    """Fields read from the attribute of their name; `kind=attribute` where that differs."""
    made = {}
    for name, kind in kinds.items():
        what, _, attribute = kind.partition("=")
        made[name] = Field(what, attrgetter(attribute or name))
    return made


ORDER: Final = fields_of(
    id="number",
    public_id="text",
    customer_id="number",
    location_id="number",
    source_location_id="number=location_id",
    station_id="number",
    created_at="moment",
    updated_at="moment",
)
TICKET: Final = fields_of(
    id="number",
    public_id="text",
    customer_id="number",
    station_id="number",
    source_location_id="number=location_id",
    created_at="moment",
    updated_at="moment",
    local_completed_at="moment=updated_at",
)
INVOICE: Final = fields_of(id="number", order_id="number", status="text", created_at="moment")
ITEM: Final = fields_of(
    id="number",
    public_id="text=sku",
    description="text=title",
    active="flag",
    created_at="moment",
    updated_at="moment",
)
CUSTOMER: Final = fields_of(id="number", email="text", first_name="text", last_name="text", created_at="moment")
LOCATION: Final = fields_of(id="number", name="text")
STATION: Final = fields_of(id="number", location_id="number", name="text", active="flag")
CUSTOM_FIELD: Final = fields_of(id="number", group_id="text", key="text", name="text", required="flag")
PAYMENT_TYPE: Final = fields_of(id="number", name="text")


def order_fields(books: HeartlandBooks) -> Fields:
    """What sales orders can be filtered by; nobody has seen `status` or the dates used there, so these are switches."""
    switches = books.switches
    fields = dict(ORDER)
    fields["status"] = Field("text", lambda order: wire.status_word(_an_order(order), switches))
    if not switches.order_updated_at_filter:
        del fields["updated_at"]
    if not switches.order_created_at_filter:
        del fields["created_at"]
    if not switches.order_status_filter:
        del fields["status"]
    keys = {field.key for field in books.custom_fields.keyed(switches.order_custom_group)}
    if switches.order_number_field == "custom":
        keys.add(switches.order_number_key)
    return fields | {f"custom@{key}": _custom(key) for key in keys}


def ticket_fields(books: HeartlandBooks) -> Fields:
    """What tickets can be filtered by; `completed?` and `voided?` never, by what was observed."""
    fields = dict(TICKET)
    if not books.switches.ticket_location_filter:
        del fields["source_location_id"]
    if not books.switches.ticket_number_filter:
        del fields["public_id"]
    return fields


def _custom(key: str) -> Field:
    return Field("text", lambda order: _as_text(_an_order(order).custom.get(key)))


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)


def _an_order(record: object) -> Order:
    if not isinstance(record, Order):
        raise TypeError("not a sales order")
    return record


def _customer_of(sale: Any, books: HeartlandBooks) -> Row | None:
    found = books.customers.by_id.get(sale.customer_id)
    return None if found is None else wire.customer_row(found, books)


def _location_of(sale: Any, books: HeartlandBooks) -> Row | None:
    found = books.locations.by_id.get(sale.location_id)
    return None if found is None else wire.location_row(found, books)


def _stations_of(location: Any, books: HeartlandBooks) -> list[Row]:
    return [wire.station_row(station, books) for station in books.stations.keyed(str(location.id))]


def _in_sight(sale: Any, books: HeartlandBooks) -> bool:
    return bool(sale.location_id != books.switches.blind_location)


SALE_INCLUDES: Final[Mapping[str, Include]] = {
    "customer": _customer_of,
    "location": _location_of,
    "lines": wire.line_rows,
}
RESOURCES: Final[Mapping[str, Resource]] = {
    "sales/orders": Resource(
        shelf=lambda books: books.orders,
        fields=order_fields,
        row=wire.order_row,
        includes={**SALE_INCLUDES, "payments": wire.payment_rows},
        keyed=("public_id",),
        visible=_in_sight,
    ),
    "sales/tickets": Resource(
        shelf=lambda books: books.tickets,
        fields=ticket_fields,
        row=wire.ticket_row,
        includes=SALE_INCLUDES,
        keyed=("public_id",),
        visible=_in_sight,
    ),
    "sales/invoices": Resource(
        shelf=lambda books: books.invoices,
        fields=lambda _books: INVOICE,
        row=wire.invoice_row,
        includes={},
        keyed=("order_id",),
        visible=_in_sight,
    ),
    "items": Resource(
        shelf=lambda books: books.items,
        fields=lambda _books: ITEM,
        row=wire.item_row,
        includes={},
        keyed=("public_id",),
    ),
    "customers": Resource(
        shelf=lambda books: books.customers,
        fields=lambda _books: CUSTOMER,
        row=wire.customer_row,
        includes={},
        keyed=("email",),
    ),
    "locations": Resource(
        shelf=lambda books: books.locations,
        fields=lambda _books: LOCATION,
        row=wire.location_row,
        includes={"stations": _stations_of},
    ),
    "stations": Resource(
        shelf=lambda books: books.stations,
        fields=lambda _books: STATION,
        row=wire.station_row,
        includes={},
    ),
    "custom_fields": Resource(
        shelf=lambda books: books.custom_fields,
        fields=lambda _books: CUSTOM_FIELD,
        row=wire.custom_field_row,
        includes={},
    ),
    "payment_types": Resource(
        shelf=lambda books: books.payment_types,
        fields=lambda _books: PAYMENT_TYPE,
        row=wire.payment_type_row,
        includes={},
    ),
}
