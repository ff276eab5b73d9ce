"""docs/performance.md, written from the figures of the measures; no figure stands here."""

from typing import Any

from bench.figures import shown
from bench.page_words import HEAD, WORDS


def page_of(found: dict[str, Any]) -> str:
    """The page; measures that were never taken are left out."""
    parts = [HEAD, _standing(found)]
    for name, result in found.items():
        title, words = WORDS[name]
        parts.append(
            f"## {title}\n\n{words}\n\n{_table(result['table'])}\n{_targets(result['targets'])}{_taken(result['taken'])}"
        )
    return "\n".join(parts)


def _standing(found: dict[str, Any]) -> str:
    """The targets that are missed, first of all."""
    every = [(WORDS[name][0], target) for name, result in found.items() for target in result["targets"]]
    missed = [f"- {title}: {_in_words(target)}" for title, target in every if not target["met"]]
    met = f"{len(every) - len(missed)} of {len(every)} targets are met."
    return "\n".join([f"{met} Missed:\n", *missed, ""] if missed else [met, ""])


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
