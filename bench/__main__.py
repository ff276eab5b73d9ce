"""`make bench`: the measures, as tables, as bench/results.json and as docs/performance.md."""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import front_door, growth, verdicts
from bench.page import page_of

HOME = Path(__file__).resolve().parent.parent
RESULTS, PAGE = HOME / "bench/results.json", HOME / "docs/performance.md"
MEASURES: dict[str, Callable[[], dict[str, Any]]] = {
    "front_door": front_door.measure,
    "verdicts": verdicts.measure,
    "growth": growth.measure,
}


def shown(name: str, result: dict[str, Any]) -> Table:
    """The figures of one measure, one line each."""
    table = Table("measure", "figure", title=name.replace("_", " "))
    for key, value in flat(result):
        table.add_row(key, str(value))
    return table


def flat(result: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Every figure with its path in words."""
    rows: list[tuple[str, Any]] = []
    for key, value in result.items():
        name = f"{above}{key.replace('_', ' ')}"
        rows += flat(value, f"{name} · ") if isinstance(value, dict) else [(name, value)]
    return rows


def main(names: list[str]) -> None:
    """All measures, or those that are named; figures of the others stay as they were."""
    console = Console()
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() and names else {}
    found["machine"] = {
        "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform(),
    }  # fmt: skip
    for name in names or MEASURES:
        before = os.getloadavg()[0]
        found[name] = {**MEASURES[name](), "load_before": round(before, 1)}
        console.print(shown(name, found[name]))
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    PAGE.write_text(page_of(found))
    console.print(f"written to {RESULTS.relative_to(HOME)} and {PAGE.relative_to(HOME)}")


if __name__ == "__main__":
    main(sys.argv[1:])
