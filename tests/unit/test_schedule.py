"""When to look again."""

from datetime import UTC, datetime, timedelta

import pytest

from reconcile.grace import expected_from, grace
from reconcile.schedule import first_look, next_look

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
GRACE = timedelta(minutes=20)


def look_times(until: timedelta) -> list[float]:
    now, minutes = first_look(START, START), []
    while now - START <= until:
        minutes.append((now - START) / timedelta(minutes=1))
        following = next_look(now, START, START, GRACE)
        assert following is not None and following > now
        now = following
    return minutes


def test_looks_follow_at_2_5_15_and_60_minutes_and_at_the_grace_then_hourly() -> None:
    assert look_times(timedelta(hours=3)) == [2, 5, 15, 20, 60, 120, 180]


def test_after_two_days_looks_are_daily() -> None:
    now = START + timedelta(days=3, hours=1)
    assert next_look(now, START, START, GRACE) == START + timedelta(days=4)


def test_after_sixty_days_nothing_is_looked_for() -> None:
    assert next_look(START + timedelta(days=61), START, START, GRACE) is None


def test_a_touch_is_followed_closely() -> None:
    now = START + timedelta(hours=5, minutes=1)
    assert next_look(now, START, START, GRACE, touched_at=now) == now + timedelta(minutes=1)


def test_an_old_change_is_looked_at_at_once() -> None:
    now = START + timedelta(hours=5)
    assert first_look(START, now) == now


@pytest.mark.parametrize(
    ("seconds", "count", "expected"),
    [
        (40, 199, timedelta(minutes=15)),  # too few: the setting
        (40, 200, timedelta(minutes=3)),  # never under three minutes
        (400, 200, timedelta(minutes=10)),  # one and a half times the slowest
        (40_000, 200, timedelta(hours=4)),  # never over four hours
    ],
)
def test_the_grace_follows_the_connectors_speed(seconds: int, count: int, expected: timedelta) -> None:
    assert grace([timedelta(seconds=seconds)] * count, timedelta(minutes=15)) == expected


def test_after_an_outage_of_the_pos_the_grace_begins_anew() -> None:
    down_from, back_at = START + timedelta(minutes=10), START + timedelta(minutes=40)

    def counted(minutes: int) -> float:
        eligible_at = START + timedelta(minutes=minutes)
        return (expected_from(eligible_at, GRACE, down_from, back_at) - START) / timedelta(minutes=1)

    assert counted(-11) == -11  # late before the outage: late it stays
    assert counted(-9) == 40  # on its way when it began
    assert counted(30) == 40
    assert counted(41) == 41
    assert expected_from(START, GRACE, None, None) == START
