"""The four download settings on the checklist: what is declared, and what the orders show when that is not the same."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from reconcile.check_result import CheckResult, Result
from reconcile.evidence import Declared
from reconcile.inferred import Inferred
from reconcile.setup_check_downloads import check_downloads

KEY = "download_archived_orders"


def shown(position: bool | None) -> Inferred:
    return Inferred(
        key=KEY, setting="Download Archived Orders", declared=None, shown=position, probability=Fraction(999, 1000), orders=49,
        since=datetime(2026, 11, 2, 8, 14, tzinfo=UTC), arrived=12, last_passed_at=None,
    )  # fmt: skip


def checked(said: bool | None, seen: bool | None) -> CheckResult:
    [found] = (
        one for one in check_downloads(Declared(download_archived_orders=said), {KEY: shown(seen)}) if one.slug == KEY
    )
    return found


@pytest.mark.parametrize(
    ("said", "seen", "result"),
    [
        (True, None, Result.PASS), (False, None, Result.FAIL), (None, None, Result.UNKNOWN),
        (True, True, Result.PASS), (False, False, Result.FAIL),
        (True, False, Result.FAIL), (False, True, Result.PASS), (None, True, Result.PASS), (None, False, Result.FAIL),
    ],
)  # fmt: skip
def test_what_the_orders_show_beats_what_is_declared(said: bool | None, seen: bool | None, result: Result) -> None:
    found = checked(said, seen)
    assert found.result is result
    assert bool(found.fix) is (result is not Result.PASS)


def test_a_contradiction_is_told_with_what_it_rests_on() -> None:
    found = checked(said=True, seen=False)
    assert found.evidence == (
        "declared on; the orders say off: 49 have not arrived since 2026-11-02 08:14 UTC (99.9 % probable)"
    )
    assert found.evidence_fr.startswith("déclaré activé ; les commandes disent désactivé : 49")


def test_without_a_contradiction_only_what_is_declared_is_said() -> None:
    assert checked(said=True, seen=True).evidence == "declared on"


def test_without_any_order_nothing_is_made_up() -> None:
    results = [one.result for one in check_downloads(Declared(), {})]
    assert results == [Result.UNKNOWN] * 4
