"""The page says why a target is missed only where one is, and what a machine carries once all of it was measured."""

from typing import Any

import pytest

from bench.page import page_of
from bench.page_words import IN_THE_WAY, WORDS

TAKEN = {"on": "2026-11-25", "took_s": 1, "load_before": 0, "machine": "a machine"}
FIGURE = {"median": 1_000, "least": 900, "most": 1_100}
CARRIED: dict[str, dict[str, Any]] = {
    "front_door": {name: {"64: per s": FIGURE, "peak MB": 160} for name in ("ours on SQLite", "ours on PostgreSQL")},
    "verdicts": {
        name: {"orders_per_s": FIGURE} for name in ("50 shops, SQLite", "50 shops, PostgreSQL, two workers")
    },
    "growth": {f"{name}, 1,000,000 orders": {"bytes per order": 2_800} for name in ("SQLite", "PostgreSQL")},
}  # fmt: skip


def a_result(table: dict[str, Any], *, met: bool = True) -> dict[str, Any]:
    return {"table": table, "targets": [{"what": "it", "wanted": "2", "found": "1", "met": met}], "taken": TAKEN}


@pytest.mark.parametrize("name", IN_THE_WAY)
@pytest.mark.parametrize("met", [True, False])
def test_what_stands_in_the_way_is_said_where_a_target_is_missed(name: str, met: bool) -> None:
    shown = page_of({name: a_result({}, met=met)})
    assert (IN_THE_WAY[name] in shown) is not met


def test_only_measures_have_something_in_the_way() -> None:
    assert set(IN_THE_WAY) <= set(WORDS)


def test_what_a_machine_carries_is_worked_out_once_all_of_it_is_measured() -> None:
    whole = {name: a_result(table) for name, table in CARRIED.items()}
    assert "| SQLite | 1000 | 1000 | 8.64 | 2.8 | 160 |" in page_of(whole)
    assert "8.64" not in page_of({name: result for name, result in whole.items() if name != "growth"})
