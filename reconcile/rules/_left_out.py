"""What the connector leaves out by a value that nobody has declared: a channel, a tag, a date. Not a rule."""

from collections.abc import Mapping
from fractions import Fraction

from reconcile.evidence import Declared, Evidence, Outcome
from reconcile.inference import ENOUGH_LATE, LIKELY, NAMED_KINDS, POSSIBLE, beliefs, held_back
from reconcile.model import Certainty, Fact
from reconcile.rules import Suspicion
from reconcile.rules._facts import shop
from reconcile.rules._settings import NOT_THERE, contrast, priors
from reconcile.runs import WITHOUT, has
from reconcile.traits import CREATED_LONG_BEFORE

CHANNEL, TAG, WITHOUT_TAG = "channel:", "tag:", f"{WITHOUT}tag:"
KINDS = (*NAMED_KINDS, CREATED_LONG_BEFORE)
SAID = {
    CHANNEL: "the channel {}", TAG: "the tag {}", WITHOUT_TAG: "the lack of the tag {}",
    CREATED_LONG_BEFORE: "that they were created long before",
}  # fmt: skip


def left_out_by(ev: Evidence, kind: str, setting: str, *seen: Fact) -> Suspicion | None:
    """What the shop's orders say of a setting that lists values of this kind: like this order they stay away in a row.

    Two properties that the same orders have account for them alike: then each is possible, and the other is named.
    """
    suspects = _suspects(ev)
    mine = [trait for trait in suspects if trait.startswith(kind)]
    if not mine or sum(suspects.values(), Fraction(0)) < LIKELY:
        return None
    trait = max(mine, key=lambda one: (suspects[one], one))
    run = held_back(ev.shop.outcomes, trait, ev.eligible_at, ev.grace, least=POSSIBLE, priors=priors(ev.shop.declared))
    return None if run is None else _suspicion(ev, trait, suspects, setting, (*seen, NOT_THERE, *contrast(run)))


def _suspicion(
    ev: Evidence, trait: str, suspects: Mapping[str, Fraction], setting: str, facts: tuple[Fact, ...]
) -> Suspicion | None:
    subject = _value(trait) or setting
    if suspects[trait] >= LIKELY:
        return Suspicion(Certainty.LIKELY, facts, subject, inferred=True)
    others = (shop("just as likely", _said(other)) for other in suspects if other != trait)
    return Suspicion(Certainty.POSSIBLE, (*facts, *others), subject, inferred=True) if ev.late else None


def _suspects(ev: Evidence) -> dict[str, Fraction]:
    """How probably each of the order's properties is what holds it back: one outweighs the others, or they share it.

    None that a switch of the connector accounts for as well.
    """
    own = next((one for one in ev.shop.outcomes if one.order_id == ev.order.order_id), None)
    unread = ev.order.payments is None  # a switch may account for it: that is not known yet
    if own is None or unread or not ev.absent or not _are_some_left_behind(ev.shop.outcomes):
        return {}
    every = beliefs(ev.shop.outcomes, ev.grace, priors(ev.shop.declared))
    found = {trait: one.probability for trait, one in every.items() if trait.startswith(KINDS) and has(own, trait)}
    if max(found.values(), default=Fraction(0)) < POSSIBLE:
        return {}
    rival = _of_a_switch(ev, own)
    found = {trait: probability for trait, probability in found.items() if probability > rival}
    likely = {trait: probability for trait, probability in found.items() if probability >= LIKELY}
    return likely or {trait: probability for trait, probability in found.items() if probability >= POSSIBLE}


def _of_a_switch(ev: Evidence, own: Outcome) -> Fraction:
    """How probably a switch of the connector holds the order back, whatever was declared of it: that may be wrong."""
    every = beliefs(ev.shop.outcomes, ev.grace, priors(Declared()))
    switches = (one for trait, one in every.items() if not trait.startswith(KINDS) and has(own, trait))
    return max((one.probability for one in switches), default=Fraction(0))


def _are_some_left_behind(outcomes: tuple[Outcome, ...]) -> bool:
    """Whether enough are absent, and one came that is later than the first of them: asked first, since it costs nothing."""
    away = sorted(one.eligible_at for one in outcomes if one.arrived_at is None and not one.explained)
    came = (one.arrived_at is not None and one.eligible_at > away[0] for one in reversed(outcomes))
    return len(away) >= ENOUGH_LATE and any(came)


def _value(trait: str) -> str:
    """The channel or the tag; a date has none."""
    return trait.removeprefix(_kind(trait))


def _said(trait: str) -> str:
    return SAID[_kind(trait)].format(_value(trait))


def _kind(trait: str) -> str:
    return next(kind for kind in SAID if trait.startswith(kind))
