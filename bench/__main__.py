"""`make bench`: the measures, as tables, as bench/results.json and as docs/performance.md.

`python -m bench [MEASURE …]`: these alone; the figures of the others stay as they were. `--long`: those that take longer
than a coffee; they are run once in a while, and say on the page when that was.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import backlog, floor, front_door, growth, page, pages, pos_cost, scale_out, verdicts, waiting
from bench.figures import shown
from bench.serving import HOME

RESULTS, PAGE = HOME / "bench/results.json", HOME / "docs/performance.md"
Measure = Callable[[], dict[str, Any]]
USUAL: dict[str, Measure] = {
    "front_door": front_door.measure,
    "verdicts": verdicts.measure,
    "floor": floor.measure,
    "waiting": waiting.measure,
    "pos_cost": pos_cost.measure,
    "growth": growth.measure,
    "pages": pages.measure,
    "scale_out": scale_out.measure,
}
LONG: dict[str, Measure] = {
    "waiting_ten_minutes": waiting.measure_ten_minutes,
    "growth_ten_million": growth.measure_ten_million,
    "backlog": backlog.measure,
    "host_killed": scale_out.measure_host_killed,
}
MEASURES = USUAL | LONG


def run(name: str) -> dict[str, Any]:
    """One measure, with when, how long and on how busy a machine it was taken."""
    load, began = os.getloadavg()[0], time.monotonic()
    found = MEASURES[name]()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    taken = {
        "on": f"{datetime.now(UTC):%Y-%m-%d}",
        "took_s": round(time.monotonic() - began),
        "load_before": round(load, 1),
    }
    return {**found, "taken": {**taken, "machine": machine}}


def told(console: Console, name: str, result: dict[str, Any]) -> None:
    """The measure's table, and how it stands beside its targets."""
    columns = list(dict.fromkeys(column for row in result["table"].values() for column in row))
    table = Table("", *columns, title=name.replace("_", " "))
    for label, row in result["table"].items():
        table.add_row(label, *(shown(row[column]) if column in row else "" for column in columns))
    console.print(table)
    for target in result["targets"]:
        mark = "[green]met[/green]" if target["met"] else "[red]missed[/red]"
        console.print(f"{mark}  {target['what']}: {target['found']} (target: {target['wanted']})")


def main(arguments: list[str]) -> int:
    names = [word for word in arguments if word != "--long"] or list(LONG if "--long" in arguments else USUAL)
    if unknown := [name for name in names if name not in MEASURES]:
        print(f"There is no measure {', '.join(unknown)}. There are: {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    console, failed = Console(), []
    for name in names:
        try:
            result = run(name)
        except Exception as error:  # noqa: BLE001 - whatever hinders one measure, the others can be taken all the same
            failed.append(f"{name}: {type(error).__name__}: {error}")
            continue
        told(console, name, result)
        found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept = {one: {**found, name: result}[one] for one in MEASURES if one in {**found, name: result}}
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(page.page_of(kept))
    for line in failed:
        console.print(f"[red]not measured[/red]  {line}")
    console.print(f"written to {RESULTS.relative_to(HOME)} and {PAGE.relative_to(HOME)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
