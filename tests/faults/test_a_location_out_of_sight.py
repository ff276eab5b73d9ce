"""A token that loses the right to one location: the POS leaves out in silence what is there, or refuses. Neither is absence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from reconcile import people
from reconcile.ledger.tables import actions, alerts, orders, shops
from reconcile.model import Sale
from reconcile.services import Services
from reconcile.witnesses import BELIEVED_FOR
from tests.faults.conftest import IS_LONG
from tests.faults.shop_floor import ShopFloor, shop_floor
from tests.figures import Note

MINUTE = timedelta(minutes=1)
WAYS = ("left_out", "403_in_part")
LEDGERS = ["sqlite", "postgresql"] if IS_LONG else ["sqlite"]
pytestmark = pytest.mark.parametrize("database_url", LEDGERS, indirect=True)


class Town:
    """A shop with two locations, whose POS may be made to hide the second one."""

    def __init__(self, floor: ShopFloor) -> None:
        self.floor, self.books = floor, floor.account.books
        self.is_heartland = floor.services.shop("demo").pos_kind == "heartland"
        self.annex = self._opened("Main", "Annex")

    def _opened(self, *names: str) -> int:
        """The last of these; what the account sells goes through the first."""
        open_one = self.books.add_location if self.is_heartland else self.books.add_shop
        return [open_one(name) for name in names][-1]

    def sell_at_the_annex(self, number: int) -> None:
        self.floor.sell(number)
        if self.is_heartland:
            self.books.set_order(self.books.orders_for(f"#{number}")[0].id, location_id=self.annex)
        else:
            self.books.sales.put(replace(self.books.sales_for(f"#{number}")[0], shop_id=self.annex))

    def hide_the_annex(self, how: str) -> None:
        if how == "left_out":
            name = "blind_location" if self.is_heartland else "blind_shop"
            self.books.switches = replace(self.books.switches, **{name: self.annex})
        else:
            self.floor.gate.how = how

    def show_all(self) -> None:
        name = "blind_location" if self.is_heartland else "blind_shop"
        self.books.switches = replace(self.books.switches, **{name: None})
        self.floor.heal()

    def looks(self, count: int, apart: timedelta) -> None:
        for _ in range(count):
            self.floor.pass_time(apart)
            while self.floor.look().more:
                pass


@pytest.fixture(params=["heartland", "lightspeed_r"])
def town(request: pytest.FixtureRequest, services: Services) -> Iterator[Town]:
    """Two orders have come to each location."""
    with shop_floor(request.param, services) as floor:
        made = Town(floor)
        for number in range(1001, 1005):
            floor.place(number)
            sell: Callable[[int], None] = floor.sell if number < 1003 else made.sell_at_the_annex
            sell(number)
        made.looks(1, 3 * MINUTE)
        assert set(floor.standings().values()) <= {"matched", "differs"}
        yield made


@pytest.mark.parametrize("how", WAYS)
def test_what_is_at_a_location_that_is_out_of_sight_is_unread(town: Town, how: str, note: Note) -> None:
    town.hide_the_annex(how)
    for number in (1005, 1006, 1007):
        town.floor.place(number)
    town.floor.sell(1005)
    town.sell_at_the_annex(1006)  # the seventh never comes
    for _ in range(6):
        town.looks(1, 13 * MINUTE)
        assert {town.floor.standings()[number] for number in (1006, 1007)} <= {"waiting", "unread"}
    if how == "left_out":  # what can be seen is judged all the same
        assert town.floor.standings()[1005] in ("matched", "differs")
        assert_told_once(town)
    town.show_all()
    town.looks(8, 10 * MINUTE)
    standings = town.floor.standings()
    assert (standings[1005] in ("matched", "differs"), standings[1006] in ("matched", "differs")) == (True, True)
    assert standings[1007] == "missing"
    with town.floor.services.ledger.read() as connection:
        assert connection.execute(select(actions)).all() == []
        assert connection.execute(select(shops.c.pos_error)).scalar_one() is None
    note("a location that is out of the token's sight", ways=1, looks=6, wrong_missing=0, touches=0)


def assert_told_once(town: Town) -> None:
    with town.floor.services.ledger.read() as connection:
        told = connection.execute(select(alerts.c.title, alerts.c.text).where(alerts.c.kind == "pos.blind")).all()
        error = connection.execute(select(shops.c.pos_error)).scalar_one()
    assert len(told) == 1
    assert "#1003" in told[0].text and "#1004" in told[0].text and "#1001" not in told[0].text
    assert error == told[0].text


def test_a_location_that_goes_out_of_sight_before_a_touch_stops_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look has seen everything; the read that is to prove absence does not."""
    floor = town.floor
    floor.place(1006)
    floor.sell(1006)
    town.looks(50, MINUTE)  # the positive control is at the location that stays in sight
    order_id = floor.place(1005).order_id
    town.looks(25, MINUTE)
    assert floor.standings()[1005] == "missing"
    people.requeue(floor.services, "eve", "demo", order_id)
    pos = floor.services.pos(floor.services.shop("demo"))
    search = pos.sales_between

    def hide_and_search(since: datetime, until: datetime) -> Iterator[Sale]:
        """Sales keyed in by hand are searched for between the look and the read that proves absence."""
        town.hide_the_annex("left_out")
        return search(since, until)

    monkeypatch.setattr(pos, "sales_between", hide_and_search)
    town.looks(5, MINUTE)
    assert floor.touch_gate.touches == []
    monkeypatch.undo()
    town.show_all()
    town.looks(8, MINUTE)
    assert len(floor.touch_gate.touches) == 1  # it was no blindness of ours


def test_sales_that_are_gone_for_good_stop_nothing_for_ever(town: Town) -> None:
    """A location was closed and its books put away: nobody can show its sales again."""
    town.hide_the_annex("left_out")
    order_id = town.floor.place(1005).order_id
    town.looks(4, 13 * MINUTE)
    assert town.floor.standings()[1005] == "unread"
    town.looks(3, BELIEVED_FOR / 2)
    with town.floor.services.ledger.read() as connection:
        row = connection.execute(select(orders).where(orders.c.order_id == order_id)).one()
    assert (row.standing, row.unread_since) == ("missing", None)


def test_another_account_is_not_asked_for_the_sales_of_the_one_before(town: Town) -> None:
    floor = town.floor
    shop = floor.services.shop("demo")
    moved = replace(shop, pos={**shop.pos, "subdomain": "the-new-account"})
    settings = replace(floor.services.settings, shops={"demo": moved})
    floor.services = replace(floor.services, settings=settings)
    town.hide_the_annex("left_out")
    floor.place(1005)
    town.looks(4, 13 * MINUTE)
    assert floor.standings()[1005] == "missing"
