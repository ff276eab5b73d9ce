"""How right the reconciler was at a shop, counted from its own cases and touches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from reconcile.ledger.tables import actions, orders
from reconcile.model import CaseState, Closing, Standing

LIVE_DAYS = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFigures:
    """A shop's own figures of the days since; what a simulated connector cannot show."""

    since: datetime
    judged: int  # orders that were found to be in the POS, or not
    cases: int  # that are closed
    closings: Mapping[str, int]  # how: arrived, after_fix, dismissed, …
    dismissed: Mapping[str, int]  # cause → cases that a person has dismissed
    arrived_by_themselves: int  # though called missing: false alarms
    touches: Mapping[str, int]  # outcome → touches; "open" while it is not known
    canaries: Mapping[str, int]  # the same of those that went first

    @property
    def false_alarms_per_1000(self) -> float | None:
        return round(1000 * self.arrived_by_themselves / self.judged, 2) if self.judged else None


def live_figures(connection: Connection, store: str, since: datetime) -> LiveFigures:
    closings = _closings(connection, store, since)
    touches = _touches(connection, store, since)
    return LiveFigures(
        since=since,
        judged=_judged(connection, store, since),
        cases=sum(closings.values()),
        closings=closings,
        dismissed=_dismissed(connection, store, since),
        arrived_by_themselves=_arrived_by_themselves(connection, store, since),
        touches=_by_outcome(touches),
        canaries=_by_outcome({key: count for key, count in touches.items() if key[1]}),
    )


def _judged(connection: Connection, store: str, since: datetime) -> int:
    c = orders.c
    settled = c.standing.in_(
        [one.value for one in (Standing.MATCHED, Standing.MISSING, Standing.PENDING, Standing.DIFFERS)]
    )
    query = select(func.count()).where(c.store == store, settled, c.created_at >= since)
    return connection.execute(query).scalar_one()


def _closings(connection: Connection, store: str, since: datetime) -> dict[str, int]:
    c = orders.c
    query = select(c.closing, func.count().label("cases")).where(*_closed(store, since)).group_by(c.closing)
    return {row.closing: row.cases for row in connection.execute(query) if row.closing}


def _dismissed(connection: Connection, store: str, since: datetime) -> dict[str, int]:
    c = orders.c
    query = select(c.cause, func.count().label("cases")).where(*_closed(store, since))
    query = query.where(c.closing == Closing.DISMISSED.value).group_by(c.cause)
    return {row.cause or "unexplained": row.cases for row in connection.execute(query)}


def _arrived_by_themselves(connection: Connection, store: str, since: datetime) -> int:
    """Cases of absent orders that ended with a POS record that nobody touched the order for."""
    c = orders.c
    unaided = (c.closing == Closing.ARRIVED.value, c.touches == 0, c.arrived_at > c.case_opened_at)
    return connection.execute(select(func.count()).where(*_closed(store, since), *unaided)).scalar_one()


def _closed(store: str, since: datetime) -> tuple[ColumnElement[bool], ...]:
    c = orders.c
    return c.store == store, c.case_state == CaseState.CLOSED.value, c.case_closed_at >= since


def _touches(connection: Connection, store: str, since: datetime) -> dict[tuple[str, bool], int]:
    c = actions.c
    query = select(c.outcome, c.canary, func.count().label("touches"))
    query = query.where(c.store == store, c.intended_at >= since).group_by(c.outcome, c.canary)
    return {(row.outcome or "open", row.canary): row.touches for row in connection.execute(query)}


def _by_outcome(counted: Mapping[tuple[str, bool], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (outcome, _), count in counted.items():
        found[outcome] = found.get(outcome, 0) + count
    return found
