"""The loop: look once at the orders that are due in one shop, and do what is safe."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, literal, update

from reconcile import incidents, notices, remediate
from reconcile.conclude import write
from reconcile.config import Shop
from reconcile.errors import Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.grace import OUTAGE
from reconcile.judge import judge_again, judge_due
from reconcile.ledger.lease import lease, renew
from reconcile.ledger.tables import orders
from reconcile.ledger.types import Moment
from reconcile.model import Mode, Standing, Verb
from reconcile.rounds import Judged, Round, is_due, open_round
from reconcile.services import Services
from reconcile.shops import change, mode_of
from reconcile.witnesses import told

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a round did; `more` when orders were left over because the limit was reached."""

    looked: int = 0
    touched: int = 0
    busy: bool = False
    unread: str | None = None
    more: bool = False


def reconcile(shop: Shop, services: Services) -> Outcome:
    """Look once at the orders that are due in one shop, and do what is safe.

    The shop is the unit of concurrency: when another worker holds its lease nothing is done. A POS that cannot be
    read leaves its orders `unread`; nothing is concluded from that.
    """
    if not is_due(shop, services):
        return Outcome()
    with lease(services.ledger, shop.store) as held:
        if held is None:
            return Outcome(busy=True)
        limit = services.pos(shop).together - 1  # the positive control is one more reference
        this = open_round(shop, services, held, limit)
        if not this.due:
            return Outcome()
        more = len(this.due) == limit
        try:
            judged = judge_due(this)
        except (Retryable, Unauthorised, Rejected) as error:
            _note_unread(this, error, this.due)
            return Outcome(unread=str(error))
        touched = _write_and_act(this, judged)
        return Outcome(looked=len(judged), touched=touched, more=more, unread=_note_out_of_sight(this))


def _write_and_act(this: Round, judged: Sequence[Judged]) -> int:
    candidates = [one for one in judged if one.decision.verb is Verb.TOUCH]
    proven = remediate.prove(this, candidates, judge_again) if candidates else []
    by_id = {one.row.order_id: one for one in proven}
    with this.services.ledger.write() as connection:
        renew(this.services.ledger, connection, this.held)
        write(this, connection, [by_id.get(one.row.order_id, one) for one in judged])
        incidents.refresh(connection, this.shop, this.now, alert=mode_of(this.shop, this.row) is not Mode.OBSERVE)
        notices.on_decisions(connection, this.shop, [one.decision for one in judged], this.now)
    return remediate.touch_all(this, [one for one in proven if one.decision.verb is Verb.TOUCH])


def _note_out_of_sight(this: Round) -> str | None:
    """What was absent while a location could not be seen is unread, and people are told; None when all could be seen."""
    if not this.unseen:
        return None
    error = Untrustworthy(told(this.blind_at))
    _note_unread(this, error, this.unseen)
    with this.services.ledger.write() as connection:
        notices.on_blindness(connection, this.shop, str(error), this.now)
    return str(error)


def _note_unread(this: Round, error: Exception, rows: Sequence[Row[Any]]) -> None:
    """The POS could not be read: these are `unread`, matched ones keep their standing; try again after a pause."""
    again = this.now + (error.after if isinstance(error, Throttled) and error.after else PAUSES[0])
    logger.warning("the POS or Shopify could not be read: %s", error, extra={"store": this.shop.store})
    with this.services.ledger.write() as connection:
        this.held.check(connection)
        mine = (orders.c.store == this.shop.store, orders.c.order_id.in_([row.order_id for row in rows]))
        since = func.coalesce(orders.c.unread_since, literal(this.now, Moment))
        connection.execute(update(orders).where(*mine).values(next_look_at=again, unread_since=since))
        unsettled = orders.c.standing.in_([Standing.WAITING.value, Standing.MISSING.value])
        connection.execute(update(orders).where(*mine, unsettled).values(standing=Standing.UNREAD.value))
        failing = this.row.pos_failing_since or this.now
        if this.now - failing >= OUTAGE:
            connection.execute(update(orders).where(*mine, orders.c.arrived_at.is_(None)).values(disturbed=True))
        change(connection, this.shop.store, pos_error=str(error), pos_pause_until=again, pos_failing_since=failing)
        notices.on_error(connection, this.shop, error, this.now)
