"""The manual in docs/rules is what the rules say now."""

import re
from pathlib import Path

import pytest

from reconcile.manual import GROUPS, INDEX, OTHER, groups, pages, write
from reconcile.rules import catalogue

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", pages())
def test_every_page_is_what_the_rules_say(name: str) -> None:
    path = DOCS / "rules" / name
    assert path.is_file(), "run make rules-docs"
    assert path.read_text(encoding="utf-8") == pages()[name], "run make rules-docs"


def test_no_page_of_a_rule_that_is_gone() -> None:
    assert {path.name for path in (DOCS / "rules").iterdir()} == pages().keys()


def test_every_rule_stands_in_the_index_once_and_in_a_group() -> None:
    linked = re.findall(r"^\| \[`(\w+)`\]", pages()[INDEX], re.MULTILINE)
    assert sorted(linked) == sorted(catalogue())
    named = [slug for slugs in GROUPS.values() for slug in slugs]
    assert len(named) == len(set(named))
    assert OTHER not in dict(groups(catalogue())), "name the cause in a group of reconcile/manual.py"


def words(text: str) -> str:
    """The bare words of a text, whatever its marks, line ends and capitals."""
    return " ".join(re.sub(r"[\W_]+", " ", text).lower().split())


def test_a_page_says_all_that_its_rule_says() -> None:
    for slug, rule in catalogue().items():
        page = pages()[f"{slug}.md"]
        said = words(re.sub(r"\(\w+\.md\)", "", page))
        for line in rule.manual.partition("\n\n")[2].splitlines():
            assert words(line) in said, f"{slug}: {line}"
        assert rule.fix_fr in page and rule.title_fr in page


def test_links_lead_to_pages() -> None:
    for name, text in pages().items():
        for target in re.findall(r"\]\((\w+\.md)\)", text):
            assert target in pages(), f"{name}: {target}"


def test_writing_replaces_what_is_old_and_removes_what_is_gone(tmp_path: Path) -> None:
    assert set(write(tmp_path)) == pages().keys()
    assert write(tmp_path) == []
    (tmp_path / "unexplained.md").write_text("old")
    (tmp_path / "no_such_rule.md").write_text("gone")
    assert set(write(tmp_path)) == {"unexplained.md", "no_such_rule.md"}
    assert not (tmp_path / "no_such_rule.md").exists()
    assert (tmp_path / "unexplained.md").read_text() == pages()["unexplained.md"]
