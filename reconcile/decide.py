"""What to do about an order: findings, mode and limits in; one decision with its reason in words out. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from reconcile.limits import Limits
from reconcile.model import Certainty, Decision, Finding, Mode, Remedy, Scope, Standing, TouchEffect, Verb

NEEDED_ARRIVALS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of an order's absence; every part of it must hold before a touch."""

    first_absent_at: datetime | None = None  # whole reads that found no record under any spelling
    last_absent_at: datetime | None = None
    control_found: bool = False  # the latest of them also found a reference known to be in the POS
    spelling_proven: bool = False  # orders of this shop have matched under these spellings
    looked_for_unreferenced: bool = False  # and it looked for a sale keyed in by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTouch:
    sent_at: datetime
    state: str  # intended | done | refused | unknown
    outcome: str | None  # arrived | not_arrived | doubled | None: not judged yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """How touches went among the orders that one cause held back: the canary and the steps after it."""

    arrived: int = 0
    outstanding: int = 0
    not_arrived: int = 0
    room: int = 0  # how many more may be touched now
    reason: str = ""  # why there is no room


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a decision rests on."""

    now: datetime
    standing: Standing
    findings: Sequence[Finding]
    mode: Mode
    limits: Limits = field(default_factory=Limits)
    eligible_at: datetime
    created_at: datetime
    installed_at: datetime
    held_cause: str | None = None  # the fix_then_retry cause that was found before, and is seen or said to be gone
    still_held: bool = False  # such a cause was found before, and nothing shows that it is over
    proof: Proof = field(default_factory=Proof)
    attempts: int = 0
    last_touch: LastTouch | None = None
    touch: TouchEffect = TouchEffect.UNPROVEN
    under_way: int = 0  # touches at the shop, for whatever cause, whose outcome is not known yet
    group: Group = field(default_factory=lambda: Group(room=1))
    touched_last_hour: int = 0
    share: float = 0.0  # of the orders of the last 24 h, those that would be touched
    eligible_today: int = 0
    carried_since: bool = True  # the connector has carried an order that became eligible later
    arrivals: int = NEEDED_ARRIVALS
    stopped: str | None = None
    requeued_by: str | None = None
    asked_by_hand: bool = False  # whoever re-queued it had been shown the sale that staff may have keyed in for it
    said_fixed: bool = False  # a person says that the held cause is gone: the answer to "ask", not to "observe"
    held_until: datetime | None = None
    dismissed: bool = False  # a person closed the case on it


SETTLED = (Standing.MATCHED, Standing.EXCLUDED)
NOTHING = Decision(verb=Verb.RECORD, reason="nothing to do")
STEPS = (1, 5, 25)
BY_HAND = "entered_by_hand"
STALLED = "the connector carries nothing at all: a touch into a standing queue may double"
COMES_BY_ITSELF = "what it waits for makes the connector look at it again by itself"
WAIT_IN_A_QUEUE = frozenset({"payment_type_missing"})  # what it held back comes by itself once it is over


def room(arrived: int, outstanding: int, not_arrived: int) -> Group:
    """Canary, then release: 1, then 5 more, then 25 more, then all; each step waits for the one before it."""
    counts = partial(Group, arrived=arrived, outstanding=outstanding, not_arrived=not_arrived)
    if arrived == 0:
        if outstanding or not_arrived:
            text = "the canary has not arrived yet" if outstanding else "the canary did not arrive: not fixed yet"
            return counts(reason=text)
        return counts(room=1)
    allowed = 0
    for step in STEPS:
        allowed += step
        if arrived + outstanding < allowed:
            return counts(room=allowed - arrived - outstanding)
        if arrived < allowed:
            return counts(reason=f"waiting for the {outstanding} orders of this step to arrive")
    return counts(room=10_000)


def decide(it: Situation) -> Decision:
    """One decision. Limits can only lower it; a person's re-queue lifts those that only protect from policy."""
    if it.standing in SETTLED:
        return NOTHING
    if it.dismissed and not it.requeued_by:
        return Decision(verb=Verb.RECORD, reason="a person closed the case on it", limit="dismissed")
    if it.standing is Standing.UNREAD:
        return Decision(verb=Verb.WAIT, reason="the POS could not be read; nothing is concluded from that")
    if it.held_until and it.held_until > it.now:
        return Decision(
            verb=Verb.WAIT, reason=f"held by a person until {it.held_until:%Y-%m-%d %H:%M} UTC", limit="held"
        )
    if it.standing in (Standing.PENDING, Standing.DIFFERS):
        return _by_mode(it, Verb.FLAG, "the POS has a record of it: it is never touched; a person completes it there")
    return _absent(it)


