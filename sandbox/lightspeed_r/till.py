"""R-Series as the sandbox's connector and staff use it: one sale per location, complete when it is carried.

What is unpaid is put on the customer's credit account, so that the sale balances: which way a connector takes there is
documented nowhere, and this one is our choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.goods import ARCHIVED, DUTIES, LOCATIONS, PRODUCTS, REQUIRED, SHIPPING, TWIN, UNMAPPED
from sandbox.heartland.records import Faults
from sandbox.heartland.records import Line as GoodsLine
from sandbox.lightspeed_r.books import EmployeeRefused, LightspeedRBooks, Line, Sale
from sandbox.lightspeed_r.records import NOBODY
from sandbox.lightspeed_r.switches import Switches
from sandbox.till import Credentials, NotTaken, Slip, TillKind

SELLER: Final = ("Shopify", "Sales")
OWNER: Final = ("Ana", "Owner")
OVERPAID: Final = Decimal("19.99")
HEARTLAND_ONLY: Final = frozenset(
    {
        "payment_type_missing", "required_custom_field", "order_source_unset", "customer_incomplete",
        "pending_required_field", "pending_total_mismatch", "pending_missing_product", "pending_refund_on_open",
        "pending_address_missing",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the connector asks for it."""

    id: int
    active: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """A sale as the connector knows it."""

    id: int
    status: str
    lines: tuple[GoodsLine, ...]
    total: Decimal
    tax: Decimal
    balance: Decimal
    location_id: int


class LightspeedRTill:
    """An account stocked for the demo shop, with an employee for the connector and one who let the product in."""

    finishes_at_once = True
    leaves_unfinished = True
    takes_one_only = False
    wants_whole_customer = False

    def __init__(self, switches: Switches, clock: Callable[[], datetime], seed: int) -> None:
        """Open it. The day's clock stands still between two events: there are no seconds to count bursts by."""
        self.books = LightspeedRBooks(switches)
        self.books.clock = clock
        self.books.faults = self.faults = Faults(seed=seed)
        self.books.bucket.bursts = False
        self.seller = self.books.add_employee(*SELLER)
        self.books.owner_id = self.books.add_employee(*OWNER)
        self._customers: dict[str, int] = {}
        self._stock()

    def _stock(self) -> None:
        for product in (*PRODUCTS, ARCHIVED, TWIN, TWIN):
            self.books.add_item(product.sku, product.title, price=product.price)
        for sku, title in REQUIRED.items():
            self.books.add_item(sku, title, tracks_stock=False)
        for name in (*LOCATIONS, UNMAPPED):
            self.books.add_shop(name, registers=1)
        for name, kind in (("Cash", "cash"), ("Web", "ecom"), ("Credit Account", "credit account")):
            self.books.add_payment_type(name, kind)

    def goods(self, sku: str) -> Sequence[Product]:
        return [Product(item.id, not item.archived) for item in self.books.items.keyed(sku)]

    def place(self, name: str) -> int:
        return self.books.shops.keyed(name)[0].id

    def customer(self, email: str, first_name: str, last_name: str) -> int:
        return self._customers.setdefault(email, len(self._customers) + 1)

    def enter(self, slip: Slip) -> int:
        unfinished = slip.status == "pending"
        balance = self._left_over(slip) if unfinished else Decimal(0)
        try:
            return self.books.add_sale(
                reference=slip.number or "", lines=[_line(line) for line in slip.lines], total=slip.total, tax=slip.tax,
                discount=slip.discount, paid=slip.total - balance, completed=not unfinished, shop_id=slip.location_id,
                employee_id=self.seller, customer_id=slip.customer_id or NOBODY,
            )  # fmt: skip
        except EmployeeRefused as error:
            raise NotTaken(str(error)) from None

    def give_back(self, slip: Slip) -> int:
        return self.enter(slip)

    def ring_up(self, slip: Slip) -> int:
        return self.books.add_sale(
            reference=slip.number or "", lines=[_line(line) for line in slip.lines], total=slip.total, tax=slip.tax,
            shop_id=slip.location_id, employee_id=self.books.owner_id,
        )  # fmt: skip

    def entry(self, number: int) -> Carried:
        sale = self.books.sales.by_id[number]
        lines = tuple(self._goods_line(line) for line in sale.lines)
        return Carried(sale.id, _status(sale), lines, sale.total, sale.tax, sale.balance, sale.shop_id)

    def change(self, number: int, **changes: object) -> None:
        """Only what an unfinished sale lets one change: its amounts, and whether it is void."""
        sale = self.books.sales.by_id[number]
        status = changes.pop("status", None)
        if "balance" in changes:
            changes["paid"] = sale.total - Decimal(str(changes.pop("balance")))
        if status == "canceled":
            changes["voided"] = True
        if status == "complete":
            changes["completed"] = True
        self.books.set_sale(number, **changes)

    def refuses_seller(self) -> bool:
        return self.books.switches.archived_poster == "refused" and not self.books.may_sell(self.seller)

    def turn(self, cause: str, on: bool, share: float | None) -> bool:
        match cause:
            case "employee_archived":
                self.books.set_employee(self.seller, archived=on)
            case "required_product_unusable":
                self.books.set_item(SHIPPING if share is None else DUTIES, active=not on)
            case "item_archived":
                self.books.set_item(ARCHIVED.sku, active=not on)
            case _:
                return False
        return True

    def let_in(self, credentials: Credentials) -> None:
        self.books.grants.client_id = credentials.client_id
        self.books.grants.client_secret = credentials.client_secret
        self.books.grants.begin(credentials.token, self.books.clock())

    def declared(self) -> dict[str, Any]:
        return {"employee": " ".join(SELLER)}

    def spent(self) -> float:
        return round(self.books.bucket.spent, 1)

    def _left_over(self, slip: Slip) -> Decimal:
        """The three kinds that were recorded: unpaid, overpaid, and paid but never completed."""
        kinds = (slip.total, -OVERPAID, Decimal(0))
        return kinds[len(self.books.sales.by_id) % 3]

    def _goods_line(self, line: Line) -> GoodsLine:
        item = self.books.items.by_id[line.item_id]
        return GoodsLine(
            sku=item.custom_sku, item_id=item.id, description=line.description, qty=line.qty, unit_price=line.unit_price
        )


def _line(line: GoodsLine) -> Line:
    return Line(item_id=line.item_id or NOBODY, qty=line.qty, unit_price=line.unit_price, description=line.description)


def _status(sale: Sale) -> str:
    if sale.voided or sale.archived:
        return "canceled"
    return "complete" if sale.completed else "pending"


def _settings(url: str, credentials: Credentials) -> dict[str, Any]:
    return {
        "kind": "lightspeed_r", "client_id": credentials.client_id, "client_secret": credentials.client_secret,
        "refresh_token": credentials.token, "base_url": f"{url}/lightspeed_r", "sku_field": "customSku", "spacing_ms": 0,
    }  # fmt: skip


LIGHTSPEED_R: Final = TillKind(
    switches=Switches.from_dict, open=LightspeedRTill, without=HEARTLAND_ONLY, settings=_settings
)
