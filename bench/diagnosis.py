"""`python -m bench.diagnosis [part of a name …]`: the labelled set played, its figures as JSON and as docs/diagnosis.md.

Each scenario's result is kept as soon as it is there, so that a part of the set may be played again; `--missing` plays
those that have no result yet.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.client import Sandbox
from bench.diagnose import MEMORY, free_port
from bench.diagnosis_page import page
from bench.forecasts import forecasts, score_of
from bench.labelled import Labelled, scenarios
from bench.play import START, Played, play
from bench.scores import score

RESULTS = Path(__file__).parent / "diagnosis.json"
PAGE = Path(__file__).parents[1] / "docs" / "diagnosis.md"


def run(one: Labelled) -> dict[str, Any]:
    """One scenario's figures."""
    sandbox, read = Sandbox(free_port()), []

    def hourly(played: Played) -> None:
        one.act(played)
        read.extend(forecasts(played, one.scenario))

    try:
        sandbox.wait()
        with TemporaryDirectory(prefix="diagnosis-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
            played = play(one.scenario, sandbox, Path(folder), hourly, START + one.installed_after)
            return score(played, one) | {"forecasts": score_of(read)}
    finally:
        sandbox.stop()


def main(parts: list[str]) -> int:
    kept: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    every = scenarios()
    chosen = [name for name in every if not parts or any(part in name for part in parts)]
    if parts == ["--missing"]:
        chosen = [name for name in every if name not in kept]
    for name in chosen:
        kept[name] = run(every[name])
        wrong = sum(one["orders"] for one in kept[name]["taken_for"] if one["planted"] != one["found"])
        print(f"{name}: {kept[name]['orders']} orders, {wrong} taken for something else", file=sys.stderr)
        ordered = {name: kept[name] for name in every if name in kept}
        RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")
        PAGE.write_text(page(ordered))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
