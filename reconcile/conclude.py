"""Conclude: what a look has shown is written down, with when to look again and what happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile import codec, history, remediate
from reconcile.cases import CHANGED_BY_OTHERS, expired, fix_held, next_state, settled_cause, unless_changed
from reconcile.decide import BY_HAND
from reconcile.judge import last_made, still_completing
from reconcile.ledger.batches import Values, update_many
from reconcile.ledger.tables import orders
from reconcile.model import Standing, Verb
from reconcile.pos.stored import sale_to_json
from reconcile.presence import came_by_itself, presence
from reconcile.rounds import Judged, Round
from reconcile.schedule import SECOND_SALE, next_look
from reconcile.touched import judge_touch


def write(this: Round, connection: Connection, judged: Sequence[Judged]) -> None:
    """Write what was concluded; an order that was erased while it was looked at stays so."""
    newest = _still_there(connection, this.shop.store, [one.row.order_id for one in judged])
    changed: list[tuple[Values, Values]] = []
    happened: list[Values] = []
    for one in judged:
        row, values = one.row, _concluded(this, connection, one)
        if row.order_id in newest:
            values = unless_changed(row, newest[row.order_id], values, this.now)
            changed.append(({"store": row.store, "order_id": row.order_id}, values))
            happened += _history(one, values, this.now)
            happened += _told_of_keyed_in(connection, one, values, this.now)
    update_many(connection, orders, changed)
    history.tell(connection, *happened)


def _still_there(connection: Connection, store: str, order_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """What others may have changed of these orders meanwhile; their rows stay locked until the transaction ends."""
    wanted = select(orders.c.order_id, *(orders.c[name] for name in CHANGED_BY_OTHERS))
    wanted = wanted.where(orders.c.store == store, orders.c.order_id.in_(order_ids))
    found = connection.execute(wanted.order_by(orders.c.order_id).with_for_update())
    return {row.order_id: row for row in found}


def _concluded(this: Round, connection: Connection, one: Judged) -> Values:
    row, look, now = one.row, one.look, this.now
    waits = row.cause != "connector_stalled" or not this.carried_since(row)
    let_in = row.standing == Standing.EXCLUDED and one.standing is not Standing.EXCLUDED
    values: Values = {
        "standing": one.standing.value,
        "unread_since": None,
        "sales": [sale_to_json(sale) for sale in look.sales],
        "discrepancies": [codec.to_json(d) for d in look.discrepancies],
        "findings": [codec.to_json(f) for f in one.findings],
        "decision": codec.to_json(one.decision),
        "looked_at": now,
        "looks": row.looks + 1,
        **settled_cause(row, one.findings, now, waits=waits, let_in=let_in, left_over=_is_left_over(this, row)),
        **next_state(row, look.order, one.standing, one.decision, one.findings, now),
        **presence(this, row, look, now),
    }
    judge_touch(this, connection, row, look)
    if one.standing is Standing.MATCHED and row.standing != Standing.MATCHED and not row.touches and row.cause:
        values |= came_by_itself(this, row, look)
    if one.decision.limit == "by_hand":
        values |= remediate.ask_again(connection, row, one.decision, now)
    due = _next(this, row, one)
    if due is None and one.standing not in (Standing.MATCHED, Standing.EXCLUDED) and not look.order.deleted_at:
        return values | expired(row, values, now)
    return values | {"next_look_at": due}


def _is_left_over(this: Round, row: Row[Any]) -> bool:
    held = fix_held(row)
    return held is not None and this.book.left_over(row.order_id, held, row.subject, this.now)


def _next(this: Round, row: Row[Any], one: Judged) -> datetime | None:
    if one.look.order.deleted_at:
        return None
    if one.standing is Standing.MATCHED:
        return _next_of_a_match(this, row, one)
    if one.standing is Standing.EXCLUDED and one.findings[0].cause != "order_on_hold":
        return None
    last = this.book.last(row.order_id)
    touched_at = last.sent_at if last and last.outcome is None else None
    planned = next_look(this.now, row.changed_at, row.eligible_at, this.grace_of(row), touched_at)
    if one.decision.verb is Verb.WAIT and one.decision.limit == "proof":
        soon = this.now + this.shop.limits.proof_gap + timedelta(seconds=5)
        planned = min(planned, soon) if planned else soon
    if one.decision.verb is Verb.WAIT and one.decision.limit in ("canary", "cap", "settling", "alive", "stalled"):
        soon = this.now + timedelta(minutes=3)
        planned = min(planned, soon) if planned else soon
    if planned and still_completing(this, one.look):
        planned = min(planned, last_made(one.look) + this.shop.pending_after)
    if row.held_until and row.held_until > this.now:
        planned = min(planned or row.held_until, row.held_until)
    return planned


def _next_of_a_match(this: Round, row: Row[Any], one: Judged) -> datetime | None:
    """When a change may be judged, or a touch may have brought in what came by itself a second time."""
    last = this.book.last(row.order_id) if row.touches else None
    planned = [] if last is None else [last.sent_at + after for after in SECOND_SALE]
    return min((at for at in (one.look.again_at, *planned) if at is not None and at > this.now), default=None)


def _history(one: Judged, values: Values, now: datetime) -> Iterator[Values]:
    """The events that tell what this look has changed."""
    row, note = one.row, {"store": one.row.store, "order_id": one.row.order_id, "at": now}
    if one.standing.value != row.standing:
        yield note | {"kind": "standing", "text": f"{row.standing} → {one.standing.value}"}
    if "cause" in values and values["cause"] and values["cause"] != row.cause:
        yield note | {"kind": "finding", "text": f"{values['cause']} ({values['certainty']})"}
    before = (row.decision or {}).get("verb"), (row.decision or {}).get("reason")
    if (one.decision.verb.value, one.decision.reason) != before and one.decision.verb is not Verb.RECORD:
        yield note | {"kind": "decision", "text": f"{one.decision.verb.value}: {one.decision.reason}"}
    if values.get("closing"):
        yield note | {"kind": "closed", "text": values["closing"]}


def _told_of_keyed_in(connection: Connection, one: Judged, values: Values, now: datetime) -> Iterator[Values]:
    """A sale that staff may have keyed in is told once, whatever the order's cause is: a later re-queue answers it."""
    found = next((finding for finding in one.findings if finding.cause == BY_HAND), None)
    if found is None or values.get("cause") == BY_HAND or history.was_told(connection, one.row, "finding", BY_HAND):
        return
    note = {"store": one.row.store, "order_id": one.row.order_id, "at": now}
    yield note | {"kind": "finding", "text": f"{BY_HAND} ({found.certainty.value})"}
