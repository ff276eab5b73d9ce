"""docs/guarantees.md shows the figures of the run that is kept, and names tests that exist."""

import json
import re

import pytest

from tests.guarantees import HOME, KEPT, NOUGHT, PAGE, page_with

FOUND = json.loads(KEPT.read_text())


def test_the_figures_on_the_page_are_those_of_the_run() -> None:
    page = PAGE.read_text()
    assert page_with(page, FOUND) == page
    assert "<!-- end of the figures -->" in page


@pytest.mark.parametrize("promise", FOUND)
def test_what_has_to_be_nought_was(promise: str) -> None:
    values = FOUND[promise]["figures"]
    assert {name: values[name] for name in NOUGHT & set(values) if values[name]} == {}


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[a-z_/]+\.py)`", PAGE.read_text()))
    assert len(named) > 10
    assert [path for path in named if not (HOME / path).exists()] == []
