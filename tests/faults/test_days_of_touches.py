"""Days on which everything around a touch goes wrong, judged by what the POS really held when each touch was sent."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from reconcile import people
from reconcile.errors import LeaseLost, Refused
from reconcile.ledger.tables import actions, events, orders, shops
from reconcile.services import Services
from tests.contract.shops import FIRST_ID
from tests.faults.conftest import IS_LONG, SEEDS
from tests.faults.connector import Connector
from tests.faults.shop_floor import ShopFloor, shop_floor
from tests.figures import Note

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ORDERS, DAY, TAIL = 40, 150, 60  # the day in minutes, what follows in steps of five
# Kind of POS, what a touch does, ledger. The short form has one of everything.
SHORT = [
    ("heartland", "works", "postgresql"), ("heartland", "doubles", "sqlite"), ("heartland", "late", "sqlite"),
    ("lightspeed_r", "works", "sqlite"), ("lightspeed_x", "works", "sqlite"),
]  # fmt: skip
LONG = [
    (kind, touch, ledger)
    for kind in ("heartland", "lightspeed_r", "lightspeed_x")
    for touch in ("works", "late", "no_effect", "doubles")
    for ledger in ("sqlite", "postgresql")
]


class Trouble:
    """What happens to the workers, the clock, the answers and the people of one day."""

    def __init__(self, floor: ShopFloor, connector: Connector, chance: random.Random) -> None:
        self.floor, self.connector, self.chance = floor, connector, chance
        self.strokes: list[Callable[[], None]] = [
            self.two_workers, self.two_workers, self.usurp, self.usurp, self.late_answer, self.no_answer, self.lost_answer,
            self.clock_steps, self.people_requeue, self.people_requeue, self.people_requeue,
        ]  # fmt: skip
        self.happened: Counter[str] = Counter()
        self._deferred: list[tuple[datetime, Callable[[], None]]] = []

    def strike(self) -> None:
        stroke = self.chance.choice(self.strokes)
        self.happened[stroke.__name__] += 1
        stroke()

    def two_workers(self) -> None:
        """They look at the same moment."""
        other = threading.Thread(target=self.look, args=(self.floor.another,))
        other.start()
        self.look(self.floor.services)
        other.join()

    def usurp(self) -> None:
        """The lease expires in the middle of a read; another worker takes over and does a whole round meanwhile."""

        def take_over() -> None:
            with self.floor.services.ledger.write() as connection:
                connection.execute(update(shops).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
            self.look(self.floor.another)

        self.floor.gate.before = take_over

    def late_answer(self) -> None:
        """The next touch is carried out minutes after its sender gave up on it."""

        def defer(forward: Callable[[], None]) -> None:
            self._deferred.append((self.floor.true_clock.now() + 4 * MINUTE, forward))

        self.floor.touch_gate.at_touch = defer

    def no_answer(self) -> None:
        """The next touch never reaches Shopify, and nobody says so."""
        self.floor.touch_gate.at_touch = lambda forward: None

    def lost_answer(self) -> None:
        self.floor.shopify.side.faults.no_answer_next = True

    def clock_steps(self) -> None:
        """Ours is set an hour forward or back, and later right again."""
        away = self.floor.clock.now() - self.floor.true_clock.now()
        self.floor.clock.advance(-away if away else self.chance.choice((HOUR, -HOUR)))

    def people_requeue(self) -> None:
        """Somebody re-queues all that is missing, which lifts most of the limits, and closes what was keyed in by hand."""
        asked = select(events.c.order_id).where(events.c.text.startswith("entered_by_hand"))
        with self.floor.services.ledger.read() as connection:
            absent = connection.execute(select(orders.c.order_id).where(orders.c.standing == "missing")).scalars().all()
            seen = set(connection.execute(asked).scalars())
        keyed = {order_id for order_id in seen if self.connector.held.get(-(order_id - FIRST_ID))}
        for order_id in keyed & set(absent):
            with suppress(Refused):
                people.dismiss(self.floor.services, "eve", "demo", order_id, "rung up", by_hand=True)
        if wanted := [("demo", order_id) for order_id in absent if order_id not in keyed]:
            people.requeue_many(self.floor.services, "eve", ["demo"], wanted)

    def look(self, worker: Services) -> None:
        with suppress(LeaseLost):  # the task border's
            while self.floor.look(worker).more:
                pass

    def pass_minutes(self, minutes: int) -> None:
        self.floor.pass_time(minutes * MINUTE)
        now = self.floor.true_clock.now()
        for at, forward in [one for one in self._deferred if one[0] <= now]:
            self._deferred.remove((at, forward))
            forward()
        self.connector.work()


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize(("kind", "touch", "database_url"), LONG if IS_LONG else SHORT, indirect=["database_url"])
def test_no_second_sale_and_no_touch_of_what_the_pos_held(
    services: Services, kind: str, touch: str, seed: int, note: Note
) -> None:
    with shop_floor(kind, services) as floor:
        chance = random.Random(f"{seed} {kind} {touch}")
        connector = Connector(floor, chance, touch)
        trouble = Trouble(floor, connector, chance)
        needless: list[int] = []
        touched: list[int] = []

        def judge(order_id: int) -> None:
            touched.append(number := order_id - FIRST_ID)
            if connector.was_there(number):
                needless.append(number)

        floor.touch_gate.heard = judge
        wrong = live_a_day(floor, connector, trouble, chance)
        print(f"seed {seed}: {dict(trouble.happened)}")
        with floor.services.ledger.read() as connection:
            journal = connection.execute(select(actions)).all()
    assert needless == []
    assert wrong == []
    assert touched, "it would prove nothing without touches"
    assert len({(row.order_id, row.tag) for row in journal}) == len(journal)  # never twice under one intent
    assert len(touched) <= len(journal)  # and nothing was sent that was not journaled
    # A connector that doubles does so to the canary, once; then the shop is stopped.
    assert len(connector.doubled) <= (1 if touch == "doubles" else 0)
    note(
        f"days of trouble, where a touch {touch.replace('_', ' ')}", days=1, orders=ORDERS, touches=len(touched),
        strokes=trouble.happened.total(), of_orders_that_were_there=0, second_sales=len(connector.doubled), wrong_missing=0,
    )  # fmt: skip


def live_a_day(floor: ShopFloor, connector: Connector, trouble: Trouble, chance: random.Random) -> list[int]:
    """Play it; answers the orders that were called missing while the POS's search showed them."""
    placed_at = sorted(chance.uniform(0, DAY - 30) for _ in range(ORDERS))
    wrong = []
    for minute in [*range(DAY), *range(DAY, DAY + 5 * TAIL, 5)]:
        trouble.pass_minutes(1 if minute < DAY else 5)
        while placed_at and placed_at[0] <= minute:
            placed_at.pop(0)
            number = 1001 + len(connector.fates)
            floor.place(number)
            connector.offered(number)
        if minute < DAY and chance.random() < 0.25:
            trouble.strike()
        shown, before = set(connector.shown), missing_by_looks(floor)
        trouble.look(floor.services)
        after = missing_by_looks(floor)
        wrong += [number for number, looks in after.items() if number in shown and looks != before.get(number)]
    return wrong


