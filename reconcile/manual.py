"""The manual of causes: one Markdown page per rule, English then French, and an index by group.

`python -m reconcile.manual docs/rules` writes it (`make rules-docs`). Every word comes from the rules themselves.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconcile.model import Remedy, Scope
from reconcile.rules import Rule, catalogue, section

HEADINGS = ("Evidence", "Fix", "Then", "Not this", "Source")
INDEX = "README.md"
NOTE = "<!-- Made by `make rules-docs` from the rules: change the rule, not this page. -->"
OTHER = ("Others", "Autres")
GROUPS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Excluded: the connector is not meant to carry it", "Exclues : le connecteur ne doit pas les transmettre"): (
        "mirror_of_pos_sale", "test_order", "cancelled_before_download", "draft_order", "channel_excluded",
        "order_on_hold", "ignore_tag_present", "allow_tag_missing", "before_minimum_date",
    ),
    ("Connector settings", "Réglages du connecteur"): (
        "download_orders_off", "fulfilled_orders_off", "unfulfilled_orders_off", "archived_orders_off",
        "paid_without_transactions_off", "partially_paid_excluded", "manual_payments_off", "payment_not_captured",
        "refunds_off",
    ),
    ("Access", "Accès"): ("employee_archived", "connector_stalled"),
    ("POS set-up", "Réglages du POS"): (
        "required_custom_field", "required_product_unusable", "payment_type_missing", "order_source_unset",
        "item_archived",
    ),
    ("The order's own data", "Les données de la commande"): (
        "customer_incomplete", "sku_unknown", "sku_not_unique", "location_unmapped", "no_customer",
    ),
    ("In the POS, but wrong", "Dans le POS, mais fausses"): (
        "pending_required_field", "pending_total_mismatch", "pending_missing_product", "pending_refund_on_open",
        "pending_address_missing", "paid_not_completed", "no_product_found_line", "lines_missing", "total_differs",
        "tax_differs", "edit_not_carried", "refund_not_carried", "cancel_not_carried", "duplicate_sale",
    ),
    ("Keyed in by staff", "Saisies par le personnel"): ("entered_by_hand",),
    ("None fits", "Aucune ne convient"): ("unexplained",),
}  # fmt: skip
REMEDIES = {
    Remedy.WAIT: ("wait: it goes on by itself", "attendre : cela reprend tout seul"),
    Remedy.RETRY: ("touch it once its absence is proven", "la relancer une fois l'absence prouvée"),
    Remedy.FIX_THEN_RETRY: (
        "fix the cause, then the orders it held back are touched",
        "corriger la cause, puis les commandes retenues sont relancées",
    ),
    Remedy.FLAG: ("tell a person, never touch it", "prévenir une personne, ne jamais la relancer"),
    Remedy.NONE: ("nothing to do", "rien à faire"),
}
UNDECLARED = (
    "where it is only inferred: fix it or declare it, then the orders it held back are touched",
    "là où c'est seulement déduit : le corriger ou le déclarer, puis les commandes retenues sont relancées",
)
SCOPES = {
    Scope.SHOP: ("the shop: one fix frees many orders", "la boutique : une correction libère plusieurs commandes"),
    Scope.ORDER: ("this order", "cette commande"),
}
POSES = {"heartland": "Heartland Retail", "lightspeed_r": "Lightspeed R-Series", "lightspeed_x": "Lightspeed X-Series"}


def pages() -> dict[str, str]:
    """Every file of the manual by its name."""
    rules = catalogue()
    return {f"{slug}.md": _page(rule) for slug, rule in rules.items()} | {INDEX: _index(rules)}


def write(folder: Path) -> list[str]:
    """Write the manual; pages of rules that are gone are removed. Answers the names of the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    gone = sorted(path.name for path in folder.glob("*.md") if path.name not in made)
    for name in gone:
        (folder / name).unlink()
    changed = [name for name, text in made.items() if not _says(folder / name, text)]
    for name in changed:
        (folder / name).write_text(made[name], encoding="utf-8")
    return [*gone, *changed]


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def groups(rules: Mapping[str, Rule]) -> Iterator[tuple[tuple[str, str], list[Rule]]]:
    """The rules by group, each group and each of its rules in their order; what no group names comes last."""
    named = {slug for slugs in GROUPS.values() for slug in slugs}
    for titles, slugs in (*GROUPS.items(), (OTHER, tuple(sorted(set(rules) - named)))):
        found = [rules[slug] for slug in slugs if slug in rules]
        if found:
            yield titles, found


