"""`make bench`: the measures, as tables and as bench/results.json."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import front_door, verdicts

RESULTS = Path(__file__).parent / "results.json"
MEASURES = {"front_door": front_door.measure, "verdicts": verdicts.measure}


def shown(name: str, result: dict[str, Any]) -> Table:
    table = Table("measure", "figure", title=name.replace("_", " "))
    for key, value in result.items():
        table.add_row(key.replace("_", " "), str(value))
    return table


def main() -> None:
    console = Console()
    found: dict[str, Any] = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    }
    for name, measure in MEASURES.items():
        found[name] = measure()
        console.print(shown(name, found[name]))
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    console.print(f"written to {RESULTS.relative_to(Path.cwd())}")


if __name__ == "__main__":
    main()
