"""The catalogue of causes: one file per cause, found by its name; adding a file adds the rule."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Finding, Remedy, Scope

Check = Callable[[Evidence], "Suspicion | None"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a rule found: how sure it is, on what evidence, and what the orders it holds back have in common."""

    certainty: Certainty
    facts: tuple[Fact, ...]
    subject: str = ""
    gone: bool = False  # it held the order back, and is seen to be over
    inferred: bool = (
        False  # only the shop's orders speak for what leaves it out: nobody has declared that it is meant to
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A cause: its check and its manual page in two languages."""

    slug: str
    remedy: Remedy
    scope: Scope
    excludes: bool  # the connector is not meant to carry such an order: no fault
    inferable: bool  # what excludes may be undeclared and inferred: then it is a case, to be fixed or to be declared
    pos: frozenset[str]  # the POSs it applies to; empty: all
    title: str
    fix: str
    title_fr: str
    fix_fr: str
    evidence_fr: str
    then_fr: str
    manual: str
    check: Check

    def applies_to(self, pos: str) -> bool:
        return not self.pos or pos in self.pos

    def find(self, ev: Evidence) -> Finding | None:
        """The finding on this order, or None when the rule is silent."""
        found = self.check(ev) if self.applies_to(ev.shop.pos) else None
        if found is None:
            return None
        remedy, scope = (Remedy.FIX_THEN_RETRY, Scope.SHOP) if found.inferred else (self.remedy, self.scope)
        return Finding(
            cause=self.slug, certainty=found.certainty, remedy=remedy, scope=scope,
            facts=found.facts, subject=found.subject, gone=found.gone,
        )  # fmt: skip


def rule(
    *, remedy: Remedy, scope: Scope, title_fr: str, fix_fr: str, evidence_fr: str, then_fr: str, excludes: bool = False,
    inferable: bool = False, pos: Iterable[str] = (),
) -> Callable[[Check], Rule]:  # fmt: skip
    """Make a cause of a check; its slug is the function's name, its English page is the docstring."""

    def make(check: Check) -> Rule:
        manual = inspect.cleandoc(check.__doc__ or "")
        return Rule(
            slug=check.__name__, remedy=remedy, scope=scope, excludes=excludes, inferable=inferable, pos=frozenset(pos),
            title=manual.partition("\n")[0], fix=section(manual, "Fix"), title_fr=title_fr, fix_fr=fix_fr,
            evidence_fr=evidence_fr, then_fr=then_fr, manual=manual, check=check,
        )  # fmt: skip

    return make


def section(manual: str, heading: str) -> str:
    """The text under a heading such as ``Fix:``, its lines joined; empty when the page has none."""
    found: list[str] = []
    for line in manual.splitlines():
        if line.startswith(f"{heading}:"):
            found = [line.partition(":")[2].strip()]
        elif found and line.startswith(" "):
            found.append(line.strip())
        elif found:
            break
    return " ".join(found)


def remedy_of(slug: str, certainty: str | None) -> Remedy:
    """What helps against a settled cause: one that excludes orders, and was only inferred, is to be fixed or declared."""
    found = catalogue().get(slug)
    if found is None:
        return Remedy.NONE
    undeclared = found.inferable and certainty is not None and certainty != Certainty.CERTAIN
    return Remedy.FIX_THEN_RETRY if undeclared else found.remedy


@cache
def catalogue() -> dict[str, Rule]:
    """Every rule by slug, in the order of their names."""
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if not module.name.startswith("_"):
            found[module.name] = getattr(importlib.import_module(f"{__name__}.{module.name}"), module.name)
    return found
