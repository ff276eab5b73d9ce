"""The figures that a test run proves its promises with: noted by the tests, printed as one table at the end."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

PROPERTY = "figures"

Note = Callable[..., None]


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """`note(promise, runs=1, lost=0)`: the figures of equal promises are added up; what begins with `longest` is not."""

    def noted(promise: str, **figures: float) -> None:
        record_property(PROPERTY, json.dumps({"promise": promise, **figures}))

    return noted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each promise: what was tried, and what was lost, doubled or wrong."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "call":
                _add(found, json.loads(value))
    if not found:
        return
    terminalreporter.section("what was promised, and broken")
    for promise in sorted(found):
        told = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in found[promise].items())
        terminalreporter.write_line(f"{promise}: {told}")


def _add(found: dict[str, dict[str, float]], figures: dict[str, Any]) -> None:
    sums = found[figures.pop("promise")]
    for name, value in figures.items():
        before = sums.get(name, 0)
        sums[name] = max(before, value) if name.startswith("longest") else before + value


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
