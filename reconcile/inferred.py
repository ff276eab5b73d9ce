"""What the orders of the last days say of the connector's settings, beside what is declared of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row

from reconcile.config import Shop
from reconcile.evidence import Declared, Outcome
from reconcile.inference import ENOUGH_LATE, has, last_open, late_run
from reconcile.rounds import usual_of
from reconcile.rules._settings import EVERY_ORDER, FILTERS, Filter
from reconcile.shop_evidence import gather


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """One switch of the connector: what is declared, and what the orders with its property show."""

    key: str
    setting: str
    declared: bool | None
    shown: bool | None  # the position that the orders speak for; None: they do not say
    arrived: int
    late: int  # in a row, after the last one that arrived
    last_passed_at: datetime | None

    @property
    def contradicts(self) -> bool:
        return None not in (self.declared, self.shown) and self.declared != self.shown


def inferred(connection: Connection, shop: Shop, row: Row[object], declared: Declared, now: datetime) -> list[Inferred]:
    """Every switch whose work can be seen from outside."""
    outcomes = gather(connection, shop, row, declared, usual_of(shop, row), now, absent=True).outcomes
    found = {one.key: _of(one, outcomes, declared) for one in (EVERY_ORDER, *FILTERS)}
    return list(found.values())


def _of(this: Filter, outcomes: Sequence[Outcome], declared: Declared) -> Inferred:
    telling = this.telling(outcomes)
    run, passed = late_run(telling, this.trait), last_open(telling, this.trait)
    shown = None
    if len(run) >= ENOUGH_LATE:
        shown = not this.open_when
    elif passed is not None:
        shown = this.open_when
    return Inferred(
        key=this.key, setting=this.setting, declared=this.declared(declared), shown=shown,
        arrived=sum(1 for one in telling if one.arrived_at and has(one, this.trait)), late=len(run), last_passed_at=passed,
    )  # fmt: skip
