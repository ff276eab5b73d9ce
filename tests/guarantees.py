"""The figures of docs/guarantees.md: kept as JSON by `make faults`, and laid on the page from there, never by hand."""

import json
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs" / "guarantees.md"
KEPT = HOME / "tests" / "faults" / "figures.json"
LAID = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of the figures -->)", re.DOTALL)
# What has to be nought; it stands out on the page.
NOUGHT = {
    "accepted", "broken", "crashes", "doubled", "executed", "found", "leases_left", "let_in", "lost", "never_found",
    "of_orders_that_were_there", "reached", "skipped", "smuggled", "strangers_called", "taken", "wrong_200", "wrong_missing",
}  # fmt: skip

Figures = dict[str, dict[str, float]]
Kept = dict[str, dict[str, Any]]  # by promise: its figures, and the run that gave them


def keep(figures: Figures) -> None:
    """What a run without a failure gave, each promise with its run; those that were not tried now keep theirs."""
    run = {
        "seeds": int(os.environ.get("SEEDS") or 1), "ended_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": machine(),
    }  # fmt: skip
    kept = json.loads(KEPT.read_text()) if KEPT.exists() and os.environ.get("TESTS") else {}
    kept |= {promise: {"figures": rounded(values), "run": run} for promise, values in figures.items()}
    KEPT.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
    PAGE.write_text(page_with(PAGE.read_text(), kept))


def rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: value if isinstance(value, int) else round(value, 3) for name, value in values.items()}


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def page_with(page: str, kept: Kept) -> str:
    """The page with these figures in the place of those that it shows."""
    return LAID.sub(lambda _: shown(kept), page)


def shown(kept: Kept) -> str:
    rows = [f"| {promise} | {told(one['figures'])} | {_run(one['run'])} |" for promise, one in sorted(kept.items())]
    machines = sorted({one["run"]["machine"] for one in kept.values()})
    return "\n".join(
        [f"Measured on: {'; '.join(machines)}.", "", "| tried | figures | run |", "|---|---|---|", *rows, ""]
    )


def _run(run: dict[str, Any]) -> str:
    return f"`SEEDS={run['seeds']}`, {run['ended_at'][:10]}"


def told(values: dict[str, float]) -> str:
    return ", ".join(_one(name, value) for name, value in sorted(values.items(), key=lambda one: one[0] in NOUGHT))


def _one(name: str, value: float) -> str:
    text = f"{name.replace('_', ' ')} {number(value)}"
    return f"**{text}**" if name in NOUGHT else text


def number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