def _index(rules: Mapping[str, Rule]) -> str:
    lines = [NOTE, "", "# Causes", "", f"{len(rules)} causes, by where they lie. / {len(rules)} causes, par origine."]
    for (title, titre), found in groups(rules):
        lines += ["", f"## {title} / {titre}", "", "| cause | what it is | ce que c'est |", "|---|---|---|"]
        lines += [f"| [`{one.slug}`]({one.slug}.md) | {_cell(one.title)} | {_cell(one.title_fr)} |" for one in found]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _page(rule: Rule) -> str:
    return "\n".join([NOTE, "", f"# `{rule.slug}`", "", *_english(rule), "", *_french(rule)]) + "\n"


def _english(rule: Rule) -> Iterator[str]:
    yield from ("## English", "", f"**{rule.title}**", "", "| | |", "|---|---|")
    yield f"| what is done | {_remedies(rule, 0)} |"
    yield f"| what it lies with | {SCOPES[rule.scope][0]} |"
    yield f"| POS | {_poses(rule, 'every one')} |"
    for paragraph in _story(rule):
        yield from ("", paragraph)
    for heading in HEADINGS:
        yield from ("", f"**{heading}.** {_sentence(section(rule.manual, heading), rule.slug)}")
    yield from ("", f"Rule: `reconcile/rules/{rule.slug}.py`; its cases: `tests/rules/cases/{rule.slug}.yaml`.")


def _french(rule: Rule) -> Iterator[str]:
    yield from ("## Français", "", f"**{rule.title_fr}**", "", "| | |", "|---|---|")
    yield f"| ce qui est fait | {_remedies(rule, 1)} |"
    yield f"| d'où cela vient | {SCOPES[rule.scope][1]} |"
    yield f"| POS | {_poses(rule, 'tous')} |"
    for heading, text in (("Constat", rule.evidence_fr), ("À faire", rule.fix_fr), ("Ensuite", rule.then_fr)):
        yield from ("", f"**{heading}.** {_linked(text, rule.slug)}")


def _remedies(rule: Rule, language: int) -> str:
    said = REMEDIES[rule.remedy][language]
    if not rule.inferable:
        return said
    return f"{said}; {UNDECLARED[0]}" if language == 0 else f"{said} ; {UNDECLARED[1]}"


def _poses(rule: Rule, every: str) -> str:
    return ", ".join(name for key, name in POSES.items() if key in rule.pos) or every


def _story(rule: Rule) -> list[str]:
    """What the page says between its title and its first heading, a line per paragraph."""
    before = re.split(rf"^(?:{'|'.join(HEADINGS)}):", rule.manual, maxsplit=1, flags=re.MULTILINE)[0]
    paragraphs = [" ".join(one.split()) for one in before.split("\n\n")[1:]]
    return [_linked(one, rule.slug) for one in paragraphs if one]


def _sentence(text: str, here: str) -> str:
    return _linked(text if text.startswith("facts/") else text[:1].upper() + text[1:], here)


def _linked(text: str, here: str) -> str:
    """Slugs of other causes become links."""

    def link(found: re.Match[str]) -> str:
        slug = found[1]
        return f"[`{slug}`]({slug}.md)" if slug in catalogue() and slug != here else found[0]

    return re.sub(r"`(\w+)`", link, text)


if __name__ == "__main__":
    print("\n".join(write(Path(sys.argv[1]))) or "nothing to change")
