"""One shop's round of the loop: what the ledger held when it began, and what was concluded of each order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from reconcile.compare import Look
from reconcile.config import Shop
from reconcile.evidence import Declared
from reconcile.ledger.lease import Lease
from reconcile.model import Decision, Finding, Standing
from reconcile.pos.base import Pos
from reconcile.services import Services
from reconcile.touches import TouchBook


@dataclass(slots=True, kw_only=True)
class Round:
    shop: Shop
    services: Services
    held: Lease
    now: datetime
    proved_at: datetime  # when absence was last read for a batch of touches
    row: Row[Any]  # the shop's
    declared: Declared
    due: list[Row[Any]]
    usual: timedelta  # the grace in force
    arrivals: int
    book: TouchBook
    today: int  # orders that became eligible in the last 24 h

    @property
    def pos(self) -> Pos:
        return self.services.pos(self.shop)


@dataclass(slots=True, kw_only=True)
class Judged:
    """One order with all that was concluded of it."""

    row: Row[Any]
    look: Look
    findings: tuple[Finding, ...]
    standing: Standing
    decision: Decision
