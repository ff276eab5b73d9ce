"""The records a Heartland Retail account keeps, as the books hold them (our words, not yet the wire's)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import Final

ZERO: Final = Decimal(0)
ORDER_STATUSES: Final = ("pending", "open", "complete", "canceled")
TICKET_TYPES: Final = ("Ticket", "Return")
TICKET_STATUSES: Final = ("incomplete", "complete")
GARBAGE: Final = ("html_200", "half_body", "empty_wrong_total", "ignores_filter", "not_json", "500", "401", "403")
NO_CUSTOM: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A product; Heartland's Item # (`public_id` on the wire) is the SKU."""

    id: int
    sku: str
    title: str
    active: bool
    track_inventory: bool
    price: Decimal
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A till of a location."""

    id: int
    location_id: int
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A shop or warehouse; a location without an active station can ring up nothing."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field the merchant added to a kind of record; empty `values` means free text."""

    id: int
    group_id: str
    key: str
    name: str
    required: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, known by e-mail."""

    id: int
    email: str
    first_name: str
    last_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentType:
    """A way to pay that the account accepts."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line; `qty` is negative on goods that come back, `unit_price` is before tax."""

    sku: str
    item_id: int | None
    description: str
    qty: Decimal
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A sales order; `status` is our word, `wire_status` a vendor word nobody documented that hides it.

    `reference` is what the connector called it; `public_id` the number the account shows.
    """

    id: int
    public_id: str
    reference: str | None
    status: str
    lines: tuple[Line, ...]
    total: Decimal
    shipping_charge: Decimal
    tax: Decimal
    discount: Decimal
    balance: Decimal
    location_id: int
    station_id: int | None
    custom: Mapping[str, object]
    has_address: bool
    customer_id: int | None
    created_at: datetime
    updated_at: datetime
    wire_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A sale rung up at a till, or a return (refunds and cancellations come as these)."""

    id: int
    public_id: str
    reference: str | None
    type: str
    status: str
    lines: tuple[Line, ...]
    total: Decimal
    tax: Decimal
    location_id: int
    station_id: int | None
    customer_id: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What made an order complete: only an invoice moves stock."""

    id: int
    order_id: int
    status: str
    total: Decimal
    location_id: int
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class Faults:
    """How the account misbehaves right now; set the attributes at any time.

    `throttle_share` is the share of calls refused (0 to 1), drawn from a generator seeded by `seed`; seconds for
    `hang_s` (before each answer, real time) and `retry_after_s`.
    """

    down: bool = False
    garbage: str | None = None
    throttle_share: float = 0.0
    hang_s: float = 0.0
    retry_after_s: int = 1
    seed: int = 0
    rng: Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Start the generator that decides which calls are throttled."""
        self.rng = Random(self.seed)

    def throttles(self) -> bool:
        """Whether the call being made is refused for going too fast."""
        return self.throttle_share > 0 and self.rng.random() < self.throttle_share