def _absent(it: Situation) -> Decision:
    causes = [f for f in it.findings if f.remedy is not Remedy.NONE and not f.gone]
    waits = [f.cause for f in causes if f.remedy is Remedy.WAIT]
    if waits:
        if "connector_stalled" in waits:
            return Decision(verb=Verb.WAIT, reason=STALLED, limit="stalled")
        return Decision(verb=Verb.WAIT, reason=COMES_BY_ITSELF)
    # The held cause is one that was seen gone, or that a person says is fixed: the canary tells.
    fixes = [f for f in causes if f.remedy is Remedy.FIX_THEN_RETRY and f.cause != it.held_cause]
    standing_fixes = [f for f in fixes if f.certainty is not Certainty.POSSIBLE]
    if it.requeued_by and it.standing is Standing.MISSING:
        return _touch(it)
    if standing_fixes or it.still_held:
        return _by_mode(it, Verb.TELL, "what holds it back has to be changed first")
    if it.standing is Standing.WAITING:
        return Decision(verb=Verb.WAIT, reason="too early to tell")
    if fixes or any(f.remedy is Remedy.RETRY and f.certainty is Certainty.POSSIBLE for f in causes):
        return _by_mode(it, Verb.ASK, "the cause is only possible", "certainty")
    if any(f.remedy is Remedy.FLAG for f in causes):
        return _by_mode(it, Verb.ASK, "not all findings agree on a touch", "agreement")
    if it.held_cause is None and it.arrivals < NEEDED_ARRIVALS:
        text = (
            f"only lateness speaks for it, and the connector's speed is not known yet ({it.arrivals} of 200 arrivals)"
        )
        return Decision(verb=Verb.WAIT, reason=text, limit="arrivals")
    return _touch(it)


def _by_mode(it: Situation, verb: Verb, reason: str, limit: str = "") -> Decision:
    if it.mode is Mode.OBSERVE or it.stopped:
        return Decision(verb=Verb.RECORD, reason=f"{reason}; {it.stopped or 'mode observe only records'}", limit=limit)
    return Decision(verb=verb, reason=reason, limit=limit)


def _touch(it: Situation) -> Decision:
    """A touch, unless a limit lowers it."""
    by = it.requeued_by or ""
    for slug, verb, speaks, lifted in LIMITS:
        reason = None if lifted and by else speaks(it)
        if reason:
            return Decision(verb=verb, reason=reason, limit=slug, by=by)
    if by:
        return Decision(verb=Verb.TOUCH, reason=f"re-queued by {by}; no POS record under any spelling", by=by)
    if it.held_cause:
        return Decision(
            verb=Verb.TOUCH, reason=f"{it.held_cause} is seen gone or said to be, and the order is still absent"
        )
    return Decision(verb=Verb.TOUCH, reason="late without an explanation, and absent under every spelling")


Speaks = Callable[[Situation], str | None]


def _stopped(it: Situation) -> str | None:
    return it.stopped


def _doubles(it: Situation) -> str | None:
    return "at this shop a touch has brought an order in twice" if it.touch is TouchEffect.DOUBLES else None


def _observing(it: Situation) -> str | None:
    return "mode observe only records" if it.mode is Mode.OBSERVE else None


def _settling(it: Situation) -> str | None:
    last = it.last_touch
    if last is None or last.state == "refused" or last.outcome in ("arrived", "not_arrived"):
        return None
    if it.now - last.sent_at < it.limits.settle:
        return "the last touch is still settling"
    return "the last touch was never answered" if last.state in ("intended", "unknown") else None


