"""Judge: what one read of the POS says of the orders in hand, each with its findings and one decision."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, update

from reconcile import history, shop_evidence, snapshot
from reconcile.alike import held_by_the_same
from reconcile.cases import fix_held, held_back_by, was_dismissed
from reconcile.compare import Look, compare
from reconcile.decide import BY_HAND, NOTHING, SETTLED, Proof, Situation, decide
from reconcile.diagnose import diagnose, standing_of
from reconcile.eligibility import not_shown
from reconcile.evidence import Evidence, ShopEvidence
from reconcile.folding import Folding, known_orders
from reconcile.grace import NEEDED
from reconcile.learned import remember
from reconcile.ledger.tables import orders
from reconcile.model import Certainty, Decision, Finding, Order, Remedy, Sale, Standing, TouchEffect, Verb
from reconcile.over import may_hold_yet
from reconcile.presence import arrived_at
from reconcile.returned import with_returns
from reconcile.rounds import Judged, Round
from reconcile.runs import outrun, stalled_since
from reconcile.shopify.stored import order_from_json
from reconcile.shops import mode_of, stop_reason
from reconcile.witnesses import Place

EVER = datetime.min.replace(tzinfo=UTC)


def judge_due(this: Round) -> list[Judged]:
    """Judge the orders that are due; when that shows a cause that is new to the shop, the others that it may hold, too."""
    due, judged = this.due, _judge_all(this)
    this.due = held_by_the_same(this, judged)
    try:
        return judged + (_judge_all(this) if this.due else [])
    finally:
        this.due = [*due, *this.due]  # when the others cannot be read, none of them was


def _judge_all(this: Round) -> list[Judged]:
    current = _reread(this, [row for row in this.due if row.reread])
    known, is_late = this.witnesses, any(this.now - row.eligible_at >= this.grace_of(row) for row in this.due)
    found = snapshot.take(
        this.shop, this.pos, list(current.values()), now=this.now, learned=this.row.spellings,
        control=this.row.known_reference, witnesses=known.asked(this.now) if is_late else (),
    )  # fmt: skip
    remember(this, found)
    if is_late:
        _set_aside(this, found, known.out_of_sight(found.every, this.now))
    absent = [row.order_id for row in this.due if not found.sales[row.order_id]]
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


def _set_aside(this: Round, found: snapshot.Snapshot, blind_at: tuple[Place, ...]) -> None:
    """What is absent may be at the location that is not to be seen: nothing is concluded of it."""
    if blind_at:
        this.blind_at = blind_at
        this.unseen += [row for row in this.due if not found.sales[row.order_id]]
        this.due = [row for row in this.due if found.sales[row.order_id]]


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
            folding.fold(store, read.get(order_id) or not_shown(known, this.now), found_by="look")
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
    settled = look.standing is Standing.MATCHED or still_completing(this, look)
    findings = () if settled else diagnose(evidence)
    standing = standing_of(look, findings)
    if standing in SETTLED:
        decision = NOTHING
    else:
        decision = decide(_situation(this, row, evidence, findings, standing, control=found.control_found is True))
    if still_completing(this, look) and decision.verb is Verb.FLAG:
        decision = Decision(verb=Verb.WAIT, reason="the connector may still be completing it in the POS")
    return Judged(row=row, look=look, findings=findings, standing=standing, decision=decision)


def judge_again(
    this: Round, row: Row[Any], look: Look, *, by_hand: tuple[Sale, ...] | None, found: snapshot.Snapshot
) -> Judged:
    """The same judgement on the read made for a batch of touches, with the sales that staff may have keyed in."""
    return _judge(this, row, look, shop_evidence.unreferenced_for(this.evidence, by_hand or ()), found)


def still_completing(this: Round, look: Look) -> bool:
    """A record passes through `pending` while the connector builds it; only one that stays there is a case."""
    if look.standing is not Standing.PENDING:
        return False
    return this.now - last_made(look) < this.shop.pending_after


def last_made(look: Look) -> datetime:
    return max((sale.created_at for sale in look.sales if sale.created_at is not None), default=EVER)


def _situation(
    this: Round, row: Row[Any], ev: Evidence, findings: Sequence[Finding], standing: Standing, *, control: bool
) -> Situation:
    held, subject = held_back_by(row, findings)
    said_fixed = held if held and this.book.said_fixed(held, subject) else None
    stands = any(f.remedy is Remedy.FIX_THEN_RETRY and not f.gone and f.cause != said_fixed for f in findings)
    still_held = fix_held(row) not in (None, said_fixed) and may_hold_yet(
        ev, row.cause, subject, Certainty(row.certainty)
    )
    cause = held or "unexplained"
    first_absent = row.absent_first_at or this.now
    return Situation(
        now=this.now,
        standing=standing,
        findings=findings,
        mode=mode_of(this.shop, this.row),
        limits=this.shop.limits,
        eligible_at=row.eligible_at,
        created_at=ev.order.created_at,
        installed_at=this.row.installed_at,
        held_cause=None if stands or still_held else held,
        still_held=still_held,
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
