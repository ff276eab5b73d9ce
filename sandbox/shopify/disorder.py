"""What goes wrong on the way of a webhook: lost, doubled, out of order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

KINDS = ("webhook_lost", "webhook_doubled", "webhook_shuffled")
LONGEST_DETOUR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planted fault: in its window (always, where a bound is None) it strikes this share of the deliveries."""

    kind: str
    share: float = 1.0
    since: datetime | None = None
    until: datetime | None = None

    def strikes(self, now: datetime, chance: Random) -> bool:
        if (self.since and now < self.since) or (self.until and now >= self.until):
            return False
        return chance.random() < self.share


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one delivery is to travel: each entry of `copies` is sent; True has a webhook id of its own."""

    copies: tuple[bool, ...]
    delays: tuple[timedelta, ...]


class Disorder:
    """The faults of a scenario, with their own seeded chance."""

    def __init__(self, faults: Iterable[Fault], seed: object) -> None:
        self.faults = [fault for fault in faults if fault.kind in KINDS]
        self.chance = Random(f"{seed} webhooks")

    def way(self, now: datetime) -> Way:
        """How the delivery that is triggered now travels; no copies: it is lost."""
        struck = {fault.kind for fault in self.faults if fault.strikes(now, self.chance)}
        if "webhook_lost" in struck:
            return Way(copies=(), delays=())
        copies: tuple[bool, ...] = (False,)
        if "webhook_doubled" in struck:
            copies = (False, self.chance.random() < 0.5)
        delays = tuple(self._delay("webhook_shuffled" in struck) for _ in copies)
        return Way(copies=copies, delays=delays)

    def _delay(self, detour: bool) -> timedelta:
        """A second or two is usual; no maximum is documented, and no order is promised."""
        usual = timedelta(seconds=round(self.chance.uniform(1, 2), 3))
        return usual + LONGEST_DETOUR * self.chance.random() if detour else usual
