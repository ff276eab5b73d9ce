"""docs/performance.md, written from the figures of the measures."""

from typing import Any

HEAD = """\
# Performance

Written by `make bench` from `bench/results.json`; do not edit. {machine}
Load average before each measure: {loads}. Where it is not near zero others shared the machine, and only the ratios
within one table mean something: its rows were measured in turns.
"""

DOOR = """\
## Front door

Signed orders of 7 kB; a 200 only after the delivery is on disk (SQLite `synchronous=FULL`, PostgreSQL `fsync=on`,
Redis `appendfsync always`). Medians of alternating runs, in brackets the slowest and the fastest. The bare server keeps
nothing: it shows what the server and the load can do at most.

| | {columns} | lost | peak memory |
|---|{rules}|---|---|
"""

# Measured apart from the table (batches of fifty calls in one thread, the best batch): the table's runs cannot tell parts.
DOOR_FLOOR = """\
Where the time of one delivery goes, in one thread and with the machine to itself: Flask with an empty view 80 µs; sealing 7 kB
(Fernet) 45 µs; the signature 5 µs; headers, checks, counting and timing 50 µs; its share of a commit in groups of
sixteen 60 µs, and one `fsync` of about a millisecond per group. What is above this sum is sixteen threads
and the one that writes handing Python's lock to each other. More processes do not help on SQLite, which has one writer.
"""

VERDICTS = """\
## Verdicts

A day's deliveries of one shop, folded and judged at one go; every order is in the POS. The sandbox that answers for
the POS and for Shopify is a process of its own on the same machine, so its work is in the elapsed time but not in the CPU time.
"""

GROWTH = """\
## Growth

The same day on ledgers that hold orders of the last two years. `times slower` compares the largest with the smallest.
"""


def page_of(found: dict[str, Any]) -> str:
    """The page; measures that have not been run are left out."""
    machine = found["machine"]
    loads = ", ".join(
        f"{name.replace('_', ' ')} {result['load_before']}" for name, result in found.items() if "load_before" in result
    )
    told = f"{machine['cores']} cores, Python {machine['python']}, {machine['system']}."
    parts = [HEAD.format(machine=told, loads=loads)]
    if "front_door" in found:
        parts.append(_door(found["front_door"]))
    if "verdicts" in found:
        parts.append(VERDICTS + "\n" + _list(found["verdicts"]))
    if "growth" in found:
        parts.append(GROWTH + "\n" + _growth(found["growth"]))
    return "\n".join(parts)


def _door(result: dict[str, Any]) -> str:
    rows = {name: row for name, row in result.items() if isinstance(row, dict)}
    columns = [name for name in next(iter(rows.values())) if name.endswith("connections")]
    text = DOOR.format(columns=" | ".join(columns), rules="|".join("---" for _ in columns))
    for name, row in rows.items():
        lost = "–" if row["lost"] is None else row["lost"]
        cells = " | ".join(_rate(row[column]) for column in columns)
        text += f"| {name} | {cells} | {lost} | {row['peak_mb']} MB |\n"
    return f"{text}\n{DOOR_FLOOR}"


def _rate(run: dict[str, Any]) -> str:
    slowest, fastest = run["slowest_and_fastest"]
    return f"{run['per_s']}/s [{slowest}–{fastest}], p99 {run['p99_ms']} ms"


def _list(result: dict[str, Any]) -> str:
    lines = [f"| {name.replace('_', ' ')} | {value} |" for name, value in result.items() if name != "load_before"]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _growth(result: dict[str, Any]) -> str:
    columns = [name for name, value in result.items() if isinstance(value, dict)]
    lines = [f"| | {' | '.join(name.replace('_', ' ') for name in columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in result[columns[0]]:
        cells = " | ".join(str(result[column].get(name, "")) for column in columns)
        lines.append(f"| {name.replace('_', ' ')} | {cells} |")
    return "\n".join([*lines, ""])
