"""The audit as one HTML file to hand over: nothing is loaded from anywhere, in the shop's language."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from functools import partial
from pathlib import Path

from flask import current_app, render_template
from flask_babel import force_locale

from reconcile.audit import Audit, Problem
from reconcile.config import Shop
from reconcile.rules import catalogue
from reconcile.setup_check import CheckResult, Result
from reconcile.support_words import POS_NAMES, words
from webhooks.page_words import moment_at

WORST_FIRST = ("missing", "differs", "pending", "unread", "waiting", "matched", "excluded")
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Order audit", "proven": "{count} of {total} orders are proven in the POS",
        "all_well": "Every order is proven in the POS, or is not meant to be there.",
        "standing": "Standing", "orders": "Orders", "value": "Value", "causes": "Why orders are not proven",
        "cause": "Cause", "fix": "What to do", "order": "Order", "placed": "Placed", "certainty": "Certainty",
        "total": "Total", "no_cause": "not explained", "checklist": "The connector's checklist",
        "check": "Check", "result": "Result", "evidence": "Evidence",
        "read_only": "Made by reading both sides; nothing was written to Shopify or to the POS. Times are in UTC.",
        "s_missing": "missing", "s_differs": "differs", "s_pending": "pending", "s_unread": "unread",
        "s_waiting": "too early to tell", "s_matched": "proven", "s_excluded": "not meant to be there",
    },
    "fr": {
        "title": "Audit des commandes", "proven": "{count} commandes sur {total} sont prouvées dans le POS",
        "all_well": "Chaque commande est prouvée dans le POS, ou n'a pas à y être.",
        "standing": "État", "orders": "Commandes", "value": "Valeur",
        "causes": "Pourquoi des commandes ne sont pas prouvées",
        "cause": "Cause", "fix": "Que faire", "order": "Commande", "placed": "Passée", "certainty": "Certitude",
        "total": "Total", "no_cause": "non expliquée", "checklist": "La liste de vérification du connecteur",
        "check": "Vérification", "result": "Résultat", "evidence": "Constat",
        "read_only": "Fait en lisant les deux côtés ; rien n'a été écrit ni dans Shopify ni dans le POS. Heures en UTC.",
        "s_missing": "manquante", "s_differs": "différente", "s_pending": "en attente", "s_unread": "non lue",
        "s_waiting": "trop tôt pour le dire", "s_matched": "prouvée", "s_excluded": "n'a pas à y être",
    },
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class CauseGroup:
    """The orders of one standing that one cause holds back, with their value per currency."""

    standing: str
    title: str
    fix: str
    problems: list[Problem] = field(default_factory=list)

    @property
    def value(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for one in self.problems:
            sums[one.currency] += one.total
        return dict(sums)


def audit_html(found: Audit, shop: Shop) -> str:
    """The whole report as one page; it needs an application context."""
    locale = shop.locale if shop.locale in WORDS else "en"
    names = {**words(locale), **WORDS[locale]}
    total, proven = sum(found.standings.values()), found.standings.get("matched", 0)
    with force_locale(locale):
        return render_template(
            "report.html", found=found, shop=shop, words=names, locale=locale, groups=_groups(found.problems, locale),
            proven=names["proven"].format(count=proven, total=total), standings=WORST_FIRST,
            pos=POS_NAMES.get(shop.pos_kind, shop.pos_kind), checks=[_check(one, locale) for one in found.checks],
            utc=partial(moment_at, clock=UTC),
            style=(Path(current_app.root_path) / "static" / "page.css").read_text(),
        )  # fmt: skip


def _groups(problems: Sequence[Problem], locale: str) -> list[CauseGroup]:
    """Worst standing first, then the cause with the most orders."""
    groups: dict[tuple[str, str | None], CauseGroup] = {}
    for one in problems:
        key = (one.standing, one.cause)
        if key not in groups:
            title, fix = _words_of(one.cause, locale)
            groups[key] = CauseGroup(standing=one.standing, title=title, fix=fix)
        groups[key].problems.append(one)
    return sorted(groups.values(), key=lambda group: (WORST_FIRST.index(group.standing), -len(group.problems)))


def _words_of(cause: str | None, locale: str) -> tuple[str, str]:
    rule = catalogue().get(cause or "")
    if rule is None:
        return cause or WORDS[locale]["no_cause"], ""
    return (rule.title_fr, rule.fix_fr) if locale == "fr" else (rule.title, rule.fix)


def _check(one: CheckResult, locale: str) -> dict[str, str | Result]:
    french = locale == "fr"
    return {
        "result": one.result,
        "subject": one.subject,
        "title": one.title_fr if french else one.title,
        "evidence": one.evidence_fr if french else one.evidence,
        "fix": one.fix_fr if french else one.fix,
    }
