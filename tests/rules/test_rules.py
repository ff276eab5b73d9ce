"""Every rule against its cases, which are data: cases/<slug>.yaml.

The case language
-----------------
A file has two maps, `fires` and `silent`, from a case's name to the case. Everything left out is the usual: a paid web
order #1001 over 100.00 (2 × MUG-01 at 20.00, 1 × TEE-01 at 45.00, shipping 5.00, tax 10.00), created at second 0,
eligible at once, looked at an hour later with a grace of 15 minutes, absent from a Heartland of which nothing is known.
All times are seconds after the order's creation and may be negative.

    order:     any field of `model.Order`. A time `x_at` is written `x_after_s` (closed_after_s: 2). `current_total` and
               `current_tax` follow `total` and `tax`; `lines`: [{sku, quantity, current_quantity, price, …}];
               `refunds`: [{after_s, amount, lines: [{sku, quantity, restock_type}]}]; `payments`: null, [] or
               [{kind, status, gateway, amount}] (left out: one successful sale, none when pending or authorized);
               `customer`: {present, valid_email, missing_parts, odd_characters}; `assigned_locations`: [names] or null
    sale:      a POS record, created 40 s after the order (`arrived_after_s`), that mirrors it in all that is not said:
               any field of `model.Sale`; `kind`: sale or refund; `status`: complete, open, pending, …;
               `lines`: null (unread) or [{sku, quantity, unit_price, title}]. `sale: {}` is a perfect copy
    sales:     a list of such records. Neither `sale` nor `sales`: the order is absent
    declared:  any field of `evidence.Declared`, lists and ISO times as in the stores file
    set_up:    null (never read), or the parts that were read: `required_fields`: [{group, name, key, list_restricted}],
               `items`: {SKU: how many active products} or {SKU: [{active: false, …}]}, `locations`: [{name, stations,
               active}], `payment_types`: [names], `employees`: [{name, archived, locked, deleted, sells, owns_token}],
               `unread`: {part: why}
    shop:      `pos`: heartland, lightspeed_r or lightspeed_x; `unreferenced`: [POS records without a reference];
               `outcomes`: how other orders fared, [{arrived: true or false, count: 1, from_s: 60, every_s: 60,
               traits: […], takes_s: 60, late: not arrived, explained: false, touched: false}]. The order's own outcome is
               always added
    now_after_s: 3600    eligible_after_s: 0    grace_s: 900    pending_after_s: 1800

What is expected, in `fires`:  `certainty`; optionally `subject`; `also`: the other causes that are found beside it.
In `silent` optionally `instead`: the cause that is found first in its place.

A case that fires must be found first, and no rule but those of `also` may speak on it.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile.diagnose import diagnose
from reconcile.rules import catalogue, section
from tests.rules.language import evidence

CODE = re.compile(r"`(\w+)`")
FOLDER = Path(__file__).parent / "cases"
PAGES = {path.stem: yaml.safe_load(path.read_text()) or {} for path in sorted(FOLDER.glob("*.yaml"))}


def cases(half: str) -> list[Any]:
    return [
        pytest.param(slug, case or {}, id=f"{slug}-{name}")
        for slug, page in PAGES.items()
        for name, case in (page.get(half) or {}).items()
    ]


@pytest.mark.parametrize(("slug", "case"), cases("fires"))
def test_fires(slug: str, case: dict[str, Any]) -> None:
    found = diagnose(evidence(case))
    assert [one.cause for one in found[:1]] == [slug]
    assert {one.cause for one in found} == {slug, *case.get("also", ())}
    assert found[0].certainty.value == case["certainty"]
    assert found[0].facts, "a finding without evidence"
    if "subject" in case:
        assert found[0].subject == case["subject"]


@pytest.mark.parametrize(("slug", "case"), cases("silent"))
def test_silent(slug: str, case: dict[str, Any]) -> None:
    found = [one.cause for one in diagnose(evidence(case))]
    assert slug not in found
    if "instead" in case:
        assert found[:1] == [case["instead"]]


def test_every_case_file_is_a_rules() -> None:
    assert PAGES.keys() == catalogue().keys()


@pytest.mark.parametrize("slug", catalogue())
def test_has_cases_for_both_answers(slug: str) -> None:
    page = PAGES[slug]
    assert set(page) == {"fires", "silent"}
    assert page["fires"] and page["silent"]


@pytest.mark.parametrize("slug", catalogue())
def test_has_a_manual_page_in_two_languages(slug: str) -> None:
    rule = catalogue()[slug]
    assert rule.slug == slug
    assert rule.title.endswith(".") and rule.title_fr.endswith(".")
    assert rule.title_fr != rule.title and rule.fix_fr and rule.fix_fr != rule.fix
    assert rule.evidence_fr.endswith(".") and rule.then_fr.endswith(".")
    assert len(rule.evidence_fr) > 0.7 * len(section(rule.manual, "Evidence")), "the French says less"
    assert len(rule.then_fr) > 0.7 * len(section(rule.manual, "Then")), "the French says less"
    assert set(CODE.findall(rule.evidence_fr)) == set(CODE.findall(section(rule.manual, "Evidence")))
    for heading in ("Evidence", "Fix", "Then", "Not this", "Source"):
        assert section(rule.manual, heading), heading
    assert "facts/" in section(rule.manual, "Source")
