"""A connector and a till of the tests' own: they bring orders in soon, late, never or by hand, and remember when."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sandbox.shop import ShopOrder
from tests.faults.shop_floor import ShopFloor

STALE = timedelta(seconds=60)  # how far the POS's search is behind its books
FATES = {"soon": 70, "late": 12, "never": 12, "by_hand": 6}


@dataclass
class Connector:
    """`touch`: `works`, `late`, `no_effect` or `doubles`, as of a scenario of the sandbox."""

    floor: ShopFloor
    chance: Random
    touch: str
    due: list[tuple[datetime, int]] = field(default_factory=list)
    hidden: list[tuple[datetime, int, datetime]] = field(default_factory=list)
    held: dict[int, list[datetime]] = field(
        default_factory=lambda: defaultdict(list)
    )  # when the POS got it; < 0: by hand
    shown: dict[int, datetime] = field(default_factory=dict)  # since when its search shows it
    fates: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.floor.shopify.shop.listeners.append(self._hear)

    def offered(self, number: int) -> None:
        """A new order: its fate is drawn."""
        fate = self.chance.choices(list(FATES), list(FATES.values()))[0]
        self.fates[number], now = fate, self.floor.true_clock.now()
        if fate == "soon":
            self.due.append((now + timedelta(seconds=self.chance.lognormvariate(3.7, 0.7)), number))
        elif fate == "late":
            self.due.append((now + timedelta(minutes=self.chance.uniform(10, 180)), number))
        elif fate == "by_hand":
            rung_at = now + timedelta(minutes=self.chance.uniform(5, 40))
            self.hidden.append((rung_at + STALE, -number, rung_at))
            self.held[-number].append(rung_at)

    def work(self) -> None:
        """Bring in what is due by now, and show what has been in the books for long enough."""
        now = self.floor.true_clock.now()
        for made_at, number in [one for one in self.due if one[0] <= now]:
            self.due.remove((made_at, number))
            if not self.held[number] or self.touch == "doubles":
                self.held[number].append(made_at)
                self.hidden.append((made_at + STALE, number, made_at))
        for shown_at, shown, made_at in [one for one in self.hidden if one[0] <= now]:
            self.hidden.remove((shown_at, shown, made_at))
            self.floor.sell(abs(shown), made_at, by_hand=shown < 0)
            if shown > 0:
                self.shown.setdefault(shown, shown_at)

    def _hear(self, topic: str, order: ShopOrder) -> None:
        if topic != "orders/updated" or not order.tags or self.touch == "no_effect":
            return
        late = self.touch == "late"
        wait = timedelta(minutes=self.chance.uniform(15, 50) if late else self.chance.uniform(0.2, 3))
        self.due.append((self.floor.true_clock.now() + wait, order.number))
        if self.touch == "doubles":
            self.due.append((self.floor.true_clock.now() + wait, order.number))

    def was_there(self, number: int) -> bool:
        """Whether the POS's search shows the order now, or the POS has held it for longer than its search is behind."""
        now = self.floor.true_clock.now()
        by_hand = any(at + STALE < now for at in self.held.get(-number, ()))
        return number in self.shown or by_hand or any(at + STALE < now for at in self.held.get(number, ()))

    @property
    def doubled(self) -> list[int]:
        return [number for number, held in self.held.items() if len(held) > 1]
