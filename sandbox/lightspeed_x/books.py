"""The truth of an X-Series account: the connector writes it here, the product reads it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from threading import RLock
from uuid import UUID

from sandbox.heartland.records import Faults
from sandbox.lightspeed_x.grants import Grants
from sandbox.lightspeed_x.limit import Limit
from sandbox.lightspeed_x.records import (
    ATTRIBUTES,
    EXCLUSIVE,
    STATES,
    ZERO,
    Line,
    Outlet,
    PaymentType,
    Product,
    Register,
    Sale,
    User,
)
from sandbox.lightspeed_x.shelf import VersionShelf
from sandbox.lightspeed_x.switches import Switches

__all__ = ["LightspeedXBooks", "Line", "RegisterClosed", "Sale", "Switches", "UserRefused"]

FIRST_VERSION = 48_000_000  # versions are retailer-wide and large from the first day


class UserRefused(ValueError):
    """A sale was written as a user who is disabled or deleted, and the account was switched to refuse that."""


class RegisterClosed(ValueError):
    """A sale was written at a closed register, and the account was switched to refuse that."""


class LightspeedXBooks:
    """One account; every method is safe to call from any thread, `lock` is held for a whole answer.

    `switches`, `faults`, `clock` and `owner_id` (the user whose token it is) may be replaced at any time.
    """

    def __init__(self, switches: Switches | None = None, *, seed: int = 0) -> None:
        """Open an account with nobody and nothing in it."""
        self.switches = switches or Switches()
        self.domain_prefix = "demo-shop"
        self.faults = Faults()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lock = RLock()
        self.limit = Limit()
        self.grants = Grants("sandbox-client", "sandbox-client-secret")
        self.owner_id: str | None = None
        self.users: VersionShelf[User] = VersionShelf(lambda one: one.display_name)
        self.outlets: VersionShelf[Outlet] = VersionShelf(lambda outlet: outlet.name)
        self.registers: VersionShelf[Register] = VersionShelf(lambda register: register.outlet_id)
        self.payment_types: VersionShelf[PaymentType] = VersionShelf(lambda kind: kind.name)
        self.products: VersionShelf[Product] = VersionShelf(lambda product: product.sku)
        self.sales: VersionShelf[Sale] = VersionShelf(lambda sale: sale.invoice_number)
        self._version = FIRST_VERSION
        self._rng = Random(seed)

    # people and places

    def add_user(self, display_name: str, *, account_type: str = "manager") -> str:
        """Add somebody. Answers the id."""
        with self.lock:
            now = self.clock()
            return self.users.put(
                User(
                    id=self._id(), version=self._next(), username=display_name.lower().replace(" ", "."),
                    display_name=display_name, account_type=account_type, enabled=True, created_at=now, updated_at=now,
                )
            )  # fmt: skip

    def set_user(self, user_id: str, **changes: object) -> None:
        """Change a user's `enabled`, `deleted_at` or `purged`. Raises KeyError without the user."""
        with self.lock:
            changes.setdefault("updated_at", self.clock())
            one = replace(self.users.by_id[user_id], **changes)  # type: ignore[arg-type]  # a wrong type is the caller's
            self.users.put(replace(one, version=self._next()))

    def add_outlet(self, name: str, *, registers: int = 1) -> str:
        """Open a location with that many tills. Answers its id."""
        with self.lock:
            outlet_id = self.outlets.put(Outlet(id=self._id(), version=self._next(), name=name))
            for number in range(1, registers + 1):
                till = Register(id=self._id(), version=self._next(), outlet_id=outlet_id, name=f"{name} {number}")
                self.registers.put(till)
            self.limit.registers = max(1, len(self.registers.by_id))
            return outlet_id

    def set_registers(self, outlet_id: str, *, open: bool) -> None:
        """Open or close every till of a location."""
        with self.lock:
            for register in self.registers.keyed(outlet_id):
                self.registers.put(replace(register, open=open, version=self._next()))

    def add_payment_type(self, name: str) -> str:
        """Accept a way to pay. Answers its id."""
        with self.lock:
            return self.payment_types.put(PaymentType(id=self._id(), version=self._next(), name=name))

    def set_payment_type(self, payment_type_id: str, **changes: object) -> None:
        """Rename, delete or bring back a way to pay. Raises KeyError when there is none."""
        with self.lock:
            kind = replace(self.payment_types.by_id[payment_type_id], **changes)  # type: ignore[arg-type]  # as above
            self.payment_types.put(replace(kind, version=self._next()))

    def takes(self, name: str) -> bool:
        """Whether there is a payment type of exactly this name."""
        with self.lock:
            return any(kind.deleted_at is None for kind in self.payment_types.keyed(name))

    # products

    def add_product(
        self, sku: str, name: str, *, active: bool = True, tracks_stock: bool = True, price: Decimal = ZERO
    ) -> str:
        """Put a product in the catalogue. Answers its id."""
        with self.lock:
            now = self.clock()
            return self.products.put(
                Product(
                    id=self._id(), version=self._next(), sku=sku, name=name, active=active, tracks_stock=tracks_stock,
                    price=price, created_at=now, updated_at=now,
                )
            )  # fmt: skip

    def set_product(self, sku: str, *, active: bool) -> None:
        """Archive or bring back every product with this SKU. Raises KeyError when there is none."""
        with self.lock:
            found = self.products.keyed(sku)
            if not found:
                raise KeyError(sku)
            for product in found:
                self.products.put(
                    replace(product, active=active, updated_at=self.clock(), version=self._next())
                )  # fmt: skip

    # sales

    def add_sale(
        self,
        *,
        invoice_number: str,
        lines: Sequence[Line],
        total: Decimal,
        tax: Decimal = ZERO,
        paid: Decimal | None = None,
        state: str = "closed",
        attributes: Collection[str] = (),
        outlet_id: str | None = None,
        user_id: str | None = None,
        source: str = "USER",
        source_id: str | None = None,
        return_for: str | None = None,
        created_at: datetime | None = None,
        sale_at: datetime | None = None,
    ) -> str:
        """Enter a sale, paid in full unless `paid` says otherwise. Answers its id.

        Raises UserRefused, RegisterClosed, and ValueError on a state or attributes that no page knows.
        """
        with self.lock:
            now = created_at or self.clock()
            sale = Sale(
                id=self._id(), version=self._next(), invoice_number=invoice_number, source=source, source_id=source_id,
                state=self._state_for(user_id, state), attributes=tuple(attributes), lines=tuple(lines), total=total,
                tax=tax, paid=total if paid is None else paid, outlet_id=outlet_id,
                register_id=self._register_of(outlet_id), user_id=user_id, return_for=return_for, note="",
                sale_at=sale_at or now, created_at=now, updated_at=now,
            )  # fmt: skip
            return self.sales.put(_checked(sale))

    def set_sale(self, sale_id: str, **changes: object) -> None:
        """Change a sale's fields by their names in `Sale`; the sale gets a new version.

        Raises KeyError without the sale, ValueError on what no page knows.
        """
        with self.lock:
            changes.setdefault("updated_at", self.clock())
            sale = replace(self.sales.by_id[sale_id], **changes)  # type: ignore[arg-type]  # as above
            self.sales.put(_checked(replace(sale, version=self._next())))

    def delete_sale(self, sale_id: str) -> None:
        """Delete a sale: its row stays, with the time of deletion. Raises KeyError without the sale."""
        self.set_sale(sale_id, deleted_at=self.clock())

    def sales_for(self, invoice_number: str) -> list[Sale]:
        """Every sale that carries this number, oldest first."""
        with self.lock:
            return sorted(self.sales.keyed(invoice_number), key=lambda sale: sale.created_at)

    def may_sell(self, user_id: str | None) -> bool:
        """Whether a user is there, enabled and not deleted; a sale as nobody is taken."""
        if user_id is None:
            return True
        one = self.users.by_id.get(user_id)
        return one is not None and one.enabled and one.deleted_at is None

    def _state_for(self, user_id: str | None, state: str) -> str:
        if self.may_sell(user_id) or self.switches.disabled_poster == "accepted":
            return state
        if self.switches.disabled_poster == "refused":
            raise UserRefused(str(user_id))
        return "parked"

    def _register_of(self, outlet_id: str | None) -> str | None:
        """The first till of the location that takes the sale."""
        if outlet_id is None or self.switches.sale_skips_register:
            return None
        tills = [till for till in self.registers.keyed(outlet_id) if till.deleted_at is None]
        if tills and self.switches.closed_register == "refused" and not any(till.open for till in tills):
            raise RegisterClosed(outlet_id)
        return tills[0].id if tills else None

    def _id(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def _next(self) -> int:
        self._version += self._rng.randint(1, 9)  # other records of the retailer take the numbers in between
        return self._version


def _checked(sale: Sale) -> Sale:
    if sale.state not in STATES:
        raise ValueError(f"state {sale.state!r} is none of {', '.join(STATES)}")
    if not set(sale.attributes) <= set(ATTRIBUTES):
        raise ValueError(f"attributes are {', '.join(ATTRIBUTES)}")
    if any(pair <= set(sale.attributes) for pair in EXCLUSIVE):
        raise ValueError("onaccount and layby exclude each other, as do pickup and delivery")
    return sale
