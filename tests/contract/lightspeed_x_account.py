"""An X-Series account in the sandbox behind real HTTP, with the few things that the contract suite does to a POS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import Flask

from reconcile.clock import ManualClock
from reconcile.pos.base import Pos, Store
from reconcile.pos.passing import Passing
from reconcile.pos.registry import ADAPTERS
from sandbox.lightspeed_x.books import LightspeedXBooks, Line
from sandbox.lightspeed_x.server import lightspeed_x_blueprint
from sandbox.lightspeed_x.switches import Switches
from tests.contract.serving import served

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECRET = "contract-token-0123456789"
STATES = {"complete": "closed", "canceled": "voided", "pending": "parked", "open": "pending"}


@dataclass
class LightspeedXAccount:
    """`clock` is the account's and the adapter's; what the adapter sleeps passes on it."""

    books: LightspeedXBooks
    url: str
    calls: int = 0
    waits: list[float] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: Store = field(default_factory=Passing)

    def adapter(self, url: str = "", **settings: object) -> Pos:
        own = {"token": SECRET, "base_url": url or self.url, **settings}
        return ADAPTERS["lightspeed_x"](own, clock=self.clock, sleep=self.sleep, store=self.store)

    def by_oauth(self, **settings: object) -> Pos:
        """The same account, let in by a refresh token."""
        client = {"client_id": "app", "client_secret": f"secret-{SECRET}", "refresh_token": SECRET}
        return self.adapter(token="", **client, **settings)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def sell(
        self, reference: str | None, *, total: str = "100.00", status: str = "complete", ago: int = 60,
        attributes: tuple[str, ...] = (), source_id: str | None = None,
    ) -> str:  # fmt: skip
        amount = Decimal(total)
        line = Line(product_id=self.product(), qty=Decimal(1), unit_price=amount)
        made = self.books.add_sale(
            invoice_number=reference or f"{len(self.books.sales.by_id) + 90_001}", lines=[line], total=amount,
            state=STATES[status], attributes=attributes, source_id=source_id, created_at=NOW - timedelta(seconds=ago),
        )  # fmt: skip
        return f"sale:{made}"

    def product(self) -> str:
        """The one product that is sold here."""
        found = self.books.products.keyed("MUG-99")
        return found[0].id if found else self.books.add_product("MUG-99", "Mug")

    def give_back(self, reference: str, total: str = "-20.00") -> str:
        made = self.books.add_sale(
            invoice_number=reference, lines=[], total=Decimal(total), return_for="another", created_at=NOW
        )
        return f"sale:{made}"

    def unknown_word(self, reference: str, word: str) -> None:
        self.books.set_sale(self.books.sales_for(reference)[0].id, wire_state=word)

    def require_field(self, name: str) -> None:
        """X-Series knows no such thing."""

    def add_item(self, sku: str, *, active: bool = True) -> None:
        self.books.add_product(sku, sku, active=active)

    def misbehave(self, how: str) -> None:
        match how:
            case "401" | "403" | "500" | "html_200" | "half_body" | "not_json" | "empty_wrong_total" | "ignores_filter":
                self.books.faults.garbage = how
            case "429" | "429_bare":
                self.books.faults.throttle_share = 1.0
                self.books.faults.retry_after_s = 7 if how == "429" else 0
            case "down" | "503":
                self.books.faults.down = True
            case "hang":
                self.books.faults.hang_s = 2.0
            case _:
                raise ValueError(how)


@contextmanager
def lightspeed_x(switches: Mapping[str, object] = {}) -> Iterator[LightspeedXAccount]:
    books = LightspeedXBooks(Switches.from_dict(switches))
    account = LightspeedXAccount(books=books, url="")
    books.clock = account.clock.now
    books.owner_id = books.add_user("Ana Owner", account_type="admin")
    books.grants.client_id, books.grants.client_secret = "app", f"secret-{SECRET}"
    books.grants.personal.add(SECRET)
    books.grants.begin(SECRET)

    def count() -> None:
        account.calls += 1

    app = Flask("sandbox")
    app.register_blueprint(lightspeed_x_blueprint(books, count))
    with served(app) as account.url:
        yield account
