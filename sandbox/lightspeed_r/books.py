"""The truth of an R-Series account: the connector writes it here, the product reads it over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from threading import RLock

from sandbox.heartland.records import Faults
from sandbox.heartland.shelf import Shelf
from sandbox.lightspeed_r.bucket import Bucket
from sandbox.lightspeed_r.grants import Grants
from sandbox.lightspeed_r.records import NOBODY, ZERO, Employee, Item, Line, PaymentType, Register, Sale, Shop
from sandbox.lightspeed_r.switches import Switches

__all__ = ["EmployeeRefused", "Item", "LightspeedRBooks", "Line", "RegisterClosed", "Sale", "Switches"]

ACCOUNT: int = 70123
FIRST_SYSTEM_SKU = 210_000_000_000


class EmployeeRefused(ValueError):
    """A sale was written as an employee who may not sell any more, and the account was switched to refuse that."""


class RegisterClosed(ValueError):
    """A sale was written at a closed register, and the account was switched to refuse that."""


class LightspeedRBooks:
    """One account; every method is safe to call from any thread, `lock` is held for a whole answer.

    `switches`, `faults`, `clock` and `owner_id` (the employee who granted the token) may be replaced at any time.
    """

    def __init__(self, switches: Switches | None = None) -> None:
        """Open an account with nobody and nothing in it."""
        self.switches = switches or Switches()
        self.account_id = ACCOUNT
        self.name = "Demo Shop"
        self.faults = Faults()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lock = RLock()
        self.bucket = Bucket()
        self.grants = Grants("sandbox-client", "sandbox-client-secret", ACCOUNT)
        self.owner_id = NOBODY
        self.employees: Shelf[Employee] = Shelf(lambda one: one.name)
        self.shops: Shelf[Shop] = Shelf(lambda shop: shop.name)
        self.registers: Shelf[Register] = Shelf(lambda register: str(register.shop_id))
        self.payment_types: Shelf[PaymentType] = Shelf(lambda kind: kind.name)
        self.items: Shelf[Item] = Shelf(lambda item: item.custom_sku, lambda item: item.system_sku)
        self.sales: Shelf[Sale] = Shelf(lambda sale: sale.reference)
        self._ids: Counter[str] = Counter()

    # people and places

    def add_employee(self, first_name: str, last_name: str = "") -> int:
        """Hire somebody. Answers the id."""
        with self.lock:
            return self.employees.put(
                Employee(
                    id=self._next("employee"), first_name=first_name, last_name=last_name, archived=False, locked=False,
                    updated_at=self.clock(),
                )
            )  # fmt: skip

    def set_employee(self, employee_id: int, *, archived: bool | None = None, locked: bool | None = None) -> None:
        """Archive, lock out or bring back an employee. Raises KeyError without the employee."""
        with self.lock:
            one = self.employees.by_id[employee_id]
            self.employees.put(
                replace(
                    one, archived=one.archived if archived is None else archived,
                    locked=one.locked if locked is None else locked, updated_at=self.clock(),
                )
            )  # fmt: skip

    def add_shop(self, name: str, *, registers: int = 1) -> int:
        """Open a shop with that many tills; the rate limit counts them. Answers its id."""
        with self.lock:
            shop_id = self.shops.put(Shop(id=self._next("shop"), name=name))
            for number in range(1, registers + 1):
                till = Register(id=self._next("register"), shop_id=shop_id, name=f"{name} {number}")
                self.registers.put(till)
            self.bucket.registers = max(1, len(self.registers.by_id))
            return shop_id

    def set_registers(self, shop_id: int, *, open: bool) -> None:
        """Open or close every till of a shop."""
        with self.lock:
            for register in self.registers.keyed(str(shop_id)):
                self.registers.put(replace(register, open=open))

    def add_payment_type(self, name: str, kind: str = "user defined") -> int:
        """Accept a way to pay. Answers its id."""
        with self.lock:
            return self.payment_types.put(PaymentType(id=self._next("payment_type"), name=name, kind=kind))

    # products

    def add_item(
        self, custom_sku: str, title: str, *, active: bool = True, tracks_stock: bool = True, price: Decimal = ZERO,
        upc: str = "", ean: str = "",
    ) -> int:  # fmt: skip
        """Put a product in the catalogue under the merchant's own SKU; the System ID is given. Answers its id."""
        with self.lock:
            now, item_id = self.clock(), self._next("item")
            return self.items.put(
                Item(
                    id=item_id, system_sku=str(FIRST_SYSTEM_SKU + item_id), custom_sku=custom_sku, upc=upc, ean=ean,
                    title=title, archived=not active, tracks_stock=tracks_stock, price=price, created_at=now,
                    updated_at=now,
                )
            )  # fmt: skip

    def set_item(self, sku: str, *, active: bool) -> None:
        """Archive or bring back every product with this SKU. Raises KeyError when there is none."""
        with self.lock:
            found = self.items.keyed(sku)
            if not found:
                raise KeyError(sku)
            for item in found:
                self.items.put(replace(item, archived=not active, updated_at=self.clock()))

    # sales

    def add_sale(
        self,
        *,
        reference: str,
        lines: Sequence[Line],
        total: Decimal,
        tax: Decimal = ZERO,
        discount: Decimal = ZERO,
        paid: Decimal | None = None,
        completed: bool = True,
        voided: bool = False,
        shop_id: int = 1,
        employee_id: int = NOBODY,
        customer_id: int = NOBODY,
        source: str = "Shopify",
        created_at: datetime | None = None,
    ) -> int:
        """Enter a sale, paid in full unless `paid` says otherwise. Answers its id.

        Raises EmployeeRefused, RegisterClosed, and ValueError when a sale is to be completed that does not balance.
        """
        with self.lock:
            completed = completed and not self._left_incomplete(employee_id)
            register = self._register_of(shop_id)
            now = created_at or self.clock()
            sale = Sale(
                id=self._next("sale"), reference=reference, source=source if reference else "", completed=completed,
                voided=voided, archived=False, lines=tuple(lines), total=total, tax=tax, discount=discount,
                paid=total if paid is None else paid, shop_id=shop_id, register_id=register, employee_id=employee_id,
                customer_id=customer_id, created_at=now, updated_at=now, completed_at=now if completed else None,
            )  # fmt: skip
            return self._kept(sale)

    def set_sale(self, sale_id: int, **changes: object) -> None:
        """Change a sale's fields by their names in `Sale`; `updated_at` moves unless it is given.

        Raises KeyError without the sale, ValueError when a sale is completed that does not balance.
        """
        with self.lock:
            changes.setdefault("updated_at", self.clock())
            before = self.sales.by_id[sale_id]
            sale = replace(before, **changes)  # type: ignore[arg-type]  # a wrong type is the caller's
            if sale.completed and not before.completed:
                sale = replace(sale, completed_at=sale.updated_at)
            if before.completed and sale.archived:
                raise ValueError("a completed sale cannot be archived")
            self._kept(sale)

    def sales_for(self, reference: str) -> list[Sale]:
        """Every sale that carries this reference, oldest first."""
        with self.lock:
            return self.sales.keyed(reference)

    def may_sell(self, employee_id: int) -> bool:
        """Whether an employee is there and active; a sale as nobody is taken."""
        if employee_id == NOBODY:
            return True
        one = self.employees.by_id.get(employee_id)
        return one is not None and not one.archived and not one.locked

    def _left_incomplete(self, employee_id: int) -> bool:
        if self.may_sell(employee_id) or self.switches.archived_poster == "accepted":
            return False
        if self.switches.archived_poster == "refused":
            raise EmployeeRefused(str(employee_id))
        return True

    def _register_of(self, shop_id: int) -> int:
        """The first till of the shop that takes the sale."""
        tills = [till for till in self.registers.keyed(str(shop_id)) if not till.archived]
        if tills and self.switches.closed_register == "refused" and not any(till.open for till in tills):
            raise RegisterClosed(str(shop_id))
        return tills[0].id if tills else NOBODY

    def _kept(self, sale: Sale) -> int:
        if sale.completed and sale.balance != ZERO:
            raise ValueError("the sale does not balance")
        return self.sales.put(sale)

    def _next(self, kind: str) -> int:
        self._ids[kind] += 1
        return self._ids[kind]
