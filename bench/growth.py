"""Growth: the same day of orders on ledgers of ten thousand and of a million orders."""

from typing import Any

from bench import verdicts

SIZES = (10_000, 1_000_000)
WATCHED = (
    "orders_in_ledger", "bytes_per_order", "deliveries_folded_per_s", "matched_per_s", "matched_per_cpu_s",
    "newest_orders_ms", "missing_orders_ms", "incidents_ms",
)  # fmt: skip


def measure(sizes: tuple[int, ...] = SIZES, count: int = 1_000) -> dict[str, Any]:
    """By size of the ledger; `times_slower` compares the last with the first."""
    found = {f"{size} older orders": _watched(verdicts.measure(size, count)) for size in sizes}
    first, *_, last = found.values()
    slower = {
        name: round(first[name] / last[name] if name.endswith("_s") else last[name] / first[name], 2)
        for name in WATCHED[1:]
        if first[name] and last[name]
    }
    return {**found, "times_slower": slower}


def _watched(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in WATCHED}
