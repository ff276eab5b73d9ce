"""Act: the only writer. Prove absence once more, journal the intent, touch, journal the answer.

How a touch went is judged by later looks: `reconcile/touched.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from reconcile import history, snapshot
from reconcile.cases import held_back_by
from reconcile.compare import compare
from reconcile.config import TOUCH_TAG
from reconcile.eligibility import not_shown
from reconcile.errors import LeaseLost, OutcomeUnknown, Rejected, Retryable, Unauthorised, Untrustworthy
from reconcile.ledger.lease import renew
from reconcile.ledger.tables import actions, orders, shops
from reconcile.model import Decision, Verb
from reconcile.references import spellings
from reconcile.rounds import Judged, Round
from reconcile.schedule import AFTER_TOUCH
from reconcile.touched import note_in_batches
from reconcile.witnesses import told

KEYED_WITHIN = timedelta(days=7)
CLOCK_WRONG_BY = timedelta(hours=3)  # at most, when it was set wrong: summer time and a zone

JudgeAgain = Callable[..., Judged]


def prove(this: Round, candidates: Sequence[Judged], judge_again: JudgeAgain) -> list[Judged]:
    """Judge the candidates for a touch once more, on a read made for this batch alone.

    The second read shows whether they are still absent and finds the positive control; Shopify says whether they
    still stand as they did; and sales without a reference are searched for ones that staff keyed in. A failed read
    leaves every candidate waiting.
    """
    try:
        return _judge_on_fresh_read(this, candidates, judge_again)
    except (Retryable, Unauthorised, Rejected) as error:
        wait = Decision(
            verb=Verb.WAIT, reason=f"absence could not be proven just before the touch: {error}", limit="proof"
        )
        return [replace_decision(one, wait) for one in candidates]


def replace_decision(one: Judged, decision: Decision) -> Judged:
    return Judged(row=one.row, look=one.look, findings=one.findings, standing=one.standing, decision=decision)


def _judge_on_fresh_read(this: Round, candidates: Sequence[Judged], judge_again: JudgeAgain) -> list[Judged]:
    from_shopify = this.services.admin(this.shop).orders([one.row.order_id for one in candidates])
    current = [from_shopify.get(one.row.order_id) or not_shown(one.look.order, this.now) for one in candidates]
    since = max(min(order.created_at for order in current), this.now - KEYED_WITHIN)
    until = this.now + CLOCK_WRONG_BY  # a sale of just now is one of the future to a clock that is behind
    by_hand = snapshot.unreferenced(this.pos, since, until, _known_references(this, since))
    this.proved_at = this.services.clock.now()  # before the read: what it shows is at most as old as this
    found = snapshot.take(
        this.shop, this.pos, current, now=this.proved_at,
        learned=this.row.spellings, control=this.row.known_reference, witnesses=this.witnesses.asked(this.now),
    )  # fmt: skip
    if blind_at := this.witnesses.out_of_sight(found.every, this.now):
        raise Untrustworthy(told(blind_at))
    proven = []
    for one, order in zip(candidates, current, strict=True):
        order = replace(order, edited_at=one.look.order.edited_at)  # which no version of an order says
        look = compare(
            order, found.sales[order.order_id], eligible_at=one.row.eligible_at, now=this.now,
            grace=this.grace_of(one.row), pending_after=this.shop.pending_after,
        )  # fmt: skip
        judged = judge_again(this, one.row, look, by_hand=by_hand, found=found)
        if by_hand is None and judged.decision.verb is Verb.TOUCH and not judged.decision.by:
            ask = Decision(
                verb=Verb.ASK, reason="this POS cannot be searched for sales keyed in by hand", limit="proof"
            )
            judged = replace_decision(judged, ask)
        if judged.decision.verb is Verb.TOUCH:
            this.book.note(order.order_id, *group_of(judged), this.now)
        proven.append(judged)
    return proven


def group_of(one: Judged) -> tuple[str, str]:
    """The cause and its subject among whose orders the touch is counted: those whose canary it is, or follows."""
    held, subject = held_back_by(one.row, one.findings)
    return held or "unexplained", subject


def _known_references(this: Round, since: datetime) -> frozenset[str]:
    """Every spelling of every order of the shop around these: a sale under one of them is no sale without an order."""
    where = (orders.c.store == this.shop.store, orders.c.created_at >= since - KEYED_WITHIN)
    query = select(orders.c.name, orders.c.body["number"].as_integer().label("number")).where(*where)
    with this.services.ledger.read() as connection:
        found = connection.execute(query.execution_options(yield_per=1_000))
        return frozenset(s.casefold() for row in found for s in spellings(row, this.shop.references))


def ask_again(connection: Connection, row: Row[Any], asked: Decision, now: datetime) -> dict[str, Any]:
    """A re-queue that came before the question is used up: whoever is asked now may re-queue the order again."""
    note_in_batches(connection, row, "waiting", result="skipped", reason=asked.reason, at=now)
    return {"requeued_by": None}


# --- touch ----------------------------------------------------------------------------------------------------------


def touch_all(this: Round, proven: Sequence[Judged]) -> int:
    """Touch each; answers how many were sent. Stops at the first lost answer: the next look decides."""
    sent = 0
    for one in proven:
        if not timedelta() <= this.services.clock.now() - this.proved_at <= this.shop.limits.proof_age:
            break  # too old while the others were touched, or the clock was set back: the next round proves again
        if not _touch(this, one):
            break
        sent += 1
    return sent


def _touch(this: Round, one: Judged) -> bool:
    tag, action_id = _journal_intent(this, one)
    try:
        this.services.admin(this.shop).add_tag(one.row.order_id, tag)
    except OutcomeUnknown as error:
        _journal_answer(this, action_id, "unknown", str(error))
        return False
    except (Rejected, Unauthorised, Retryable) as error:
        _journal_answer(this, action_id, "refused", str(error))
        return False
    _journal_answer(this, action_id, "done", "Shopify has added the tag")
    return True


def _journal_intent(this: Round, one: Judged) -> tuple[str, int]:
    """The intent is in the ledger before anything is sent; its number is never used again for this order."""
    row, now = one.row, this.now
    with this.services.ledger.write() as connection:
        renew(this.services.ledger, connection, this.held)
        stopped = connection.execute(select(shops.c.stopped_at).where(shops.c.store == row.store)).scalar()
        if stopped is not None:
            raise LeaseLost(f"{row.store}: the shop was stopped while its orders were being judged")
        where = (orders.c.store == row.store, orders.c.order_id == row.order_id)
        raised = update(orders).where(*where).values(
            touches=orders.c.touches + 1, attempts=orders.c.attempts + 1, requeued_by=None, next_look_at=now + AFTER_TOUCH[0]
        )  # fmt: skip
        number = connection.execute(raised.returning(orders.c.touches)).scalar_one()
        tag = f"{TOUCH_TAG}{number}"
        cause, subject = group_of(one)
        intent = {
            "store": row.store, "order_id": row.order_id, "number": number, "tag": tag, "state": "intended",
            "cause": cause, "subject": subject, "by": one.decision.by or "policy", "reason": one.decision.reason,
            "intended_at": now, "canary": not this.book.group(cause, subject, now, row.requeued_at).arrived,
        }  # fmt: skip
        action_id = connection.execute(insert(actions).values(**intent).returning(actions.c.id)).scalar_one()
        note = {"store": row.store, "order_id": row.order_id, "at": now, "who": one.decision.by or "policy"}
        history.tell(connection, note | {"kind": "touch", "text": f"{tag}: {one.decision.reason}"})
        note_in_batches(connection, row, "waiting", result="touched", at=now)
    return tag, action_id


def _journal_answer(this: Round, action_id: int, state: str, answer: str) -> None:
    with this.services.ledger.write() as connection:
        values = {"state": state, "answer": answer, "answered_at": this.services.clock.now()}
        connection.execute(update(actions).where(actions.c.id == action_id).values(**values))
