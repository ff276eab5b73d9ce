"""X-Series as the sandbox's connector and staff use it: one sale per location, pending with a delivery until it ships.

An order that the connector could not finish is left parked. That orders wait by themselves for a payment type named
Shopify is what the connector's makers say (help.usemortar.com 6848327); an unfulfilled order is an unfulfilled sale with
a delivery by default (6841028).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.goods import ARCHIVED, DUTIES, LOCATIONS, PRODUCTS, REQUIRED, SHIPPING, TWIN, UNMAPPED
from sandbox.heartland.records import Faults
from sandbox.heartland.records import Line as GoodsLine
from sandbox.lightspeed_x.books import LightspeedXBooks, Line, UserRefused
from sandbox.lightspeed_x.switches import Switches
from sandbox.till import Credentials, NotTaken, Slip, TillKind

SELLER: Final = "Shopify Sales"
OWNER: Final = "Ana Owner"
PAYMENT_TYPE: Final = "Shopify"
DELIVERY: Final = ("delivery",)
OF_OTHERS: Final = frozenset(
    {
        "required_custom_field", "order_source_unset", "customer_incomplete", "pending_required_field",
        "pending_total_mismatch", "pending_missing_product", "pending_refund_on_open", "pending_address_missing",
    }
)  # fmt: skip
WORDS: Final = {"pending": "parked", "open": "pending", "complete": "closed", "canceled": "voided"}
STATUSES: Final = {state: status for status, state in WORDS.items()}


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


class Numbers:
    """UUIDs under numbers of their own, for whoever counts."""

    def __init__(self) -> None:
        """Begin at one."""
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}

    def of(self, uuid: str) -> int:
        """The number of a UUID, a new one if need be."""
        if uuid not in self._numbers:
            self._ids.append(uuid)
            self._numbers[uuid] = len(self._ids)
        return self._numbers[uuid]

    def uuid(self, number: int) -> str:
        """The UUID under a number."""
        return self._ids[number - 1]


class LightspeedXTill:
    """An account stocked for the demo shop, with a user for the connector and one whose token the product has."""

    finishes_at_once = False
    leaves_unfinished = True
    takes_one_only = False
    wants_whole_customer = False

    def __init__(self, switches: Switches, clock: Callable[[], datetime], seed: int) -> None:
        """Open it."""
        self.books = LightspeedXBooks(switches, seed=seed)
        self.books.clock = clock
        self.books.faults = self.faults = Faults(seed=seed)
        self.seller = self.books.add_user(SELLER)
        self.books.owner_id = self.owner = self.books.add_user(OWNER, account_type="admin")
        self._sales, self._products, self._places = Numbers(), Numbers(), Numbers()
        self._customers: dict[str, int] = {}
        self._next_receipt = 1
        self._stock()

    def _stock(self) -> None:
        for product in (*PRODUCTS, ARCHIVED, TWIN, TWIN):
            self.books.add_product(product.sku, product.title, price=product.price)
        for sku, title in REQUIRED.items():
            self.books.add_product(sku, title, tracks_stock=False)
        for name in (*LOCATIONS, UNMAPPED):
            self.books.add_outlet(name, registers=1)
        self.books.add_payment_type("Cash")
        self.payment_type = self.books.add_payment_type(PAYMENT_TYPE)

    def goods(self, sku: str) -> Sequence[Product]:
        return [Product(self._products.of(one.id), one.active) for one in self.books.products.keyed(sku)]

    def place(self, name: str) -> int:
        return self._places.of(self.books.outlets.keyed(name)[0].id)

    def customer(self, email: str, first_name: str, last_name: str) -> int:
        return self._customers.setdefault(email, len(self._customers) + 1)

    def enter(self, slip: Slip) -> int:
        return self._entered(slip, self.seller)

    def give_back(self, slip: Slip) -> int:
        return self._entered(slip, self.seller, return_for=self._first_of(slip.number))

    def ring_up(self, slip: Slip) -> int:
        """Staff's own sales get the account's next number."""
        number = slip.number or f"{self._next_receipt:06}"
        self._next_receipt += 1
        return self._entered(replace(slip, number=number, status="complete"), self.owner)

    def entry(self, number: int) -> Carried:
        sale = self.books.sales.by_id[self._sales.uuid(number)]
        lines = tuple(self._goods_line(line) for line in sale.lines)
        place = self._places.of(sale.outlet_id or "")
        return Carried(number, STATUSES[sale.state], lines, sale.total, sale.tax, sale.total - sale.paid, place)

    def change(self, number: int, **changes: object) -> None:
        """A sale that was paid in full stays so when its amounts change."""
        uuid = self._sales.uuid(number)
        sale = self.books.sales.by_id[uuid]
        total = Decimal(str(changes.get("total", sale.total)))
        balance = Decimal(str(changes.pop("balance", sale.total - sale.paid)))
        status, lines = changes.pop("status", None), changes.pop("lines", None)
        if status is not None:
            changes["state"] = WORDS[str(status)]
        if isinstance(lines, Sequence):
            changes["lines"] = tuple(self._line(line) for line in lines)
        self.books.set_sale(uuid, **changes, paid=total - balance)

    def refuses_seller(self) -> bool:
        return self.books.switches.disabled_poster == "refused" and not self.books.may_sell(self.seller)

    def turn(self, cause: str, on: bool, share: float | None) -> bool:
        match cause:
            case "employee_archived":
                self.books.set_user(self.seller, enabled=not on)
            case "payment_type_missing":
                self.books.set_payment_type(self.payment_type, deleted_at=self.books.clock() if on else None)
            case "required_product_unusable":
                self.books.set_product(SHIPPING if share is None else DUTIES, active=not on)
            case "item_archived":
                self.books.set_product(ARCHIVED.sku, active=not on)
            case _:
                return False
        return True

    def let_in(self, credentials: Credentials) -> None:
        grants = self.books.grants
        grants.personal.add(credentials.token)
        grants.client_id, grants.client_secret = credentials.client_id, credentials.client_secret

    def declared(self) -> dict[str, Any]:
        return {"employee": SELLER}

    def spent(self) -> float:
        return 0.0

    def _entered(self, slip: Slip, user_id: str, return_for: str | None = None) -> int:
        try:
            made = self.books.add_sale(
                invoice_number=slip.number or "", lines=[self._line(line) for line in slip.lines], total=slip.total,
                tax=slip.tax, paid=slip.total - slip.balance, state=WORDS[slip.status],
                attributes=DELIVERY if slip.status == "open" else (), outlet_id=self._places.uuid(slip.location_id),
                user_id=user_id, return_for=return_for,
            )  # fmt: skip
        except UserRefused as error:
            raise NotTaken(str(error)) from None
        return self._sales.of(made)

    def _first_of(self, number: str | None) -> str | None:
        found = self.books.sales_for(number or "")
        return found[0].id if found else None

    def _line(self, line: GoodsLine) -> Line:
        product_id = self._products.uuid(line.item_id) if line.item_id else ""
        return Line(product_id=product_id, qty=line.qty, unit_price=line.unit_price)

    def _goods_line(self, line: Line) -> GoodsLine:
        product = self.books.products.by_id[line.product_id]
        return GoodsLine(
            sku=product.sku, item_id=self._products.of(product.id), description=product.name, qty=line.qty,
            unit_price=line.unit_price,
        )  # fmt: skip


def _settings(url: str, credentials: Credentials) -> dict[str, Any]:
    return {
        "kind": "lightspeed_x", "subdomain": "demo", "token": credentials.token, "base_url": f"{url}/lightspeed_x",
        "spacing_ms": 0,
    }  # fmt: skip


LIGHTSPEED_X: Final = TillKind(switches=Switches.from_dict, open=LightspeedXTill, without=OF_OTHERS, settings=_settings)
