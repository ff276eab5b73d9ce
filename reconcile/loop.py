"""The loop: look once at the orders that are due in one shop, and do what is safe."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, update

from reconcile import codec, history, incidents, notices, remediate, shop_evidence, snapshot
from reconcile.alike import held_by_the_same
from reconcile.cases import CHANGED_BY_OTHERS, held_back_by, next_state, settled_cause, unless_changed, was_dismissed
from reconcile.compare import Look, compare
from reconcile.config import Shop
from reconcile.decide import BY_HAND, Proof, Situation, decide
from reconcile.diagnose import diagnose, standing_of
from reconcile.errors import Rejected, Retryable, Throttled, Unauthorised
from reconcile.evidence import Evidence, ShopEvidence
from reconcile.folding import Folding, known_orders
from reconcile.grace import NEEDED, OUTAGE
from reconcile.learned import remember
from reconcile.ledger.batches import Values, update_many
from reconcile.ledger.lease import lease, renew
from reconcile.ledger.tables import orders
from reconcile.ledger.types import Moment
from reconcile.model import Decision, Finding, Mode, Order, Remedy, Sale, Standing, TouchEffect, Verb
from reconcile.pos.stored import sale_to_json
from reconcile.presence import arrived_at, came_by_itself, presence
from reconcile.returned import with_returns
from reconcile.rounds import Judged, Round, is_due, open_round
from reconcile.runs import outrun, stalled_since
from reconcile.schedule import next_look
from reconcile.services import Services
from reconcile.shopify.stored import order_from_json
from reconcile.shops import change, mode_of, stop_reason

logger = logging.getLogger(__name__)

EVER = datetime.min.replace(tzinfo=UTC)
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
            judged = _judge_due(this)
        except (Retryable, Unauthorised, Rejected) as error:
            _note_unread(this, error)
            return Outcome(unread=str(error))
        touched = _write_and_act(this, judged)
        return Outcome(looked=len(judged), touched=touched, more=more)


# --- look and judge -------------------------------------------------------------------------------------------------


def _judge_due(this: Round) -> list[Judged]:
    """Judge the orders that are due; when that shows a cause that is new to the shop, the others that it may hold, too."""
    due, judged = this.due, _judge_all(this)
    this.due = held_by_the_same(this, judged)
    if this.due:
        judged += _judge_all(this)
    this.due = [*due, *this.due]
    return judged


def _judge_all(this: Round) -> list[Judged]:
    current = _reread(this, [row for row in this.due if row.reread])
    found = snapshot.take(
        this.shop, this.pos, list(current.values()), now=this.now,
        learned=this.row.spellings, control=this.row.known_reference,
    )  # fmt: skip
    remember(this, found)
    absent = [order_id for order_id, sales in found.sales.items() if not sales]
    current |= _detailed(this, [row for row in this.due if row.order_id in set(absent)])
    looks = {order_id: _compare(this, row, current[order_id], found.sales[order_id]) for order_id, row in _rows(this)}
    unlike = [i for i, look in looks.items() if look.standing in (Standing.DIFFERS, Standing.PENDING)]
    with_lines = snapshot.read_lines(this.pos, found.sales, unlike)
    for order_id in unlike:
        looks[order_id] = _compare(this, dict(_rows(this))[order_id], current[order_id], with_lines[order_id])
    this.seen |= {order_id: arrived_at(row, looks[order_id], this.now) for order_id, row in _rows(this)}
    unmatched = [look for look in looks.values() if look.standing is not Standing.MATCHED]
    this.evidence = _shop_evidence(this, unmatched)
    this.stands_still = stalled_since(outrun(this.evidence.outcomes, this.now, this.usual)) is not None
    return [_judge(this, row, looks[order_id], this.evidence, found) for order_id, row in _rows(this)]


def _rows(this: Round) -> list[tuple[int, Row[Any]]]:
    return [(row.order_id, row) for row in this.due]


def _reread(this: Round, rows: Sequence[Row[Any]]) -> dict[int, Order]:
    """The claimed orders as last seen; those with two versions of one second are read from Shopify again."""
    current = {row.order_id: order_from_json(row.body) for row in this.due}
    return current | (_from_shopify(this, rows) if rows else {})


def _detailed(this: Round, rows: Sequence[Row[Any]]) -> dict[int, Order]:
    """Absent orders with what no webhook carries: payments, assigned locations, holds. Once per version."""
    stale = [row for row in rows if row.detailed_at is None or row.detailed_at < row.changed_at or _may_be_held(row)]
    return _from_shopify(this, stale) if stale else {}


def _may_be_held(row: Row[Any]) -> bool:
    return bool(row.cause == "order_on_hold")  # the release of a hold moves no order webhook


def _from_shopify(this: Round, rows: Sequence[Row[Any]]) -> dict[int, Order]:
    read = this.services.admin(this.shop).orders([row.order_id for row in rows])
    keys = [(this.shop.store, row.order_id) for row in rows]
    with this.services.ledger.write() as connection:
        folding = Folding(this.services, connection, keys)
        for (store, order_id), known in folding.known().items():
            order = read.get(order_id) or replace(known, deleted_at=this.now, updated_at=this.now)
            folding.fold(store, order, found_by="look")
        folding.write()
        mine = (orders.c.store == this.shop.store, orders.c.order_id.in_([row.order_id for row in rows]))
        connection.execute(update(orders).where(*mine).values(detailed_at=this.now, reread=False))
        newest = known_orders(connection, keys)
    this.due = [_newest(row, newest) for row in this.due]
    return {order_id: order_from_json(row.body) for (_, order_id), row in newest.items()}


def _newest(row: Row[Any], known: dict[tuple[str, int], Row[Any]]) -> Row[Any]:
    return known.get((row.store, row.order_id), row)


def _compare(this: Round, row: Row[Any], order: Order, sales: Sequence[Any]) -> Look:
    return compare(
        order, sales, eligible_at=row.eligible_at, now=this.now, grace=this.grace_of(row),
        pending_after=this.shop.pending_after, shop=ShopEvidence(pos=this.shop.pos_kind, declared=this.declared),
    )  # fmt: skip


def _shop_evidence(this: Round, looks: Sequence[Look]) -> ShopEvidence:
    if not looks:
        return ShopEvidence(pos=this.shop.pos_kind, declared=this.declared)
    with this.services.ledger.read() as connection:
        known = (this.shop, this.row, this.declared, this.usual, this.now)
        evidence = shop_evidence.gather(
            connection, *known, absent=any(not look.sales for look in looks), seen=this.seen
        )
        evidence = with_returns(evidence, connection, this.shop.store, looks, this.usual, this.now)
        sellers = shop_evidence.sellers(connection, this.shop.store)
    past = shop_evidence.past_readings(this.row)
    skus = shop_evidence.skus_of(this.orders_in_question(looks))
    if shop_evidence.needs_reading(evidence.set_up, skus, this.now):
        asked = shop_evidence.with_those_before(skus, evidence.set_up)
        read = shop_evidence.read_set_up(this.pos, asked, declared=this.declared, sellers=sellers)
        with this.services.ledger.write() as connection:
            read, past = shop_evidence.keep_reading(connection, this.shop.store, read)
        evidence = replace(evidence, set_up=read)
    return shop_evidence.with_past(evidence, past)


def _judge(this: Round, row: Row[Any], look: Look, shop: ShopEvidence, found: snapshot.Snapshot) -> Judged:
    evidence = Evidence(
        order=look.order, eligible_at=row.eligible_at, now=this.now, standing=look.standing,
        grace=this.grace_of(row),
        pending_after=this.shop.pending_after, sales=look.sales, discrepancies=look.discrepancies,
        shop=shop_evidence.with_order(shop, look.order),
    )  # fmt: skip
    settled = look.standing is Standing.MATCHED or _still_completing(this, look)
    findings = () if settled else diagnose(evidence)
    standing = standing_of(look, findings)
    decision = decide(_situation(this, row, look, findings, standing, control=found.control_found is True))
    if _still_completing(this, look) and decision.verb is Verb.FLAG:
        decision = Decision(verb=Verb.WAIT, reason="the connector may still be completing it in the POS")
    return Judged(row=row, look=look, findings=findings, standing=standing, decision=decision)


def _judge_again(
    this: Round, row: Row[Any], look: Look, *, by_hand: tuple[Sale, ...] | None, found: snapshot.Snapshot
) -> Judged:
    """The same judgement on the read made for a batch of touches, with the sales that staff may have keyed in."""
    return _judge(this, row, look, shop_evidence.unreferenced_for(this.evidence, by_hand or ()), found)


def _still_completing(this: Round, look: Look) -> bool:
    """A record passes through `pending` while the connector builds it; only one that stays there is a case."""
    if look.standing is not Standing.PENDING:
        return False
    return this.now - _last_made(look) < this.shop.pending_after


def _last_made(look: Look) -> datetime:
    return max((sale.created_at for sale in look.sales if sale.created_at is not None), default=EVER)


def _situation(
    this: Round, row: Row[Any], look: Look, findings: Sequence[Finding], standing: Standing, *, control: bool
) -> Situation:
    held, subject = held_back_by(row, findings)
    said_fixed = held if held and this.book.said_fixed(held, subject) else None
    stands = any(f.remedy is Remedy.FIX_THEN_RETRY and not f.gone and f.cause != said_fixed for f in findings)
    cause = held or "unexplained"
    first_absent = row.absent_first_at or this.now
    return Situation(
        now=this.now,
        standing=standing,
        findings=findings,
        mode=mode_of(this.shop, this.row),
        limits=this.shop.limits,
        eligible_at=row.eligible_at,
        created_at=look.order.created_at,
        installed_at=this.row.installed_at,
        held_cause=None if stands else held,
        proof=Proof(
            first_absent_at=first_absent,
            last_absent_at=this.now,
            control_found=control,
            spelling_proven=bool(this.row.spellings),
            looked_for_unreferenced=True,  # checked in earnest just before a touch (`remediate.prove`)
        ),
        attempts=row.attempts,
        last_touch=this.book.last(row.order_id),
        touch=TouchEffect(this.row.touch),
        under_way=this.book.under_way(this.now),
        group=this.book.group(cause, subject, this.now, row.requeued_at),
        touched_last_hour=this.book.last_hour(this.now),
        share=(this.book.by_policy_today(this.now) + 1) / max(1, this.today),
        eligible_today=this.today,
        carried_since=this.carried_since(row),
        arrivals=this.arrivals if this.row.touch == TouchEffect.UNPROVEN else NEEDED,
        stopped=stop_reason(this.services, this.row),
        requeued_by=row.requeued_by,
        asked_by_hand=bool(row.requeued_by) and _was_asked_by_hand(this, row, findings),
        said_fixed=said_fixed is not None,
        held_until=row.held_until,
        dismissed=was_dismissed(row),
    )


def _was_asked_by_hand(this: Round, row: Row[Any], findings: Sequence[Finding]) -> bool:
    """Whether the sale that staff may have keyed in was in the order's history when a person re-queued it."""
    if not any(finding.cause == BY_HAND for finding in findings):
        return False
    with this.services.ledger.read() as connection:
        return history.was_told(connection, row, "finding", BY_HAND, before=row.requeued_at)


