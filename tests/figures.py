"""The figures that a test run proves its promises with: noted by the tests, printed as one table at the end."""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests import guarantees

PROPERTY = "figures"

Note = Callable[..., None]


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """`note(promise, runs=1, lost=0)`: the figures of equal promises are added up; what begins with `longest` is not."""

    def noted(promise: str, **figures: float) -> None:
        record_property(PROPERTY, json.dumps({"promise": promise, **figures}))

    return noted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each promise: what was tried, and what was lost, doubled or wrong. `make faults` keeps them."""
    found = _collected(terminalreporter)
    if not found:
        return
    terminalreporter.section("what was promised, and broken")
    for promise in sorted(found):
        terminalreporter.write_line(f"{promise}: {guarantees.told(found[promise]).replace('**', '')}")
    if os.environ.get("KEEP_FIGURES"):
        _keep(terminalreporter, found)


def _collected(terminalreporter: Any) -> guarantees.Figures:
    found: guarantees.Figures = defaultdict(dict)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "call":
                _add(found, json.loads(value))
    return found


def _keep(terminalreporter: Any, found: guarantees.Figures) -> None:
    if terminalreporter.getreports("failed") or terminalreporter.getreports("error"):
        terminalreporter.write_line("The figures are not kept: not every test has passed.")
        return
    guarantees.keep(found)
    terminalreporter.write_line(f"kept in {guarantees.KEPT} and on {guarantees.PAGE}")


def _add(found: guarantees.Figures, figures: dict[str, Any]) -> None:
    sums = found[figures.pop("promise")]
    for name, value in figures.items():
        before = sums.get(name, 0)
        sums[name] = max(before, value) if name.startswith("longest") else before + value
