"""The truth of a Heartland Retail account: the connector writes it here, the product reads it over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import RLock

from sandbox.heartland.records import (
    NO_CUSTOM,
    ORDER_STATUSES,
    TICKET_STATUSES,
    TICKET_TYPES,
    ZERO,
    Customer,
    CustomField,
    Faults,
    Invoice,
    Item,
    Line,
    Location,
    Order,
    PaymentType,
    Station,
    Ticket,
)
from sandbox.heartland.shelf import Shelf
from sandbox.heartland.switches import Switches

__all__ = ["Faults", "HeartlandBooks", "Item", "Line", "NumberTaken", "Order", "Switches", "Ticket"]

FIRST_ID = 100_000  # six digits from here up, per kind: an id looks like an auto-number and like another kind's id
SETTINGS = (
    "pos.tickets.customer_required",
    "pos.tickets.sales_rep_required",
    "pos.tickets.reason_of_adjusting_price_required",
)


class NumberTaken(ValueError):
    """An order with this number exists, and the account was switched to refuse a second one."""


class HeartlandBooks:
    """One account; every method is safe to call from any thread, `lock` is held for a whole answer.

    `token`, `switches`, `faults`, `settings` and `clock` may be replaced at any time.
    """

    def __init__(self, switches: Switches | None = None) -> None:
        """Open an empty account."""
        self.switches = switches or Switches()
        self.token = "sandbox-heartland-token"
        self.faults = Faults()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lock = RLock()
        self.settings: dict[str, object] = {**dict.fromkeys(SETTINGS, False), "springboard.feature_flags": {}}
        self.items: Shelf[Item] = Shelf(lambda item: item.sku)
        self.orders: Shelf[Order] = Shelf(lambda order: order.public_id, lambda order: order.reference)
        self.tickets: Shelf[Ticket] = Shelf(lambda ticket: ticket.public_id, lambda ticket: ticket.reference)
        self.invoices: Shelf[Invoice] = Shelf(lambda invoice: str(invoice.order_id))
        self.customers: Shelf[Customer] = Shelf(lambda customer: customer.email)
        self.locations: Shelf[Location] = Shelf(lambda location: location.name)
        self.stations: Shelf[Station] = Shelf(lambda station: str(station.location_id))
        self.custom_fields: Shelf[CustomField] = Shelf(lambda field: field.group_id)
        self.payment_types: Shelf[PaymentType] = Shelf(lambda kind: kind.name)
        self.stock: dict[tuple[int, int], Decimal] = {}
        self._ids: Counter[str] = Counter()

    # products

    def add_item(
        self, sku: str, title: str, *, active: bool = True, track_inventory: bool = True, price: Decimal = ZERO
    ) -> int:
        """Put a product in the catalogue; nothing forbids two with one SKU. Answers its id."""
        with self.lock:
            now = self.clock()
            item = Item(
                id=self._next("item"),
                sku=sku,
                title=title,
                active=active,
                track_inventory=track_inventory,
                price=price,
                created_at=now,
                updated_at=now,
            )
            return self.items.put(item)

    def set_item(self, sku: str, *, active: bool | None = None, sku_becomes: str | None = None) -> None:
        """Archive, bring back or re-number every product with this SKU. Raises KeyError when there is none."""
        with self.lock:
            for item in self._items_or_error(sku):
                self.items.put(
                    replace(
                        item,
                        active=item.active if active is None else active,
                        sku=item.sku if sku_becomes is None else sku_becomes,
                        updated_at=self.clock(),
                    )
                )

    def items_with(self, sku: str) -> list[Item]:
        """Every product with exactly this SKU, case and blanks included."""
        with self.lock:
            return self.items.keyed(sku)

    def set_stock(self, item_id: int, location_id: int, qty: Decimal) -> None:
        """Count the goods of a product at a location before any order."""
        with self.lock:
            self.stock[item_id, location_id] = qty

    # places, people, fields

    def add_location(self, name: str, *, stations: int = 1) -> int:
        """Open a location with that many tills. Answers its id."""
        with self.lock:
            location_id = self.locations.put(Location(id=self._next("location"), name=name))
            self.set_stations(location_id, stations)
            return location_id

    def set_stations(self, location_id: int, count: int, *, active: bool = True) -> None:
        """Make the location have exactly that many tills, all active or none. Raises KeyError without the location."""
        with self.lock:
            name = self.locations.by_id[location_id].name
            standing = self.stations.keyed(str(location_id))
            for station in standing[count:]:
                self.stations.take(station.id)
            for station in standing[:count]:
                self.stations.put(replace(station, active=active))
            for number in range(len(standing) + 1, count + 1):
                self.stations.put(
                    Station(id=self._next("station"), location_id=location_id, name=f"{name} {number}", active=active)
                )

    def add_custom_field(
        self, group_id: str, key: str, name: str, *, required: bool, values: list[str] | None = None
    ) -> int:
        """Define a field for a kind of record; `values` makes it a list to pick from. Answers its id."""
        with self.lock:
            return self.custom_fields.put(
                CustomField(
                    id=self._next("custom_field"),
                    group_id=group_id,
                    key=key,
                    name=name,
                    required=required,
                    values=tuple(values or ()),
                )
            )

    def require_field(self, field_id: int, required: bool) -> None:
        """Turn the Required switch of a field. Raises KeyError without the field."""
        with self.lock:
            self.custom_fields.put(replace(self.custom_fields.by_id[field_id], required=required))

    def required_fields(self, *groups: str) -> list[CustomField]:
        """Every required field of these groups, of all groups when none is named."""
        with self.lock:
            return [
                field
                for field in self.custom_fields.by_id.values()
                if field.required and (not groups or field.group_id in groups)
            ]

    def add_customer(self, email: str, *, first_name: str = "", last_name: str = "") -> int:
        """Enter a customer. Answers the id."""
        with self.lock:
            customer = Customer(
                id=self._next("customer"),
                email=email,
                first_name=first_name,
                last_name=last_name,
                created_at=self.clock(),
            )
            return self.customers.put(customer)

    def add_payment_type(self, name: str) -> int:
        """Accept a way to pay. Answers its id."""
        with self.lock:
            return self.payment_types.put(PaymentType(id=self._next("payment_type"), name=name))

    # sales

    def add_order(
        self,
        *,
        public_id: str | None,
        status: str,
        lines: Sequence[Line],
        total: Decimal,
        shipping_charge: Decimal,
        tax: Decimal,
        discount: Decimal,
        balance: Decimal,
        location_id: int,
        custom: dict[str, object] | None = None,
        has_address: bool = True,
        customer_id: int | None = None,
        created_at: datetime | None = None,
    ) -> int:
        """Enter a sales order; without `public_id` the account numbers it. Answers its id.

        Raises ValueError on a status that is not ours, NumberTaken when a second order of a number is refused.
        """
        with self.lock:
            self._refuse_taken(public_id)
            order_id, now = self._next("order"), created_at or self.clock()
            number, kept = self._numbered(order_id, public_id, custom or {})
            order = Order(
                id=order_id,
                public_id=number,
                reference=public_id,
                status=_one_of(status, ORDER_STATUSES),
                lines=tuple(lines),
                total=total,
                shipping_charge=shipping_charge,
                tax=tax,
                discount=discount,
                balance=balance,
                location_id=location_id,
                station_id=self.station_of(location_id),
                custom=kept or NO_CUSTOM,
                has_address=has_address,
                customer_id=customer_id,
                created_at=now,
                updated_at=now,
            )
            self.orders.put(order)
            self._invoice(order)
            return order_id

    def set_order(self, order_id: int, **changes: object) -> None:
        """Change an order's fields by their names in `Order`; `updated_at` moves unless it is given.

        Whether the vendor moves it when only lines or an invoice change is unknown: that it does is our choice.
        Raises KeyError without the order, TypeError on an unknown field, ValueError on a status that is not ours.
        """
        with self.lock:
            if "status" in changes:
                _one_of(str(changes["status"]), ORDER_STATUSES)
            if "lines" in changes:
                changes["lines"] = tuple(changes["lines"])  # type: ignore[arg-type]  # a wrong type is the caller's
            if "public_id" in changes:
                changes.setdefault("reference", changes["public_id"])
            changes.setdefault("updated_at", self.clock())
            order = replace(self.orders.by_id[order_id], **changes)  # type: ignore[arg-type]
            self.orders.put(order)
            self._invoice(order)

    def add_ticket(
        self,
        *,
        public_id: str | None,
        type: str,
        status: str,
        lines: Sequence[Line],
        total: Decimal,
        tax: Decimal,
        location_id: int,
        customer_id: int | None = None,
        created_at: datetime | None = None,
    ) -> int:
        """Enter a till sale or a return. Answers its id. Raises ValueError on an unknown type or status."""
        with self.lock:
            ticket_id, now = self._next("ticket"), created_at or self.clock()
            return self.tickets.put(
                Ticket(
                    id=ticket_id,
                    public_id=public_id or str(ticket_id),
                    reference=public_id,
                    type=_one_of(type, TICKET_TYPES),
                    status=_one_of(status, TICKET_STATUSES),
                    lines=tuple(lines),
                    total=total,
                    tax=tax,
                    location_id=location_id,
                    station_id=self.station_of(location_id),
                    customer_id=customer_id,
                    created_at=now,
                    updated_at=now,
                )
            )

    def orders_for(self, public_id: str) -> list[Order]:
        """Every sales order that carries this number or reference, oldest first."""
        with self.lock:
            return self.orders.keyed(public_id)

    def tickets_for(self, public_id: str) -> list[Ticket]:
        """Every ticket that carries this number or reference, oldest first."""
        with self.lock:
            return self.tickets.keyed(public_id)

    def all_orders(self) -> list[Order]:
        """Every sales order, oldest first."""
        with self.lock:
            return list(self.orders.by_id.values())

    def all_tickets(self) -> list[Ticket]:
        """Every ticket, oldest first."""
        with self.lock:
            return list(self.tickets.by_id.values())

    def station_of(self, location_id: int) -> int | None:
        """The first active till of a location, None when it has none."""
        return next((one.id for one in self.stations.keyed(str(location_id)) if one.active), None)

    def _next(self, kind: str) -> int:
        self._ids[kind] += 1
        return FIRST_ID + self._ids[kind]

    def _items_or_error(self, sku: str) -> list[Item]:
        found = self.items.keyed(sku)
        if not found:
            raise KeyError(sku)
        return found

    def _refuse_taken(self, public_id: str | None) -> None:
        refused = self.switches.duplicate_public_id == "validation_error"
        if refused and public_id is not None and self.orders.keyed(public_id):
            raise NumberTaken(public_id)

    def _numbered(
        self, order_id: int, reference: str | None, custom: dict[str, object]
    ) -> tuple[str, dict[str, object]]:
        if reference is None:
            return str(order_id), dict(custom)
        if self.switches.order_number_field == "public_id":
            return reference, dict(custom)
        return str(order_id), {**custom, self.switches.order_number_key: reference}

    def _invoice(self, order: Order) -> None:
        if order.status != "complete" or self.invoices.keyed(str(order.id)):
            return
        self.invoices.put(
            Invoice(
                id=self._next("invoice"),
                order_id=order.id,
                status="complete",
                total=order.total,
                location_id=order.location_id,
                created_at=order.updated_at,
            )
        )


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word
