"""The alert rules, the dashboard and the runbook speak of figures that exist, and of each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile.services import Services
from webhooks.app import create_app

DOCS = Path(__file__).resolve().parents[2] / "docs"
ALERTS = yaml.safe_load((DOCS / "monitoring" / "alerts.yaml").read_text())["groups"][0]["rules"]
PANELS = json.loads((DOCS / "monitoring" / "dashboard.json").read_text())["panels"]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    f"{panel['title']} {target['refId']}": target["expr"] for panel in PANELS for target in panel["targets"]
}
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}


@pytest.fixture
def series(services: Services) -> set[str]:
    """Every series that a fresh service offers, by what it says of its own types."""
    text = create_app(services).test_client().get("/metrics").text
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    return {
        name.removesuffix("_total") + end
        for name, kind in kinds
        for end in SUFFIXES.get(kind, [])
        if not name.endswith("_created")
    }


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_every_expression_names_series_that_exist(where: str, series: set[str]) -> None:
    named = set(re.findall(r"reconciler_\w+", EXPRESSIONS[where]))
    assert named, where
    assert named <= series, named - series


def test_every_series_of_ours_is_on_the_dashboard_or_watched(series: set[str]) -> None:
    named = {name for text in EXPRESSIONS.values() for name in re.findall(r"reconciler_\w+", text)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in series if name.startswith("reconciler_")}
    assert families <= {re.sub(r"_(bucket|count|sum)$", "", name) for name in named}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_its_section_in_the_runbook(rule: dict[str, Any]) -> None:
    runbook = (DOCS / "runbook.md").read_text()
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert f"\n## {rule['alert']}\n" in runbook


def test_the_runbook_has_no_section_without_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", (DOCS / "runbook.md").read_text(), re.MULTILINE)
    assert sections == [rule["alert"] for rule in ALERTS]
