"""The journal of touches, as decisions need it: what was sent, how it went, and how much room is left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile.decide import Group, LastTouch, room
from reconcile.ledger.tables import actions, incidents

FAILED_CANARY_PAUSE = timedelta(hours=1)  # before another order is tried for the same cause
LEFT_OVER = timedelta(hours=1)  # after which a touched order is not brought in by it any more
REMEMBERED = timedelta(days=7)


@dataclass(slots=True)
class TouchBook:
    """A shop's touches of the last week; kept true while a batch of touches goes out."""

    rows: list[Row[Any]]
    fixed_at: dict[tuple[str, str], datetime]  # (cause, subject) → when a person said "fixed"
    sent: list[tuple[int, str, str, datetime]] = field(default_factory=list)  # in this batch

    def last(self, order_id: int) -> LastTouch | None:
        for row in reversed(self.rows):
            if row.order_id == order_id:
                return LastTouch(sent_at=row.intended_at, state=row.state, outcome=row.outcome)
        return None

    def last_hour(self, now: datetime) -> int:
        return sum(1 for row in self.rows if row.intended_at > now - timedelta(hours=1)) + len(self.sent)

    def by_policy_today(self, now: datetime) -> int:
        today = [r for r in self.rows if r.intended_at > now - timedelta(days=1) and r.by == "policy"]
        return len({row.order_id for row in today} | {sent[0] for sent in self.sent})

    def group(self, cause: str, subject: str, now: datetime, requeued_at: datetime | None) -> Group:
        """The canary's state for one cause, counted since a person last said "fixed" or re-queued.

        A touch that is still under way counts whoever asked for it: a second re-queue is no way around the canary.
        """
        epochs = [moment for moment in (self.fixed_at.get((cause, subject)), requeued_at) if moment]
        since = max(epochs, default=None)
        ever = [r for r in self.rows if (r.cause, r.subject) == (cause, subject)]
        alike = [r for r in ever if not since or r.intended_at >= since]
        lately = now - FAILED_CANARY_PAUSE
        under_way = [r for r in ever if not since or r.intended_at >= min(since, lately)]
        arrived = sum(1 for row in alike if row.outcome == "arrived")
        failed = sum(1 for r in alike if r.outcome == "not_arrived" and r.intended_at > now - FAILED_CANARY_PAUSE)
        outstanding = sum(1 for row in under_way if row.outcome is None and row.state != "refused")
        outstanding += sum(1 for sent in self.sent if sent[1:3] == (cause, subject))
        return room(arrived, outstanding, failed)

    def said_fixed(self, cause: str, subject: str) -> bool:
        """Whether a person says that the cause is gone, and no touch since has shown otherwise."""
        since = self.fixed_at.get((cause, subject))
        if since is None:
            return False
        rows = [row for row in self.rows if (row.cause, row.subject) == (cause, subject) and row.intended_at >= since]
        outcomes = {row.outcome for row in rows}
        return "arrived" in outcomes or "not_arrived" not in outcomes

    def left_over(self, order_id: int, cause: str, subject: str, now: datetime) -> bool:
        """Whether the order did not arrive after two touches for its cause, while others that it had held back did.

        What is over for them is not what keeps this one out. One touch in vain may have met something else that stopped
        every order at that moment; and a slow connector is given its time first.
        """
        alike = [row for row in self.rows if (row.cause, row.subject) == (cause, subject)]
        mine = [row for row in alike if row.order_id == order_id and row.outcome == "not_arrived"]
        in_vain = len(mine) > 1 and mine[-1].intended_at < now - LEFT_OVER
        return in_vain and any(row.outcome == "arrived" for row in alike if row.order_id != order_id)

    def under_way(self, now: datetime) -> int:
        """Touches of the last hour, for whatever cause, of which nobody knows yet what they do."""
        lately = now - FAILED_CANARY_PAUSE
        rows = [row for row in self.rows if row.intended_at > lately and row.outcome is None and row.state != "refused"]
        return len(rows) + len(self.sent)

    def note(self, order_id: int, cause: str, subject: str, at: datetime) -> None:
        self.sent.append((order_id, cause, subject, at))


def open_book(connection: Connection, store: str, now: datetime) -> TouchBook:
    """The shop's journal, oldest first."""
    query = select(actions).where(actions.c.store == store, actions.c.intended_at > now - REMEMBERED)
    fixed = connection.execute(
        select(incidents.c.cause, incidents.c.subject, incidents.c.fixed_at).where(
            incidents.c.store == store, incidents.c.fixed_at > now - REMEMBERED, incidents.c.state != "resolved"
        )
    )
    rows: Sequence[Row[Any]] = connection.execute(query.order_by(actions.c.id)).all()
    return TouchBook(rows=list(rows), fixed_at={(row.cause, row.subject): row.fixed_at for row in fixed})
