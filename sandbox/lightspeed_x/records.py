"""The records an X-Series account keeps, as the books hold them (our words, not yet the wire's). Ids are UUIDs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

ZERO: Final = Decimal(0)
STATES: Final = ("parked", "pending", "voided", "closed")
ATTRIBUTES: Final = ("onaccount", "layby", "pickup", "delivery", "service")
EXCLUSIVE: Final = (frozenset({"onaccount", "layby"}), frozenset({"pickup", "delivery"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who signs in; disabled and marked for deletion are two things."""

    id: str
    version: int
    username: str
    display_name: str
    account_type: str
    enabled: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    purged: bool = False  # deleted for more than 14 days: gone for good


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A location."""

    id: str
    version: int
    name: str
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A till of an outlet; the rate limit counts them."""

    id: str
    version: int
    outlet_id: str
    name: str
    open: bool = True
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentType:
    """A way to pay, known by its name."""

    id: str
    version: int
    name: str
    type_id: int = 5
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product under its SKU."""

    id: str
    version: int
    sku: str
    name: str
    active: bool
    tracks_stock: bool
    price: Decimal
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line; price and tax are per unit, the price without tax. A negative quantity gives back."""

    product_id: str
    qty: Decimal
    unit_price: Decimal
    unit_tax: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale of any kind; `total` has its tax in it. `wire_state` hides the state under a word nobody documented."""

    id: str
    version: int
    invoice_number: str
    source: str
    source_id: str | None
    state: str
    attributes: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Decimal
    tax: Decimal
    paid: Decimal
    outlet_id: str | None
    register_id: str | None
    user_id: str | None
    return_for: str | None
    note: str
    sale_at: datetime
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    wire_state: str | None = None
