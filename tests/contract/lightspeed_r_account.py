"""An R-Series account in the sandbox behind real HTTP, with the few things that the contract suite does to a POS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import Flask

from reconcile.clock import ManualClock
from reconcile.pos.base import Pos
from reconcile.pos.passing import Passing
from reconcile.pos.registry import ADAPTERS
from sandbox.lightspeed_r.books import LightspeedRBooks, Line
from sandbox.lightspeed_r.server import lightspeed_r_blueprint
from sandbox.lightspeed_r.switches import Switches
from tests.contract.serving import served

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECRET = "contract-token-0123456789"


@dataclass
class LightspeedRAccount:
    """`clock` is the account's and the adapter's; what the adapter sleeps passes on it."""

    books: LightspeedRBooks
    url: str
    calls: int = 0
    waits: list[float] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: Passing = field(default_factory=Passing)

    def adapter(self, url: str = "", **settings: object) -> Pos:
        own = {
            "client_id": "app", "client_secret": f"secret-{SECRET}", "refresh_token": SECRET,
            "account_id": str(self.books.account_id), "base_url": url or self.url, **settings,
        }  # fmt: skip
        return ADAPTERS["lightspeed_r"](own, clock=self.clock, sleep=self.sleep, store=self.store)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def sell(self, reference: str | None, *, total: str = "100.00", status: str = "complete", ago: int = 60) -> str:
        amount = Decimal(total)
        number = self.books.add_sale(
            reference=reference or "", lines=[Line(item_id=self.item(), qty=Decimal(1), unit_price=amount)],
            total=amount, completed=status == "complete", voided=status == "canceled",
            created_at=NOW - timedelta(seconds=ago),
        )  # fmt: skip
        return f"sale:{number}"

    def item(self) -> int:
        """The one product that is sold here."""
        found = self.books.items.keyed("MUG-99")
        return found[0].id if found else self.books.add_item("MUG-99", "Mug")

    def give_back(self, reference: str, total: str = "-20.00") -> str:
        number = self.books.add_sale(reference=reference, lines=[], total=Decimal(total), created_at=NOW)
        return f"sale:{number}"

    def unknown_word(self, reference: str, word: str) -> None:
        sale = self.books.sales_for(reference)[0]
        self.books.sales.put(replace(sale, wire_completed=word))

    def require_field(self, name: str) -> None:
        """R-Series knows no such thing."""

    def add_item(self, sku: str, *, active: bool = True) -> None:
        self.books.add_item(sku, sku, active=active)

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
def lightspeed_r(switches: Mapping[str, object] = {}) -> Iterator[LightspeedRAccount]:
    books = LightspeedRBooks(Switches.from_dict(switches))
    account = LightspeedRAccount(books=books, url="")
    books.clock = account.clock.now
    books.grants.client_id, books.grants.client_secret = "app", f"secret-{SECRET}"
    books.grants.begin(SECRET, NOW)

    def count() -> None:
        account.calls += 1

    app = Flask("sandbox")
    app.register_blueprint(lightspeed_r_blueprint(books, count))
    with served(app) as account.url:
        yield account
