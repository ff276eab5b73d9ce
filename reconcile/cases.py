"""The case on an order: what a look and its decision make of it. Pure; names are the ledger's columns."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from reconcile.grace import MOST
from reconcile.model import CaseState, Certainty, Closing, Decision, Finding, Order, Remedy, Scope, Standing, Verb
from reconcile.rules import catalogue, remedy_of

STATE_OF = {
    Verb.TOUCH: CaseState.RETRYING,
    Verb.ASK: CaseState.NEEDS_PERSON,
    Verb.TELL: CaseState.NEEDS_PERSON,
    Verb.FLAG: CaseState.NEEDS_PERSON,
}
WEIGHT = {None: 0, Certainty.POSSIBLE.value: 1, Certainty.LIKELY.value: 2, Certainty.CERTAIN.value: 3}
NEEDING = frozenset({Standing.MISSING, Standing.PENDING, Standing.DIFFERS})
LAST_DAY = timedelta(days=1)  # for whoever is told of an order that is found when it is too old already


def is_open(row: Row[Any]) -> bool:
    return row.case_state is not None and row.case_state != CaseState.CLOSED


def was_dismissed(row: Row[Any]) -> bool:
    """A person has closed the case; only a person opens it again."""
    return bool(row.case_state == CaseState.CLOSED and row.closing in (Closing.DISMISSED, Closing.BY_HAND))


def fix_held(row: Row[Any]) -> str | None:
    """The fix_then_retry cause that was settled on this order, if one was."""
    return row.cause if remedy_of(row.cause or "", row.certainty) is Remedy.FIX_THEN_RETRY else None


def held_back_by(row: Row[Any], findings: Sequence[Finding]) -> tuple[str | None, str]:
    """The cause to be fixed that holds, or held, the order back, and its subject: the settled one, or one seen mended."""
    if fix_held(row):
        return row.cause, row.subject
    mended = next((one for one in findings if one.gone and one.remedy is Remedy.FIX_THEN_RETRY), None)
    return (mended.cause, mended.subject) if mended else (None, "")


def settled_cause(
    row: Row[Any],
    findings: Sequence[Finding],
    now: datetime,
    *,
    waits: bool = True,
    let_in: bool = False,
    left_over: bool = False,
) -> dict[str, Any]:
    """The first cause of an order stays, unless a later look has better evidence for another one.

    What was only to be waited for, and is seen gone, gives way to a cause that is known as well as it was; a connector
    that stood still, once it has carried others long enough (it no longer `waits`), to whatever is found instead. Of an
    order that had been left out, and is `let_in` now, nothing is known yet; one that is `left_over` when others have come
    after the fix is a case of its own.
    """
    first = findings[0] if findings else None
    if let_in:
        return {"cause": None, "subject": "", "certainty": None, "noticed_at": None} | (
            _settled(first, now) if first else {}
        )
    if first is None:
        return {}
    if left_over and row.cause not in {one.cause for one in findings}:
        return _settled(first, row.noticed_at or now)
    better = WEIGHT[first.certainty] - WEIGHT.get(row.certainty, 0)
    # It was no queue: nothing of it came when it went on.
    over = row.cause == "connector_stalled" and (first.gone or (not waits and _waited_out(row, findings)))
    weaker = over or row.cause in (None, "unexplained") or better > 0 or (better == 0 and _waited_out(row, findings))
    weaker = weaker or _of_many(row, first, findings)
    if not weaker or (row.cause and first.cause == "unexplained" and not over):
        return {}
    return _settled(first, row.noticed_at if row.noticed_at and row.cause != "unexplained" else now)


def _settled(first: Finding, noticed_at: datetime) -> dict[str, Any]:
    values = {"cause": first.cause, "subject": first.subject, "certainty": first.certainty.value}
    return values | {"noticed_at": noticed_at}


def _waited_out(row: Row[Any], findings: Sequence[Finding]) -> bool:
    rule = catalogue().get(row.cause or "")
    return rule is not None and rule.remedy is Remedy.WAIT and row.cause not in {one.cause for one in findings}


def _of_many(row: Row[Any], first: Finding, findings: Sequence[Finding]) -> bool:
    """Whether what is wrong with this order in the POS is seen to be wrong with others for one reason."""
    rule = catalogue().get(row.cause or "")
    flagged = rule is not None and rule.remedy is first.remedy is Remedy.FLAG
    return flagged and first.scope is Scope.SHOP and row.cause not in {one.cause for one in findings}


def next_state(
    row: Row[Any], order: Order, standing: Standing, decision: Decision, findings: Sequence[Finding], now: datetime
) -> dict[str, Any]:
    """The case after this look: opened, moved on, or closed with how."""
    if order.deleted_at or (order.cancelled_at and standing is Standing.EXCLUDED and is_open(row)):
        return _close(row, Closing.GONE, now)
    if standing is Standing.MATCHED:
        return _close(row, _how_it_arrived(row), now)
    if standing is Standing.EXCLUDED:
        return _close(row, Closing.EXCLUDED, now)
    if was_dismissed(row):
        return {}
    if decision.limit == "arrivals" and not is_open(row) and now - row.eligible_at < MOST:
        return {}  # only lateness speaks for it, and how late is late is not known at this shop yet: nobody is told
    if standing not in NEEDING and decision.verb not in STATE_OF and not is_open(row):
        return {}
    if row.case_state == CaseState.HELD and row.held_until and row.held_until > now:
        return {}
    state = STATE_OF.get(decision.verb, CaseState.WATCHING)
    if decision.verb is Verb.WAIT and row.touches and standing is Standing.MISSING:
        state = CaseState.RETRYING
    opened = {} if is_open(row) else {"case_opened_at": now, "case_closed_at": None, "closing": None, "closed_by": None}
    return {"case_state": state.value, **opened}


CHANGED_BY_OTHERS = ("requeued_at", "held_until", "case_state", "closed_by", "changed_at")
THEIRS = frozenset(
    {
        "case_state",
        "case_opened_at",
        "case_closed_at",
        "closing",
        "closed_by",
        "held_until",
        "next_look_at",
        "requeued_by",
    }
)


def unless_changed(row: Row[Any], newest: Row[Any], values: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What a look may write: when a person or a delivery changed the order while it looked, their word stands."""
    if all(getattr(newest, name) == getattr(row, name) for name in CHANGED_BY_OTHERS):
        return values
    return {name: value for name, value in values.items() if name not in THEIRS} | {"next_look_at": now}


def expired(row: Row[Any], case: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The case of an order that is too old to be looked at any more: closed; one that began with this look has a day."""
    if "case_opened_at" in case:
        return {"next_look_at": now + LAST_DAY}
    return {"next_look_at": None, **_close(row, Closing.EXPIRED, now)}


def _how_it_arrived(row: Row[Any]) -> Closing:
    if not row.touches:
        return Closing.ARRIVED
    return Closing.AFTER_FIX if fix_held(row) else Closing.AFTER_RETRY


def _close(row: Row[Any], how: Closing, now: datetime) -> dict[str, Any]:
    if not is_open(row):
        return {}
    return {"case_state": CaseState.CLOSED.value, "case_closed_at": now, "closing": how.value, "held_until": None}
