"""What a measure finds: a table of figures with their spread, and how they stand beside the targets."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Run = dict[str, float]
Row = dict[str, Any]
Table = dict[str, Row]


def in_turns(contestants: Mapping[str, Callable[[], Run]], runs: int) -> dict[str, list[Run]]:
    """Every contestant once, then every one again: what disturbs the machine disturbs them all."""
    found: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, run in contestants.items():
            found[name].append(run())
    return found


def spread(runs: Sequence[Run]) -> Row:
    """Of each figure its median, and the least and the most that was seen."""
    return {name: figure([run[name] for run in runs]) for name in runs[0]}


def figure(values: Sequence[float]) -> dict[str, float]:
    return {"median": short(statistics.median(values)), "least": short(min(values)), "most": short(max(values))}


def short(value: float) -> float:
    """Three digits that count; whole numbers from a hundred on."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


def median(row: Row, name: str) -> float:
    """One figure of a row, whether it has a spread or not."""
    value = row[name]
    return float(value["median"] if isinstance(value, dict) else value)


def at_least(what: str, found: float, wanted: float, unit: str = "×") -> dict[str, Any]:
    """A target, and whether it is met."""
    return _target(what, found, f"at least {wanted:g} {unit}", unit, met=found >= wanted)


def at_most(what: str, found: float, wanted: float, unit: str = "×") -> dict[str, Any]:
    """A target, and whether it is met."""
    return _target(what, found, f"at most {wanted:g} {unit}", unit, met=found <= wanted)


def _target(what: str, found: float, wanted: str, unit: str, *, met: bool) -> dict[str, Any]:
    return {"what": what, "wanted": wanted, "found": f"{short(found):g} {unit}", "met": met}


def shown(value: object) -> str:
    """A figure as people read it."""
    if isinstance(value, dict):
        return f"{value['median']:g} [{value['least']:g}–{value['most']:g}]"
    return f"{value:g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
