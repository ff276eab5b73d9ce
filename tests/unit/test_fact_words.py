"""Evidence in French: every label and value that a rule can give, and nothing left of its English."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile import fact_words
from reconcile.diagnose import diagnose
from reconcile.model import DiscrepancyKind, Fact
from reconcile.rules._settings import FILTERS
from tests.rules.language import evidence

CASES = Path(__file__).parents[1] / "rules" / "cases"
# As the connector's own page has them, in English whatever the language.
SETTINGS = {one.setting for one in FILTERS} | {
    "Allow Orders only with these tags", "Ignore Orders with these tags", "Automatically invoice", "Default Customer ID",
    "Download Orders", "Download Refunds", "Employee assigned to POS transactions", "In-store order number prefix",
    "Order Minimum Created Date Time",
}  # fmt: skip
ENGLISH = re.compile(r"\b(the|of|on|not|none|and|that|since|with|made|was|are|more|ago|no|unknown|required|all)\b")


def facts() -> list[Any]:
    """Every fact that any case of any rule brings up, once."""
    cases = [
        case or {}
        for path in sorted(CASES.glob("*.yaml"))
        for half in (yaml.safe_load(path.read_text()) or {}).values()
        for case in (half or {}).values()
    ]
    found = {fact: None for case in cases for finding in diagnose(evidence(case)) for fact in finding.facts}
    return list(found)


def test_every_fact_is_said_in_french() -> None:
    every = facts()
    assert len({fact.what for fact in every}) > 90
    known = {fact for fact in every if fact.what in SETTINGS or fact_words.LABELLED.find(fact.what)}
    assert {fact.what for fact in every} - {fact.what for fact in known} == set()
    assert [said for fact in every if ENGLISH.search(said := _without_names(fact))] == []


def _without_names(fact: Fact) -> str:
    """The French, without what is the shop's own words."""
    what, said = fact_words.told(fact, "fr")
    names = ("" if what in SETTINGS else what).replace("NO PRODUCT FOUND", "").replace("No Product Found", "")
    return f"{names}: {said}".replace("No Product Found", "").replace("(COD)", "").replace("Cash on Delivery", "")


def test_english_stays_as_the_rules_wrote_it() -> None:
    assert [fact for fact in facts() if fact_words.told(fact, "en") != (fact.what, fact.value)] == []


@pytest.mark.parametrize("kind", DiscrepancyKind)
def test_every_kind_of_difference_has_its_french(kind: DiscrepancyKind) -> None:
    assert any(fact_words.LABELLED.find(f"{kind.value}{subject}") for subject in ("", " MUG-01"))


@pytest.mark.parametrize(
    ("of", "english", "french"),
    [
        ("orders like it, late in a row", "3, the first eligible 2026-03-02 10:00:00 UTC",
         "3, la première attendue le 2026-03-02 10:00:00 UTC"),
        ("record", "order:5001, open, made 2026-03-02 10:00:40 UTC", "order:5001, open, fait le 2026-03-02 10:00:40 UTC"),
        ("balance of order:5001", "-5.5 of 100", "-5,5 sur 100"), ("probability", "95.7 %", "95,7 %"),
        ("eligible since", "x, 2 d 3 h ago; usually here within 15 min", "x, il y a 2 j 3 h ; d'habitude ici en 15 min"),
        ("tags", "none", "aucune"), ("customer", "none", "aucun"), ("ordered", "MUG-01, TEE-01", "MUG-01, TEE-01"),
        ("state", "partially_paid, unfulfilled", "partiellement payé, non traitée"),
        ("employee Bo", "archived and locked out", "archivé et verrouillé"),
    ],
)  # fmt: skip
def test_values(of: str, english: str, french: str) -> None:
    assert fact_words.value(of, english, "fr") == french
