"""Days of the sandbox's world, played to their end without the product."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.fates import Fate
from sandbox.heartland.books import Order
from sandbox.scenario import Scenario
from sandbox.world import World

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def opened(*faults: dict[str, Any], **scenario: Any) -> World:
    given = {"orders": 300, "seed": 5, "faults": list(faults), **scenario}
    return World(Scenario.from_dict(given), START)


def played(*faults: dict[str, Any], **scenario: Any) -> World:
    return to_the_end(opened(*faults, **scenario))


def to_the_end(world: World) -> World:
    while (moment := world.timeline.next_at()) is not None:
        world.timeline.move(moment)
    return world


def struck(world: World, cause: str) -> list[Fate]:
    return [fate for fate in world.fates.values() if fate.cause == cause]


def records(world: World, fate: Fate) -> list[Order]:
    return world.books.orders_for(fate.order.name)
