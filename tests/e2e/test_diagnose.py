"""`make diagnose`: one line of JSON in the agreed shape, exit 0 whenever it ran, and a sentence for what cannot be played."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SMALL = {"seed": 3, "hours": 1, "orders": 12, "faults": [{"cause": "test_order", "share": 0.2}]}
KEYS = {
    "orders", "causes", "false_missing", "touches", "needless_touches", "duplicate_sales", "arrived_after_touch",
    "pos_calls", "shopify_calls", "unexplained",
}  # fmt: skip


def diagnosed(folder: Path, scenario: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as make gives it, on a scenario or on a file's text."""
    file = folder / "scenario.json"
    file.write_text(scenario if isinstance(scenario, str) else json.dumps(scenario))
    return subprocess.run(
        [sys.executable, "-m", "bench.diagnose", str(file)], capture_output=True, text=True, timeout=300,
        env={**os.environ, "JSON": "1", "WIRE": "", **environment}, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("pos", ["heartland", "lightspeed_r", "lightspeed_x"])
def test_it_prints_one_object_on_one_line(tmp_path: Path, pos: str) -> None:
    said = diagnosed(tmp_path, {**SMALL, "pos": pos})
    assert said.returncode == 0, said.stderr
    [line] = said.stdout.splitlines()
    result = json.loads(line)
    assert set(result) == KEYS and result["orders"] == 12
    cause = result["causes"]["test_order"]
    assert cause["planted"] == cause["found"] == cause["right"] == 2
    assert set(cause["minutes_to_notice"]) == {"median", "max"}


def test_a_cause_that_the_pos_does_not_know_strikes_nobody_and_is_named(tmp_path: Path) -> None:
    faults = [*SMALL["faults"], {"cause": "required_custom_field", "share": 0.5}]  # type: ignore[misc]
    said = diagnosed(tmp_path, {**SMALL, "faults": faults, "pos": "lightspeed_x"})
    assert said.returncode == 0, said.stderr
    assert set(json.loads(said.stdout)["causes"]) == {"test_order"}
    assert "required_custom_field does not exist at lightspeed_x" in " ".join(said.stderr.split())


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({**SMALL, "order": 1}, "order: unknown key"),
        ({**SMALL, "faults": [{"cause": "test_order", "shares": 1}]}, "faults[0].shares: unknown key"),
        ({**SMALL, "declared": {"download": True}}, "declared.download: unknown key"),
        ({**SMALL, "pos": "till"}, "pos: 'till' is none of heartland, lightspeed_r, lightspeed_x"),
        ([], "an object is expected"),
        ("{", "this is not JSON"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path: Path, scenario: Any, words: str) -> None:
    said = diagnosed(tmp_path, scenario)
    assert said.returncode == 2 and not said.stdout
    assert words in said.stderr and "Traceback" not in said.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "bench.diagnose", "no-such.json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 2 and "no-such.json: No such file" in said.stderr


def test_a_wire_report_sets_how_the_pos_answers(tmp_path: Path) -> None:
    """Of an account that filters no order by its status the product must not read one by one, and says the same."""
    report = tmp_path / "wire.json"
    report.write_text(
        json.dumps({"pos": "heartland", "switches": {"order_status_filter": False, "per_page_default": 7}})
    )
    said = diagnosed(tmp_path, SMALL, WIRE=str(report))
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["causes"]["test_order"]["right"] == 2
    refused = diagnosed(tmp_path, {**SMALL, "pos": "lightspeed_r"}, WIRE=str(report))
    assert refused.returncode == 2 and "says nothing about lightspeed_r" in refused.stderr
    report.write_text(json.dumps({"pos": "heartland", "switches": {"no_such_switch": 1}}))
    unknown = diagnosed(tmp_path, SMALL, WIRE=str(report))
    assert unknown.returncode == 2 and "no_such_switch" in unknown.stderr