# --- write and act --------------------------------------------------------------------------------------------------


def _write_and_act(this: Round, judged: Sequence[Judged]) -> int:
    candidates = [one for one in judged if one.decision.verb is Verb.TOUCH]
    proven = remediate.prove(this, candidates, _judge_again) if candidates else []
    by_id = {one.row.order_id: one for one in proven}
    with this.services.ledger.write() as connection:
        renew(this.services.ledger, connection, this.held)
        _write(this, connection, [by_id.get(one.row.order_id, one) for one in judged])
        incidents.refresh(connection, this.shop, this.now, alert=mode_of(this.shop, this.row) is not Mode.OBSERVE)
        notices.on_decisions(connection, this.shop, [one.decision for one in judged], this.now)
    return remediate.touch_all(this, [one for one in proven if one.decision.verb is Verb.TOUCH])


def _write(this: Round, connection: Connection, judged: Sequence[Judged]) -> None:
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
    values: Values = {
        "standing": one.standing.value,
        "unread_since": None,
        "sales": [sale_to_json(sale) for sale in look.sales],
        "discrepancies": [codec.to_json(d) for d in look.discrepancies],
        "findings": [codec.to_json(f) for f in one.findings],
        "decision": codec.to_json(one.decision),
        "looked_at": now,
        "looks": row.looks + 1,
        **settled_cause(row, one.findings, now, waits=row.cause != "connector_stalled" or not this.carried_since(row)),
        **next_state(row, look.order, one.standing, one.decision, one.findings, now),
        **presence(this, row, look, now),
    }
    values |= remediate.judge_touch(this, connection, row, look)
    if one.standing is Standing.MATCHED and row.standing != Standing.MATCHED and not row.touches and row.cause:
        values |= came_by_itself(this, row, look)
    if one.decision.limit == "by_hand":
        values |= remediate.ask_again(connection, row, one.decision, now)
    return values | {"next_look_at": _next(this, row, one)}


