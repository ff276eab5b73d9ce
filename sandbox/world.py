"""The sandbox's world: a Shopify shop, a connector, a POS account and the people around them, on one clock."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from sandbox.carry import Carrier
from sandbox.connector import Connector
from sandbox.connector_settings import SettingsBook
from sandbox.fates import Fate
from sandbox.life import Life
from sandbox.planting import Window, plant
from sandbox.scenario import Scenario
from sandbox.shop import Shop
from sandbox.shoppers import Shoppers, moments
from sandbox.tills import KINDS
from sandbox.timeline import Action, Timeline

DOMAIN: Final = "demo-shop.myshopify.com"
GARBAGE: Final = ("html_200", "half_body", "empty_wrong_total", "ignores_filter", "not_json", "500")
GARBAGE_CHANGES: Final = timedelta(minutes=10)
THROTTLED_SHARE: Final = 0.5
TILL_BEFORE: Final = timedelta(seconds=40)  # a till sale is there before the connector mirrors it


class World:
    """One scenario from its start on; whoever moves `timeline` makes it happen."""

    def __init__(self, scenario: Scenario, start: datetime) -> None:
        self.scenario = scenario
        self.start = start
        self.timeline = Timeline(start)
        self.shop = Shop(DOMAIN, lambda: self.timeline.now)
        self.till = KINDS[scenario.pos].open(scenario.switches, lambda: self.timeline.now, scenario.seed)
        self.books = self.till.books
        self.pos_calls = 0
        self._open(start)

    def _open(self, start: datetime) -> None:
        times = moments(self.scenario, start)
        self._planting = plant(self.scenario, start, times)
        self._settings = SettingsBook(self.scenario, self._planting, start)
        carrier = Carrier(self.till)
        connector = Connector(self.scenario, self._planting, self._settings, carrier)
        self._life = Life(self.scenario, self._planting, self.shop, self.timeline, carrier)
        self._carrier = carrier
        connector.arrived.append(self._life.arrived)
        connector.left_out.append(self._life.left_out)
        shoppers = Shoppers(self.scenario, self._planting)
        self.fates: dict[int, Fate] = {}
        for place, moment in enumerate(times):
            errand = shoppers.errand(place, moment)
            self.fates[errand.order.id] = Fate(errand=errand, eligible_at=moment)
        for fate in self.fates.values():
            self._await(fate)
        # The connector hears before anybody else who subscribes: it is told by Shopify directly.
        self.shop.listeners.append(connector.attach(self.timeline, self.fates))
        for window in self._planting.windows:
            self._turn(window)

    def _await(self, fate: Fate) -> None:
        created_at = fate.order.created_at
        if fate.planted == "mirror_of_pos_sale":
            self.timeline.at(created_at - TILL_BEFORE, lambda: self._carrier.key_in(fate))
        self.timeline.at(created_at, lambda: self._place(fate))

    def _place(self, fate: Fate) -> None:
        self.shop.add(fate.order)
        self._life.placed(fate)

    # the POS's settings and its faults

    def _turn(self, window: Window) -> None:
        """Plan what a window changes in the POS itself."""
        if window.until is not None and window.until <= window.since:
            return
        faults: dict[str, Callable[[bool], None]] = {
            "pos_down": lambda on: setattr(self.till.faults, "down", on),
            "pos_garbage": lambda on: self._garble(window, on),
            "throttled": lambda on: setattr(self.till.faults, "throttle_share", self._share(window) if on else 0.0),
        }

        def in_the_pos(on: bool) -> None:
            self.till.turn(window.kind, on, window.share)

        switch = faults.get(window.kind, in_the_pos)
        self._plan(window.since, lambda: switch(True))
        if window.until is not None:
            self._plan(window.until, lambda: switch(False))

    def _plan(self, moment: datetime, action: Action) -> None:
        """What is so from the start on is so before the clock is moved at all."""
        if moment <= self.timeline.now:
            action()
        else:
            self.timeline.at(moment, action)

    def _garble(self, window: Window, on: bool) -> None:
        """Another kind of garbage every few minutes, until the window is over."""
        if not on or (window.until is not None and self.timeline.now >= window.until):
            self.till.faults.garbage = None
            return
        at = self.timeline.now + GARBAGE_CHANGES
        self.till.faults.garbage = Random(f"{self.scenario.seed} {self.timeline.now}").choice(GARBAGE)
        if at < (window.until or self.start + timedelta(hours=self.scenario.hours)):
            self.timeline.at(at, lambda: self._garble(window, True))

    @staticmethod
    def _share(window: Window) -> float:
        return THROTTLED_SHARE if window.share is None else window.share

    # what a person sets

    def settings_now(self) -> dict[str, Any]:
        """The connector's settings as its page shows them at this moment."""
        with self.shop.lock:
            return self._settings.at(self.timeline.now).as_json()

    def set_settings(self, values: Mapping[str, Any]) -> None:
        with self.shop.lock:
            self._settings.save(values)

    # what is true

    def truth(self) -> dict[str, Any]:
        """What became of every order that was placed so far."""
        placed = [fate for fate in self.fates.values() if fate.order.id in self.shop.orders]
        return {
            "orders": [fate.as_json() for fate in placed],
            "duplicate_sales": sum(fate.is_doubled for fate in placed),
            "pos_calls": self.pos_calls,
            "pos_cost": self.till.spent(),
            "shopify_calls": self.shop.calls,
        }

    def declared(self) -> dict[str, Any]:
        """The connector's settings as the merchant states them when the day begins."""
        return self._settings.at(self.start).as_json() | self.till.declared()