def _second_touch(it: Situation) -> str | None:
    """A slow connector may still react to the first touch: a second one too early is how sales double."""
    last = it.last_touch
    if last is None or last.state == "refused" or it.requeued_by:
        return None
    if it.touch is not TouchEffect.WORKS:
        return "it was touched already, and it is not proven that a touch works here"
    return "it was touched less than an hour ago" if it.now - last.sent_at < timedelta(hours=1) else None


def _no_effect(it: Situation) -> str | None:
    if it.touch is not TouchEffect.NO_EFFECT:
        return None
    return "this connector does not react to a touch: use Mortar's resync order on it"


def _assisting(it: Situation) -> str | None:
    return "mode assist asks before a touch" if it.mode is Mode.ASSIST and not it.said_fixed else None


def _age(it: Situation) -> str | None:
    if it.now - it.eligible_at > it.limits.max_age:
        return f"missing for more than {it.limits.max_age.days} days"
    return "older than this installation" if it.created_at < it.installed_at else None


def _attempts(it: Situation) -> str | None:
    return f"{it.attempts} touches did not bring it in" if it.attempts >= it.limits.attempts else None


def _cap(it: Situation) -> str | None:
    if it.touched_last_hour < it.limits.touches_an_hour:
        return None
    return f"{it.touched_last_hour} orders were touched in the last hour, the shop's cap"


def _share(it: Situation) -> str | None:
    explained = it.held_cause is not None or any(f.scope is Scope.SHOP for f in it.findings)
    if explained or it.eligible_today < it.limits.share_from or it.share <= it.limits.share:
        return None
    return f"{it.share:.0%} of the last day's orders would be touched: suspecting ourselves, stopped until released"


def _not_alive(it: Situation) -> str | None:
    """A touch into a standing queue is the likeliest way to a double: a later arrival shows that it moves."""
    queued = it.held_cause is None or it.held_cause in WAIT_IN_A_QUEUE
    if it.carried_since or not queued:
        return None
    return "no order that became eligible later has arrived yet: the connector may be standing still"


def _unproven(it: Situation) -> str | None:
    """Rule 5: a touch needs proof of absence."""
    p = it.proof
    if not p.spelling_proven:
        return "no order has matched under these spellings of the reference yet"
    if not p.control_found:
        return "a reference that is known to be in the POS was not found either"
    if p.first_absent_at is None or p.last_absent_at is None:
        return "no whole read has shown it absent"
    if p.last_absent_at - p.first_absent_at < it.limits.proof_gap:
        return "a second read, two minutes later, has to show it absent too"
    if it.now - p.last_absent_at > it.limits.proof_age:
        return "the last read is too old to touch on it"
    return None if p.looked_for_unreferenced else "sales keyed in by hand have not been looked for"


def _by_hand(it: Situation) -> str | None:
    """A re-queue is the answer to the question whether staff keyed the order in only once that has been asked."""
    if it.asked_by_hand or not any(finding.cause == BY_HAND for finding in it.findings):
        return None
    return "a sale without an order's number looks like it: if staff did not key it in by hand, re-queue it again"


def _canary(it: Situation) -> str | None:
    if it.under_way and it.touch is TouchEffect.UNPROVEN:
        return "the first touch at this shop is still under way: what it does here is not known yet"
    return None if it.group.room > 0 else it.group.reason


# slug, what it lowers a touch to, what it says, whether a person's re-queue lifts it
LIMITS: tuple[tuple[str, Verb, Speaks, bool], ...] = (
    ("stop", Verb.RECORD, _stopped, False),
    ("doubles", Verb.ASK, _doubles, False),
    ("observe", Verb.RECORD, _observing, True),
    ("by_hand", Verb.ASK, _by_hand, False),
    ("settling", Verb.WAIT, _settling, False),
    ("no_effect", Verb.ASK, _no_effect, True),
    ("assist", Verb.ASK, _assisting, True),
    ("age", Verb.ASK, _age, True),
    ("attempts", Verb.ASK, _attempts, True),
    ("second_touch", Verb.WAIT, _second_touch, True),
    ("share", Verb.ASK, _share, True),
    ("cap", Verb.WAIT, _cap, False),
    ("alive", Verb.WAIT, _not_alive, True),
    ("canary", Verb.WAIT, _canary, False),
    ("proof", Verb.WAIT, _unproven, False),
)
