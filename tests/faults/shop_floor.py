"""One shop in this process: its Shopify and its POS account over real HTTP, on one clock that the test moves."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from reconcile import loop
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.ledger import Ledger
from reconcile.ledger.tables import orders
from reconcile.model import Order, OrderLine
from reconcile.services import Services
from sandbox.shop import ShopLine
from tests.contract.accounts import NOW, OPENERS
from tests.contract.shops import DOMAIN, STATIC, Storefront, storefront
from tests.faults.gate import Gate, gate_before
from tests.faults.pos_gate import PosGate, pos_gate
from tests.rows import an_order, keep

# What the account of each kind sells, as its adapter reads it.
SKUS = {"heartland": "MUG-01", "lightspeed_r": "210000000001", "lightspeed_x": "MUG-99"}


def total_of(number: int) -> Decimal:
    """Every order has a total of its own, so that a sale without a number looks like one order only."""
    return Decimal(2000 + number % 1000) / 100


@dataclass
class ShopFloor:
    """`services` is one worker's; `another` is a second worker's, with clients of its own on the same ledger."""

    services: Services
    another: Services
    clock: ManualClock
    true_clock: ManualClock  # the world's; ours may be wrong
    account: Any
    gate: PosGate
    touch_gate: Gate
    shopify: Storefront

    def pass_time(self, by: timedelta) -> None:
        for clock in (self.clock, self.true_clock):
            clock.advance(by)
        self.shopify.timeline.move(self.true_clock.now())

    def look(self, worker: Services | None = None) -> loop.Outcome:
        return loop.reconcile(self.services.shop("demo"), worker or self.services)

    def standings(self) -> dict[int, str]:
        """By the order's number."""
        number = orders.c.body["number"].as_integer().label("number")
        with self.services.ledger.read() as connection:
            return {row.number: row.standing for row in connection.execute(select(orders.c.standing, number))}

    def place(self, number: int) -> Order:
        """In Shopify, and in the ledger as a webhook has told us of it."""
        now = self.true_clock.now()
        sku = SKUS[self.services.shop("demo").pos_kind]
        line = ShopLine(
            id=number, sku=sku, title="Mug", quantity=1, current_quantity=1, price=total_of(number)
        )  # fmt: skip
        placed = self.shopify.place(number, created_at=now, updated_at=now, lines=[line])
        bought = OrderLine(line_id=number, sku=sku, title="Mug", quantity=1, current_quantity=1, price=line.price)
        told = {"number": number, "created_at": now, "updated_at": now, "total": placed.total, "lines": (bought,)}
        nothing = {"tax": Decimal(0), "current_tax": Decimal(0), "shipping": Decimal(0), "currency": placed.currency}
        order = an_order(placed.id, name=f"#{number}", **told, **nothing)
        keep(self.services.ledger, order, standing="waiting", next_look_at=now + timedelta(minutes=2))
        return order

    def sell(self, number: int, made_at: datetime | None = None, *, by_hand: bool = False) -> None:
        """The connector brings the order in, or staff ring it up, without its number."""
        ago = NOW - (made_at or self.true_clock.now())
        total, reference = str(total_of(number)), None if by_hand else f"#{number}"
        self.account.sell(reference, total=total, ago=int(ago.total_seconds()))

    def heal(self) -> None:
        self.gate.how = None
        self.account.books.faults = type(self.account.books.faults)()


@contextmanager
def shop_floor(kind: str, given: Services) -> Iterator[ShopFloor]:
    """The fixture's shop `demo`, at a POS of this kind."""
    with ExitStack() as opened:
        account = opened.enter_context(OPENERS[kind]())
        shopify = opened.enter_context(storefront())
        clock, true_clock = ManualClock(NOW), ManualClock(NOW)
        account.clock = clock
        account.books.clock = true_clock.now
        shopify.timeline.move(NOW)
        gate = opened.enter_context(pos_gate(account.url))
        touch_gate = opened.enter_context(gate_before(shopify.url))
        at_shopify = {"access_token": STATIC, "base_url": touch_gate.url}
        shop = replace(given.shop("demo"), domain=DOMAIN, shopify=at_shopify, pos_kind=kind)
        settings = replace(given.settings, shops={"demo": shop})
        url = f"{gate.url}/api" if kind == "heartland" else gate.url

        def worker(ledger: Ledger) -> Services:
            adapter = account.adapter(url)
            return replace(make_services(settings, clock, ledger), pos=lambda shop: adapter)

        two = worker(given.ledger), worker(given.ledger)
        yield ShopFloor(*two, clock, true_clock, account, gate, touch_gate, shopify)
