"""Heartland as the sandbox's connector and staff use it: sales orders, tickets, and a field that staff fill in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.goods import ARCHIVED, DUTIES, ORDER_SOURCE, SHIPPING, stock
from sandbox.heartland.books import Faults, HeartlandBooks, Item, NumberTaken, Order
from sandbox.heartland.switches import Switches
from sandbox.till import Credentials, NotTaken, Slip, TillKind

FILLED: Final = "sold_by"
FIELD_VALUE: Final = "Web"


class HeartlandTill:
    """An account stocked for the demo shop."""

    finishes_at_once = False
    leaves_unfinished = False
    wants_whole_customer = True

    def __init__(self, switches: Switches, clock: Callable[[], datetime], seed: int) -> None:
        """Open it."""
        self.books = HeartlandBooks(switches)
        self.books.clock = clock
        self.books.faults = self.faults = Faults(seed=seed)
        self.takes_one_only = switches.duplicate_public_id == "validation_error"
        stock(self.books)
        for name in ("Cash", "Credit Card", "Shopify", "Gift Card"):
            self.books.add_payment_type(name)
        group = switches.order_custom_group
        self._blocking = self.books.add_custom_field(group, "gift_note", "Gift note", required=False)
        self._filled = self.books.add_custom_field(group, FILLED, "Sold by", required=False)

    def goods(self, sku: str) -> Sequence[Item]:
        return self.books.items_with(sku)

    def place(self, name: str) -> int:
        return self.books.locations.keyed(name)[0].id

    def customer(self, email: str, first_name: str, last_name: str) -> int:
        known = self.books.customers.keyed(email)
        return known[0].id if known else self.books.add_customer(email, first_name=first_name, last_name=last_name)

    def enter(self, slip: Slip) -> int:
        try:
            return self.books.add_order(
                public_id=slip.number, status=slip.status, lines=slip.lines, total=slip.total,
                shipping_charge=Decimal(0), tax=slip.tax, discount=slip.discount, balance=slip.balance,
                location_id=slip.location_id, custom={FILLED: FIELD_VALUE} if slip.filled else {},
                has_address=slip.has_address, customer_id=slip.customer_id,
            )  # fmt: skip
        except NumberTaken as error:
            raise NotTaken(str(error)) from None

    def give_back(self, slip: Slip) -> int:
        return self._ticket(slip, "Return")

    def ring_up(self, slip: Slip) -> int:
        return self._ticket(slip, "Ticket")

    def entry(self, number: int) -> Order:
        return self.books.orders.by_id[number]

    def change(self, number: int, **changes: object) -> None:
        self.books.set_order(number, **changes)

    def refuses_seller(self) -> bool:
        return False

    def turn(self, cause: str, on: bool, share: float | None) -> bool:
        match cause:
            case "required_custom_field":
                self.books.require_field(self._blocking, on)
            case "pending_required_field":
                self.books.require_field(self._filled, on)
            case "required_product_unusable":
                self.books.set_item(SHIPPING if share is None else DUTIES, active=not on)
            case "item_archived":
                self.books.set_item(ARCHIVED.sku, active=not on)
            case "order_source_unset":
                self.books.set_stations(self.place(ORDER_SOURCE), 2, active=not on)
            case _:
                return False
        return True

    def let_in(self, credentials: Credentials) -> None:
        self.books.token = credentials.token

    def declared(self) -> dict[str, Any]:
        return {}

    def spent(self) -> float:
        return 0.0

    def _ticket(self, slip: Slip, kind: str) -> int:
        return self.books.add_ticket(
            public_id=slip.number, type=kind, status="complete", lines=slip.lines, total=slip.total, tax=slip.tax,
            location_id=slip.location_id,
        )  # fmt: skip


def _settings(url: str, credentials: Credentials) -> dict[str, Any]:
    return {
        "kind": "heartland", "subdomain": "demo", "token": credentials.token, "base_url": f"{url}/heartland/api",
        "spacing_ms": 0,
    }  # fmt: skip


HEARTLAND: Final = TillKind(
    switches=Switches.from_dict,
    open=HeartlandTill,
    without=frozenset({"employee_archived", "payment_type_missing"}),
    settings=_settings,
)
