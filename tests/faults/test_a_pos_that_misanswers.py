"""A POS that answers wrongly for more than an hour, in every way we know of: "missing" is said only once it was read."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from reconcile import loop
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.errors import Untrustworthy
from reconcile.http import Http
from reconcile.ledger.queries import order_of
from reconcile.ledger.tables import actions, events, orders
from reconcile.model import Order
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from tests.contract.accounts import NOW, OPENERS
from tests.contract.shops import DOMAIN, STATIC, Storefront, storefront
from tests.faults.conftest import IS_LONG
from tests.faults.pos_gate import PosGate, pos_gate
from tests.figures import Note
from tests.rows import an_order, keep

BY_THE_ACCOUNT = (
    "down", "500", "401", "403", "429", "429_bare", "503", "html_200", "half_body", "not_json", "empty_wrong_total",
    "ignores_filter",
)  # fmt: skip
BY_THE_GATE = ("403_in_part", "cursor_loop", "hanging_socket", "moved")
WHAT_STANDS = {"waiting", "unread"}
LOOK_EVERY, LOOKS = (timedelta(minutes=7), 11) if IS_LONG else (timedelta(minutes=13), 6)  # five times the grace
LEDGERS = ["sqlite", "postgresql"] if IS_LONG else ["sqlite"]


@dataclass
class Floor:
    """A shop with its Shopify, its POS account behind a gate, and one clock."""

    services: Services
    clock: ManualClock
    account: Any
    gate: PosGate
    shopify: Storefront

    def look(self) -> loop.Outcome:
        return loop.reconcile(self.services.shop("demo"), self.services)

    def standings(self) -> dict[int, str]:
        with self.services.ledger.read() as connection:
            return {row.number: row.standing for row in _rows(connection)}

    def place(self, number: int) -> Order:
        """In Shopify, and as a webhook has told us of it."""
        placed = self.shopify.place(number, created_at=self.clock.now(), updated_at=self.clock.now())
        order = an_order(
            placed.id, name=f"#{number}", number=number, created_at=self.clock.now(), updated_at=self.clock.now(),
            total=placed.total,
        )  # fmt: skip
        keep(self.services.ledger, order, standing="waiting", next_look_at=self.clock.now() + timedelta(minutes=2))
        return order

    def misbehave(self, how: str) -> None:
        if how in BY_THE_GATE:
            self.gate.how = how
        else:
            self.account.misbehave(how)

    def heal(self) -> None:
        self.gate.how = None
        self.account.books.faults = type(self.account.books.faults)()


def _rows(connection: Any) -> list[Any]:
    c = orders.c
    return list(connection.execute(select(c.standing, c.case_state, c.body["number"].as_integer().label("number"))))


@pytest.fixture(params=sorted(ADAPTERS))
def floor(
    request: pytest.FixtureRequest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Floor]:  # fmt: skip
    monkeypatch.setitem(Http.__init__.__kwdefaults__, "deadline", 0.5)  # type: ignore[misc]  # nobody waits 20 s here
    with ExitStack() as opened:
        account = opened.enter_context(OPENERS[request.param]())
        shopify = opened.enter_context(storefront())
        clock = ManualClock(NOW)
        account.clock = clock
        account.books.clock = clock.now
        gate = opened.enter_context(pos_gate(account.url))
        at_shopify = {"access_token": STATIC, "base_url": shopify.url}
        shop = replace(services.shop("demo"), domain=DOMAIN, shopify=at_shopify, pos_kind=request.param)
        made = make_services(replace(services.settings, shops={"demo": shop}), clock, services.ledger)
        path = "/api" if request.param == "heartland" else ""
        adapter = account.adapter(f"{gate.url}{path}")
        yield Floor(replace(made, pos=lambda shop: adapter), clock, account, gate, shopify)


@pytest.mark.parametrize("database_url", LEDGERS, indirect=True)
@pytest.mark.parametrize("how", [*BY_THE_ACCOUNT, *BY_THE_GATE])
def test_missing_is_never_said_of_what_could_not_be_read(floor: Floor, how: str, note: Note) -> None:
    for number in (1001, 1002, 1003):
        floor.place(number)
        floor.account.sell(f"#{number}", total="20.00")
    floor.clock.advance(timedelta(minutes=3))
    assert floor.look().looked == 3
    assert set(floor.standings().values()) <= {"matched", "differs"}
    floor.misbehave(how)
    arrives, comes_late, never = floor.place(1004), floor.place(1005), floor.place(1006)
    floor.account.sell("#1004", total="20.00")
    unread = 0
    for number in range(LOOKS):
        floor.clock.advance(LOOK_EVERY)
        unread += floor.look().unread is not None
        if number == LOOKS // 2:  # in the POS well after its grace, while nobody could see it
            floor.account.sell("#1005", total="20.00")
        assert {floor.standings()[n] for n in (1004, 1005, 1006)} <= WHAT_STANDS
    with floor.services.ledger.read() as connection:
        told = connection.execute(select(events.c.text).where(events.c.kind == "standing")).scalars().all()
        assert connection.execute(select(actions)).all() == []
        cases = [order_of(connection, "demo", one.order_id).case_state for one in (arrives, comes_late, never)]  # type: ignore[union-attr]
    assert not [text for text in told if text.endswith("missing")]
    assert cases == [None] * 3
    assert unread >= LOOKS // 2  # it would prove nothing if it had been read all the same
    floor.heal()
    for _ in range(14):
        floor.clock.advance(timedelta(minutes=10))
        floor.look()
    # Once it can be read again, what is there is found, and what is not is said to be missing: it was no blindness.
    standings = floor.standings()
    assert standings[1006] == "missing"
    assert {standings[1004], standings[1005]} <= {"matched", "differs"}
    note("a POS that misanswers for more than an hour", ways=1, looks=LOOKS, unread=unread, wrong_missing=0, touches=0)


def test_a_walk_that_leads_in_a_circle_ends() -> None:
    """A Heartland account that filters no times is read backwards, page by page."""
    switches = {"order_created_at_filter": False}
    with OPENERS["heartland"](switches) as account, pos_gate(account.url) as gate:
        for number in range(5):
            account.sell(f"#{number}")
        gate.how = "cursor_loop"
        with pytest.raises(Untrustworthy):
            list(account.adapter(f"{gate.url}/api").sales_between(NOW - timedelta(hours=1), NOW))
        assert gate.calls < 10