def _next(this: Round, row: Row[Any], one: Judged) -> datetime | None:
    if one.look.order.deleted_at:
        return None
    if one.standing is Standing.MATCHED:
        return one.look.again_at
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
    if planned and _still_completing(this, one.look):
        planned = min(planned, _last_made(one.look) + this.shop.pending_after)
    if planned and row.held_until and row.held_until > this.now:
        planned = min(planned, row.held_until)
    return planned


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


def _note_unread(this: Round, error: Exception) -> None:
    """The POS could not be read: its orders are `unread`, matched ones keep their standing; try again after a pause."""
    again = this.now + (error.after if isinstance(error, Throttled) and error.after else PAUSES[0])
    logger.warning("the POS or Shopify could not be read: %s", error, extra={"store": this.shop.store})
    with this.services.ledger.write() as connection:
        this.held.check(connection)
        mine = (orders.c.store == this.shop.store, orders.c.order_id.in_([row.order_id for row in this.due]))
        since = func.coalesce(orders.c.unread_since, literal(this.now, Moment))
        connection.execute(update(orders).where(*mine).values(next_look_at=again, unread_since=since))
        unsettled = orders.c.standing.in_([Standing.WAITING.value, Standing.MISSING.value])
        connection.execute(update(orders).where(*mine, unsettled).values(standing=Standing.UNREAD.value))
        failing = this.row.pos_failing_since or this.now
        if this.now - failing >= OUTAGE:
            connection.execute(update(orders).where(*mine, orders.c.arrived_at.is_(None)).values(disturbed=True))
        change(connection, this.shop.store, pos_error=str(error), pos_pause_until=again, pos_failing_since=failing)
        notices.on_error(connection, this.shop, error, this.now)
