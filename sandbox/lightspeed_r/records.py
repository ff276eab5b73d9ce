"""The records an R-Series account keeps, as the books hold them (our words, not yet the wire's)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

ZERO: Final = Decimal(0)
NOBODY: Final = 0  # a foreign key without a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody who sells; archived and locked out are two switches of their own."""

    id: int
    first_name: str
    last_name: str
    archived: bool
    locked: bool
    updated_at: datetime

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A location; every sale belongs to exactly one."""

    id: int
    name: str
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A till of a shop."""

    id: int
    shop_id: int
    name: str
    open: bool = True
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentType:
    """A way to pay; `kind` is one of the vendor's words."""

    id: int
    name: str
    kind: str = "user defined"
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A product. The System ID is the account's own; the merchant's codes are the others."""

    id: int
    system_sku: str
    custom_sku: str
    upc: str
    ean: str
    title: str
    archived: bool
    tracks_stock: bool
    price: Decimal
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product line of a sale; a negative quantity gives back."""

    item_id: int
    qty: Decimal
    unit_price: Decimal
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale of any kind: R-Series has one record for sales, refunds and drafts alike."""

    id: int
    reference: str
    source: str
    completed: bool
    voided: bool
    archived: bool
    lines: tuple[Line, ...]
    total: Decimal
    tax: Decimal
    discount: Decimal
    paid: Decimal
    shop_id: int
    register_id: int
    employee_id: int
    customer_id: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    wire_completed: str | None = None  # a word that no page documents, for those who must not guess

    @property
    def balance(self) -> Decimal:
        """What is still to be paid; below zero when too much was."""
        return self.total - self.paid
