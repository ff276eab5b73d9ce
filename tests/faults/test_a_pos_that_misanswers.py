"""A POS that answers wrongly for more than an hour, in every way we know of: "missing" is said only once it was read."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from reconcile.errors import Untrustworthy
from reconcile.http import Http
from reconcile.ledger.queries import order_of
from reconcile.ledger.tables import actions, events
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from tests.contract.accounts import NOW, OPENERS
from tests.faults.conftest import IS_LONG
from tests.faults.pos_gate import pos_gate
from tests.faults.shop_floor import ShopFloor, shop_floor
from tests.figures import Note

BY_THE_ACCOUNT = (
    "down", "500", "401", "403", "429", "429_bare", "503", "html_200", "half_body", "not_json", "empty_wrong_total",
    "ignores_filter",
)  # fmt: skip
BY_THE_GATE = ("403_in_part", "cursor_loop", "hanging_socket", "moved")
WHAT_STANDS = {"waiting", "unread"}
LOOK_EVERY, LOOKS = (timedelta(minutes=7), 11) if IS_LONG else (timedelta(minutes=13), 6)  # five times the grace
LEDGERS = ["sqlite", "postgresql"] if IS_LONG else ["sqlite"]


def misbehave(floor: ShopFloor, how: str) -> None:
    if how in BY_THE_GATE:
        floor.gate.how = how
    else:
        floor.account.misbehave(how)


@pytest.fixture(params=sorted(ADAPTERS))
def floor(
    request: pytest.FixtureRequest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ShopFloor]:  # fmt: skip
    if request.node.callspec.params.get("how") == "hanging_socket":  # nobody waits 20 s here
        monkeypatch.setitem(Http.__init__.__kwdefaults__, "deadline", 1.0)  # type: ignore[misc]
    with shop_floor(request.param, services) as opened:
        yield opened


@pytest.mark.parametrize("database_url", LEDGERS, indirect=True)
@pytest.mark.parametrize("how", [*BY_THE_ACCOUNT, *BY_THE_GATE])
def test_missing_is_never_said_of_what_could_not_be_read(floor: ShopFloor, how: str, note: Note) -> None:
    for number in (1001, 1002, 1003):
        floor.place(number)
        floor.sell(number)
    floor.pass_time(timedelta(minutes=3))
    assert floor.look().looked == 3
    assert set(floor.standings().values()) <= {"matched", "differs"}
    misbehave(floor, how)
    arrives, comes_late, never = floor.place(1004), floor.place(1005), floor.place(1006)
    floor.sell(1004)
    unread = 0
    for number in range(LOOKS):
        floor.pass_time(LOOK_EVERY)
        unread += floor.look().unread is not None
        if number == LOOKS // 2:  # in the POS well after its grace, while nobody could see it
            floor.sell(1005)
        assert {floor.standings()[n] for n in (1004, 1005, 1006)} <= WHAT_STANDS
    with floor.services.ledger.read() as connection:
        told = connection.execute(select(events.c.text).where(events.c.kind == "standing")).scalars().all()
        assert connection.execute(select(actions)).all() == []
        cases = [order_of(connection, "demo", one.order_id).case_state for one in (arrives, comes_late, never)]  # type: ignore[union-attr]
    assert not [text for text in told if text.endswith("missing")]
    assert cases == [None] * 3
    assert unread >= LOOKS // 2  # it would prove nothing if it had been read all the same
    floor.heal()
    # Once it can be read again, what is there is found, and what is not is said to be missing: it was no blindness.
    for _ in range(14):
        floor.pass_time(timedelta(minutes=10))
        floor.look()
        standings = floor.standings()
        if standings[1006] == "missing" and {standings[1004], standings[1005]} <= {"matched", "differs"}:
            break
    else:
        pytest.fail(f"it was not seen again: {standings}")
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
