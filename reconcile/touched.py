"""Touched: how a touch went, as a later look shows it, and what that teaches of touches at this shop."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from reconcile import history, notices
from reconcile.compare import Look
from reconcile.ledger.tables import actions, batch_items
from reconcile.model import DiscrepancyKind, SaleKind, TouchEffect
from reconcile.references import is_edit
from reconcile.rounds import Round
from reconcile.shops import change, stop

CANARIES_WITHOUT_EFFECT = 3
MAY_DOUBLE_FOR = timedelta(hours=2)  # whatever comes a second time after that has another reason
CLOCKS_APART = timedelta(minutes=1)  # how far the POS's clock and ours may differ


def judge_touch(this: Round, connection: Connection, row: Row[Any], look: Look) -> None:
    """Write down how the order's last touch went, and what that teaches about touches at this shop.

    One that has arrived may still arrive a second time.
    """
    last = this.book.last(row.order_id) if row.touches else None
    if last is None or last.state == "refused" or last.outcome == "doubled":
        return
    if last.outcome == "arrived" and this.now - last.sent_at > MAY_DOUBLE_FOR:
        return
    made = [s for s in look.sales if s.kind is SaleKind.SALE and not is_edit(s)]
    if any(d.kind is DiscrepancyKind.DUPLICATE for d in look.discrepancies):
        _learn_doubles(this, connection, row)
        _outcome(this, connection, row, "doubled")
    elif last.outcome == "arrived":
        return
    elif made:
        _outcome(this, connection, row, "arrived")
        after = any(s.created_at is None or s.created_at >= last.sent_at - CLOCKS_APART for s in made)
        if after and this.row.touch in (TouchEffect.UNPROVEN, TouchEffect.NO_EFFECT):
            _learn(this, connection, touch=TouchEffect.WORKS.value, touch_failures=0)
    elif last.outcome is None and this.now - last.sent_at >= this.shop.limits.settle:
        _outcome(this, connection, row, "not_arrived")
        _count_failure(this, connection)


def _outcome(this: Round, connection: Connection, row: Row[Any], outcome: str) -> None:
    newest = select(actions.c.id).where(actions.c.store == row.store, actions.c.order_id == row.order_id)
    latest = newest.order_by(actions.c.id.desc()).limit(1).scalar_subquery()
    connection.execute(update(actions).where(actions.c.id == latest).values(outcome=outcome, judged_at=this.now))
    text = {"arrived": "the touch brought it in", "not_arrived": "the touch did not bring it in"}.get(
        outcome, "it came twice"
    )
    values = {"store": row.store, "order_id": row.order_id, "at": this.now, "kind": "outcome", "text": text}
    history.tell(connection, values)
    result = {"result": "arrived", "at": this.now} if outcome == "arrived" else {"reason": text, "at": this.now}
    note_in_batches(connection, row, "touched", **result)


def note_in_batches(connection: Connection, row: Row[Any], was: str, **values: Any) -> None:
    """Write down how this order fares in the batches where its result `was` this until now."""
    c = batch_items.c
    mine = (c.store == row.store, c.order_id == row.order_id, c.result == was)
    connection.execute(update(batch_items).where(*mine).values(**values))


def _count_failure(this: Round, connection: Connection) -> None:
    if this.row.touch != TouchEffect.UNPROVEN:
        return
    failures = this.row.touch_failures + 1
    effect = TouchEffect.NO_EFFECT if failures >= CANARIES_WITHOUT_EFFECT else TouchEffect.UNPROVEN
    _learn(this, connection, touch=effect.value, touch_failures=failures)


def _learn(this: Round, connection: Connection, **values: Any) -> None:
    this.row = change(connection, this.shop.store, touch_learned_at=this.now, **values)


def _learn_doubles(this: Round, connection: Connection, row: Row[Any]) -> None:
    """A touch brought an order in twice: nothing more is touched at this shop until an admin says so."""
    reason = f"order {row.name} arrived twice after a touch"
    _learn(this, connection, touch=TouchEffect.DOUBLES.value)
    stop(connection, this.shop.store, by="policy", reason=reason, now=this.now)
    notices.on_doubled(connection, this.shop, row.name, this.now)
