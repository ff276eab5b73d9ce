"""The truth of a Shopify shop: its orders, and everybody who is told when one changes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from threading import RLock
from typing import Any

ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class ShopLine:
    """One line item; `price` is per unit, `discount` for the whole line."""

    id: int
    sku: str | None
    title: str
    quantity: int
    current_quantity: int
    price: Decimal
    discount: Decimal = ZERO
    gift_card: bool = False
    product_exists: bool = True


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One movement of money, in REST's words: sale, capture, authorization, refund, void."""

    id: int
    kind: str
    status: str
    gateway: str
    amount: Decimal
    created_at: datetime


@dataclass(slots=True, kw_only=True)
class RefundedLine:
    id: int
    line_id: int
    quantity: int
    restock_type: str  # no_restock, cancel, return


@dataclass(slots=True, kw_only=True)
class ShopRefund:
    id: int
    created_at: datetime
    amount: Decimal
    lines: list[RefundedLine] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Buyer:
    """The customer with one address, as personal as the real ones: nothing of it may reach the product's ledger."""

    id: int
    email: str | None
    first_name: str
    last_name: str
    address1: str
    city: str
    province: str
    zip: str
    phone: str = "+15550100"


@dataclass(slots=True, kw_only=True)
class ShopOrder:
    """An order; status words are REST's (`paid`, `partial`; None is unfulfilled)."""

    id: int
    number: int
    name: str
    created_at: datetime
    updated_at: datetime
    lines: list[ShopLine]
    currency: str = "USD"
    financial_status: str = "paid"
    fulfillment_status: str | None = None
    fulfilled_at: datetime | None = None
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None  # archived when set
    test: bool = False
    source_name: str = "web"
    app_id: int | None = 580111
    tags: list[str] = field(default_factory=list)
    gateways: list[str] = field(default_factory=lambda: ["shopify_payments"])
    shipping: Decimal = ZERO
    tax: Decimal = ZERO
    current_tax: Decimal | None = None  # None: the same
    discount: Decimal = ZERO
    duties: Decimal = ZERO
    fees: Decimal = ZERO
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[ShopRefund] = field(default_factory=list)
    buyer: Buyer | None = None
    locations: list[str] = field(default_factory=list)  # names, one fulfilment order each
    on_hold: bool = False

    @property
    def total(self) -> Decimal:
        goods = sum((line.price * line.quantity for line in self.lines), ZERO)
        return goods - self.discount + self.shipping + self.tax + self.duties + self.fees

    @property
    def current_total(self) -> Decimal:
        """What is left of the total after edits and refunds."""
        removed = sum((line.price * (line.quantity - line.current_quantity) for line in self.lines), ZERO)
        tax = self.tax if self.current_tax is None else self.current_tax
        return self.total - removed - (self.tax - tax)


Listener = Callable[[str, ShopOrder], None]


class Shop:
    """One shop; every method is safe to call from any thread. `listeners` are told of a topic and the order."""

    def __init__(self, domain: str, clock: Callable[[], datetime]) -> None:
        self.domain = domain
        self.clock = clock
        self.lock = RLock()
        self.orders: dict[int, ShopOrder] = {}
        self.listeners: list[Listener] = []
        self.subscriptions: dict[str, tuple[str, str]] = {}  # gid → (GraphQL topic, uri)
        self.calls = 0
        self.acts = 0  # what one act tells, in several topics, has one number

    def add(self, order: ShopOrder) -> None:
        """Place an order; everybody is told `orders/create`, and `orders/paid` when it is paid."""
        with self.lock:
            self.orders[order.id] = order
            self._tell(["orders/create", *(["orders/paid"] if order.financial_status == "paid" else [])], order)

    def change(self, order_id: int, *topics: str, **values: Any) -> None:
        """Set fields of an order; `updated_at` moves, and everybody is told `orders/updated` and these topics."""
        with self.lock:
            order = self.orders[order_id]
            for name, value in values.items():
                if name not in ShopOrder.__dataclass_fields__:
                    raise TypeError(f"an order has no {name}")
                setattr(order, name, value)
            order.updated_at = max(self.clock(), order.updated_at)
            self._tell(["orders/updated", *topics], order)

    def add_tags(self, order_id: int, tags: Iterable[str]) -> bool:
        """Add tags; an order that gets no new one is left as it is. Answers whether the order exists."""
        with self.lock:
            order = self.orders.get(order_id)
            if order is None:
                return False
            new = [tag for tag in tags if tag.lower() not in {known.lower() for known in order.tags}]
            if new:
                self.change(order_id, tags=[*order.tags, *new])
            return True

    def remove(self, order_id: int) -> None:
        """Delete an order; the topic's body holds only the id."""
        with self.lock:
            order = self.orders.pop(order_id)
            self._tell(["orders/delete"], order)

    def _tell(self, topics: Iterable[str], order: ShopOrder) -> None:
        self.acts += 1
        for topic in topics:
            for listener in self.listeners:
                listener(topic, order)
