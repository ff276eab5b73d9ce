"""docs/performance.md is what the kept figures say, and says how every measure stands beside its targets."""

import json

import pytest

from bench import page
from bench.__main__ import MEASURES, PAGE, RESULTS, USUAL, main
from bench.page_words import WORDS

if not RESULTS.exists():
    pytest.skip("the measures have not been taken", allow_module_level=True)
FOUND = json.loads(RESULTS.read_text())


def test_the_page_is_written_from_the_results() -> None:
    assert PAGE.read_text() == page.page_of(FOUND)


def test_every_usual_measure_has_been_taken() -> None:
    assert set(USUAL) <= set(FOUND)


def test_every_measure_has_its_words() -> None:
    assert set(WORDS) == set(MEASURES)


@pytest.mark.parametrize("name", FOUND)
def test_a_target_is_met_or_said_to_be_missed_at_the_top(name: str) -> None:
    top = PAGE.read_text().partition("\n## ")[0]
    for target in FOUND[name]["targets"]:
        assert (f"{target['what']}: {target['found']}, wanted {target['wanted']}" in top) is not target["met"]


def test_a_measure_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["front_dor"]) == 2
    assert "front_dor" in capsys.readouterr().err
