"""The index of a followed feed, in the ledger on both databases and in memory: the same answers from all three."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from reconcile.clock import ManualClock
from reconcile.indexed import Indexed
from reconcile.ledger import Ledger
from reconcile.ledger.keeping import Keeping
from reconcile.pos.base import Index, Store
from reconcile.pos.passing import Passing
from reconcile.vault import Vault

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
Open = Callable[[str], Store]


@pytest.fixture(params=["kept", "passing"])
def opened(request: pytest.FixtureRequest, ledger: Ledger) -> Open:
    passing: dict[str, Store] = {}
    if request.param == "passing":
        return lambda store: passing.setdefault(store, Passing())
    return lambda store: Keeping(ledger, Vault("a key for tests"), ManualClock(NOON), store)


@pytest.fixture
def index(opened: Open) -> Index:
    made = opened("demo").index("sales")
    assert made.begin("account 1") is None
    return made


def row(number: int, version: int, key: str = "#1", *, hours: int = 0, unfinished: bool = False) -> Indexed:
    at = NOON + timedelta(hours=hours)
    body = {"version": version}
    return Indexed(record_id=str(number), version=version, key=key, at=at, unfinished=unfinished, body=body)


def test_records_are_found_by_key_id_time_and_state(index: Index) -> None:
    rows = [row(1, 11), row(2, 12, "#2", hours=1), row(3, 13, "#3", hours=2, unfinished=True)]
    index.keep(rows, upto=13)
    assert index.keyed(["#1", "#3", "#4"]) == [rows[0], rows[2]]
    assert index.by_id(["2", "9"]) == [rows[1]]
    assert index.between(NOON + timedelta(hours=1), NOON + timedelta(hours=2)) == rows[1:]
    assert index.unfinished() == [rows[2]]
    assert index.keyed(["#"]) == index.keyed([]) == []


def test_the_reach_and_the_rows_outlive_the_reader(opened: Open, index: Index) -> None:
    index.keep([row(1, 11)], upto=11)
    again = opened("demo").index("sales")
    assert (again.begin("account 1"), again.keyed(["#1"])) == (11, [row(1, 11)])


def test_an_older_version_never_replaces_a_newer_one(index: Index) -> None:
    index.keep([row(1, 15, "#5")], upto=15)
    index.keep([row(1, 11, "#1"), row(2, 12, "#2")], upto=12)  # a slower worker comes with an older page
    assert index.keyed(["#1"]) == []
    assert [one.version for one in index.keyed(["#5", "#2"])] in ([15, 12], [12, 15])
    assert index.begin("account 1") == 15


def test_a_newer_version_takes_the_place_of_the_older_one(index: Index) -> None:
    index.keep([row(1, 11, unfinished=True)], upto=11)
    index.keep([row(1, 12, "#9")], upto=12)
    assert (index.keyed(["#1"]), index.keyed(["#9"]), index.unfinished()) == ([], [row(1, 12, "#9")], [])


def test_another_account_begins_anew(opened: Open, index: Index) -> None:
    index.keep([row(1, 11)], upto=11)
    again = opened("demo").index("sales")
    assert again.begin("account 2") is None
    assert again.keyed(["#1"]) == []
    assert again.begin("account 2") is None


def test_feeds_and_shops_are_kept_apart(opened: Open, index: Index) -> None:
    index.keep([row(1, 11)], upto=11)
    for other in (opened("demo").index("products"), opened("another").index("sales")):
        assert (other.begin("account 1"), other.keyed(["#1"])) == (None, [])


def test_what_no_look_can_need_is_forgotten(index: Index) -> None:
    index.keep([row(1, 11), row(2, 12, "#2", hours=2)], upto=12)
    index.forget_before(NOON + timedelta(hours=1))
    assert [one.key for one in index.keyed(["#1", "#2"])] == ["#2"]
    assert index.begin("account 1") == 12


def test_many_more_than_fit_into_one_statement(index: Index) -> None:
    rows = [row(number, number, f"#{number}") for number in range(1, 1201)]
    index.keep(rows, upto=1200)
    assert len(index.keyed([f"#{number}" for number in range(1, 1201)])) == 1200
