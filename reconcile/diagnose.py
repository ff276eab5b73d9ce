"""Why an order stands where it stands: every rule of the catalogue asked once, the shop's causes first. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from reconcile.compare import Look
from reconcile.evidence import Evidence
from reconcile.model import Certainty, Finding, Remedy, Scope, Standing
from reconcile.rules import Rule, catalogue

LAST = "unexplained"  # asked only when no other rule speaks
JUST_BEFORE = timedelta(
    minutes=10
)  # the last reading before an order speaks for it: the next is made five minutes later, or soon after
SURE = {Certainty.CERTAIN: 0, Certainty.LIKELY: 1, Certainty.POSSIBLE: 2}
JUDGED = (Standing.WAITING, Standing.MISSING, Standing.PENDING, Standing.DIFFERS)


def diagnose(ev: Evidence) -> tuple[Finding, ...]:
    """The findings on one order, the likeliest cause first; empty while nothing can be said.

    An order that the connector is not meant to carry has no other cause: its excluding findings stand alone. What it
    leaves out without that being declared excludes nothing: it may be a mistake.
    """
    if ev.standing not in JUDGED or (ev.standing is Standing.WAITING and not ev.absent):
        return ()
    rules = catalogue()
    left_out = _found((r for r in rules.values() if r.excludes), ev) if ev.absent else []
    excluding = [one for one in left_out if _excludes(one)]
    if excluding:
        return _ranked(excluding)
    found = left_out + _found((r for r in rules.values() if not r.excludes and r.slug != LAST), ev)
    if ev.absent and not any(_stands(one) for one in found):
        found += _mended(ev)
    if ev.standing is Standing.WAITING:
        found = [one for one in found if one.scope is Scope.SHOP or one.certainty is Certainty.CERTAIN]
    elif not found and LAST in rules:
        found = _found([rules[LAST]], ev)
    return _ranked(found)


def standing_of(look: Look, findings: Sequence[Finding]) -> Standing:
    """Where the order stands when the findings are known: excluded when absent and not meant to be carried."""
    if not look.sales and any(map(_excludes, findings)):
        return Standing.EXCLUDED
    return look.standing


def _excludes(one: Finding) -> bool:
    found = catalogue().get(one.cause)
    return found is not None and found.excludes and one.remedy is Remedy.NONE


def _stands(one: Finding) -> bool:
    return one.remedy is Remedy.FIX_THEN_RETRY and one.certainty is not Certainty.POSSIBLE and not one.gone


def _mended(ev: Evidence) -> list[Finding]:
    """What stood in the POS's settings when the order became eligible or after, and no longer holds it back."""
    for shop in ev.shop.past:
        if shop.set_up is None or shop.set_up.read_at < ev.eligible_at - JUST_BEFORE:
            break
        then, without = replace(ev, shop=shop), replace(ev, shop=replace(shop, set_up=None))
        fixable = [rule for rule in catalogue().values() if rule.remedy is Remedy.FIX_THEN_RETRY]
        found = [(rule, one) for rule in fixable if (one := rule.find(then)) and SURE[one.certainty] < 2]
        shown = [replace(one, gone=True) for rule, one in found if rule.find(without) is None]
        if shown:
            return shown
    return []


def _found(rules: Iterable[Rule], ev: Evidence) -> list[Finding]:
    return [found for found in (rule.find(ev) for rule in rules) if found is not None]


def _ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The shop's causes before the order's own, but none that is only possible before one that is better proven."""
    return tuple(sorted(found, key=_rank))


def _rank(one: Finding) -> tuple[bool, bool, int, str]:
    return one.certainty is Certainty.POSSIBLE, one.scope is not Scope.SHOP, SURE[one.certainty], one.cause
