"""docs/privacy.md lists what is kept of a person: all of it, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path

from reconcile.config import BODIES_KEPT, HISTORY_KEPT
from reconcile.ledger.tables import metadata
from reconcile.model import CustomerFacts
from reconcile.privacy import PRIVACY_TOPICS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "privacy.md").read_text()


def test_every_fact_of_a_buyer_is_on_the_page_and_no_other() -> None:
    table = PAGE.partition("## Of a buyer")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `(\w+)`:", table, re.MULTILINE))
    assert told == {field.name for field in fields(CustomerFacts)}


def test_no_column_is_named_after_a_person_that_the_page_does_not_speak_of() -> None:
    personal = re.compile(r"mail|phone|address|customer|buyer|first_name|last_name|city|zip|birth|ip$")
    columns = [f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns]
    assert [name for name in columns if personal.search(name.partition(".")[2])] == []


def test_its_spans_and_topics_are_those_of_the_code() -> None:
    assert f"Bodies of parked deliveries: {BODIES_KEPT.days} days" in PAGE
    assert f"History and sent alerts: {HISTORY_KEPT.days} days" in PAGE
    assert {topic for topic in PRIVACY_TOPICS if f"`{topic}`" in PAGE} == PRIVACY_TOPICS
