"""A POS account in the sandbox behind real HTTP, the same few things doable with each kind of POS."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from flask import Flask

from reconcile.clock import ManualClock
from reconcile.pos.base import Pos
from reconcile.pos.registry import ADAPTERS
from sandbox.heartland.books import HeartlandBooks, Line
from sandbox.heartland.server import heartland_blueprint
from sandbox.heartland.switches import Switches
from tests.contract.lightspeed_r_account import lightspeed_r
from tests.contract.lightspeed_x_account import lightspeed_x
from tests.contract.serving import served

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TOKEN = "contract-token-0123456789"


class Account(Protocol):
    """What the contract suite does to a POS; `calls` counts the requests that reached it."""

    url: str
    calls: int
    waits: list[float]  # what the adapter slept

    def adapter(self, url: str = "", **settings: object) -> Pos: ...
    def sell(self, reference: str | None, *, total: str = "100.00", status: str = "complete", ago: int = 60) -> str: ...
    def give_back(self, reference: str, total: str = "-20.00") -> str: ...
    def unknown_word(self, reference: str, word: str) -> None: ...
    def require_field(self, name: str) -> None: ...
    def add_item(self, sku: str, *, active: bool = True) -> None: ...
    def misbehave(self, how: str) -> None: ...


@dataclass
class HeartlandAccount:
    books: HeartlandBooks
    url: str
    calls: int = 0
    waits: list[float] = field(default_factory=list)

    def adapter(self, url: str = "", **settings: object) -> Pos:
        own = {"token": TOKEN, "base_url": url or f"{self.url}/api", "spacing_ms": 0, **settings}
        return ADAPTERS["heartland"](own, clock=ManualClock(NOW), sleep=self.waits.append)

    def sell(self, reference: str | None, *, total: str = "100.00", status: str = "complete", ago: int = 60) -> str:
        amount = Decimal(total)
        line = Line(sku="MUG-01", item_id=None, description="Mug", qty=Decimal(1), unit_price=amount)
        number = self.books.add_order(
            public_id=reference, status=status, lines=[line], total=amount, shipping_charge=Decimal(0),
            tax=Decimal(0), discount=Decimal(0), balance=Decimal(0), location_id=1,
            created_at=NOW - timedelta(seconds=ago),
        )  # fmt: skip
        return f"order:{number}"

    def give_back(self, reference: str, total: str = "-20.00") -> str:
        number = self.books.add_ticket(
            public_id=reference, type="Return", status="complete", lines=[], total=Decimal(total), tax=Decimal(0),
            location_id=1, created_at=NOW,
        )  # fmt: skip
        return f"ticket:{number}"

    def unknown_word(self, reference: str, word: str) -> None:
        self.books.set_order(self.books.orders_for(reference)[0].id, wire_status=word)

    def require_field(self, name: str) -> None:
        self.books.add_custom_field("sales.order", name.lower().replace(" ", "_"), name, required=True)

    def add_item(self, sku: str, *, active: bool = True) -> None:
        self.books.add_item(sku, sku, active=active)

    def misbehave(self, how: str) -> None:
        match how:
            case "401" | "403" | "500" | "html_200" | "half_body" | "not_json" | "empty_wrong_total" | "ignores_filter":
                self.books.faults.garbage = how
            case "429" | "429_bare" | "503":
                self.books.switches = Switches(throttling="429_retry_after" if how == "429" else how)
                self.books.faults.throttle_share = 1.0
                self.books.faults.retry_after_s = 7
            case "down":
                self.books.faults.down = True
            case "hang":
                self.books.faults.hang_s = 2.0
            case _:
                raise ValueError(how)


@contextmanager
def heartland(switches: Mapping[str, object] = {}) -> Iterator[HeartlandAccount]:
    books = HeartlandBooks(Switches.from_dict(switches))
    books.token = TOKEN
    books.clock = lambda: NOW
    account = HeartlandAccount(books=books, url="")

    def count() -> None:
        account.calls += 1

    app = Flask("sandbox")
    app.register_blueprint(heartland_blueprint(books, count), url_prefix="/api")
    with served(app) as account.url:
        yield account


# One opener per kind in the registry; the suite fails when one is missing.
OPENERS: Mapping[str, Callable[..., Any]] = {
    "heartland": heartland,
    "lightspeed_r": lightspeed_r,
    "lightspeed_x": lightspeed_x,
}