def missing_by_looks(floor: ShopFloor) -> dict[int, int]:
    """What is called missing, and how often it was looked at: our clock may show the same moment twice."""
    query = select(orders.c.order_id, orders.c.looks).where(orders.c.standing == "missing")
    with floor.services.ledger.read() as connection:
        return {row.order_id - FIRST_ID: row.looks for row in connection.execute(query)}


def test_a_re_queue_answers_the_question_only_once_it_was_asked(services: Services) -> None:
    """Staff have rung the order up; our clock is an hour behind; somebody re-queued it without knowing of the sale."""
    with shop_floor("heartland", services) as floor:
        for number in (1001, 1002, 1003):
            floor.place(number)
            floor.sell(number)
        order_id = floor.place(1004).order_id
        looks(floor, 40)
        floor.pass_time(2 * HOUR)
        floor.sell(1004, by_hand=True)
        floor.clock.advance(-HOUR)
        people.requeue(floor.services, "eve", "demo", order_id)
        looks(floor, 8)
        assert floor.touch_gate.touches == []
        with floor.services.ledger.read() as connection:
            row = connection.execute(select(orders).where(orders.c.order_id == order_id)).one()
        assert (row.decision["limit"], row.case_state, row.requeued_by) == ("by_hand", "needs_person", None)
        people.requeue(floor.services, "eve", "demo", order_id)  # it was another customer's
        looks(floor, 8)
        assert len(floor.touch_gate.touches) == 1


def looks(floor: ShopFloor, minutes: int) -> None:
    for _ in range(minutes):
        floor.pass_time(MINUTE)
        floor.look()
