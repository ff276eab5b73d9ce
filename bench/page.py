"""docs/performance.md, written from the figures of the measures; no figure stands here."""

from typing import Any

from bench.figures import Row, median, short, shown
from bench.page_words import HEAD, IN_THE_WAY, SIZES, SIZING, WORDS

DAY_S = 86_400


def page_of(found: dict[str, Any]) -> str:
    """The page; measures that were never taken are left out."""
    parts = [HEAD, _standing(found), _sizing(found)]
    for name, result in found.items():
        title, words = WORDS[name]
        said = f"{_table(result['table'])}\n{_targets(result['targets'])}{_in_the_way(name, result)}"
        parts.append(f"## {title}\n\n{words}\n\n{said}{_taken(result['taken'])}")
    return "\n".join(parts)


def _standing(found: dict[str, Any]) -> str:
    """The targets that are missed, first of all."""
    every = [(WORDS[name][0], target) for name, result in found.items() for target in result["targets"]]
    missed = [f"- {title}: {_in_words(target)}" for title, target in every if not target["met"]]
    met = f"{len(every) - len(missed)} of {len(every)} targets are met."
    return "\n".join([f"{met} Missed:\n", *missed, ""] if missed else [met, ""])


def _sizing(found: dict[str, Any]) -> str:
    """What this machine carries, from the rows of several measures; nothing while one of them was not taken."""
    doors, verdicts, grown = (found.get(name, {}).get("table", {}) for name in ("front_door", "verdicts", "growth"))
    if any(row not in doors | verdicts | grown for rows in SIZES.values() for row in rows):
        return ""
    carried = {
        database: _carried(doors[door], verdicts[workers], grown[ledger])
        for database, (door, workers, ledger) in SIZES.items()
    }
    return f"## {SIZING[0]}\n\n{SIZING[1]}\n\n{_table(carried)}"


def _carried(door: Row, workers: Row, ledger: Row) -> Row:
    a_second = median(workers, "orders_per_s")
    return {
        "webhooks a second": median(door, "64: per s"),
        "verdicts a second, 50 shops": a_second,
        "million orders a day at a tenth of it": short(a_second / 10 * DAY_S / 1e6),
        "GB of disk for a million orders": short(median(ledger, "bytes per order") / 1_000),
        "most MB of the web processes": median(door, "peak MB"),
    }


def _in_the_way(name: str, result: dict[str, Any]) -> str:
    """Why a target is missed, where one is."""
    missed = any(not target["met"] for target in result["targets"])
    return f"{IN_THE_WAY[name]}\n\n" if missed and name in IN_THE_WAY else ""


def _in_words(target: dict[str, Any]) -> str:
    return f"{target['what']}: {target['found']}, wanted {target['wanted']}"


def _table(table: dict[str, dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(column for row in table.values() for column in row))
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in table.items():
        cells = (shown(row[column]) if column in row else "" for column in columns)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _targets(targets: list[dict[str, Any]]) -> str:
    if not targets:
        return ""
    lines = [
        f"| {one['what']} | {one['wanted']} | {one['found']} | {'yes' if one['met'] else '**no**'} |" for one in targets
    ]
    return "\n".join(["| target | wanted | found | met |", "|---|---|---|---|", *lines, "", ""])


def _taken(taken: dict[str, Any]) -> str:
    return (
        f"Taken {taken['on']} in {taken['took_s']} s, load average before {taken['load_before']}; {taken['machine']}.\n"
    )
