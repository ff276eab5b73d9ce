"""Turns: one thread at a time, and nobody's request is forgotten."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from workers.turns import Turns


def test_a_call_alone_has_one_turn() -> None:
    turns = Turns()
    assert [len(list(turns.take())) for _ in range(2)] == [1, 1]


def test_who_comes_during_a_turn_goes_away_and_one_more_turn_follows() -> None:
    turns, done = Turns(), []
    for _ in turns.take():
        if not done:
            assert list(turns.take()) == list(turns.take()) == []
        done.append("a turn")
    assert len(done) == 2


def test_an_error_in_a_turn_leaves_the_next_one_free() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError):
        for _ in turns.take():
            raise ZeroDivisionError
    assert len(list(turns.take())) == 1


def test_of_many_threads_never_two_are_at_it_and_what_was_asked_is_done_after_the_asking() -> None:
    turns, at_it, seen = Turns(), threading.Lock(), []
    asked = iter(range(400))

    def ask(_: int) -> None:
        wanted.append(next(asked))
        for _ in turns.take():
            assert at_it.acquire(blocking=False)
            seen.extend(wanted[len(seen) :])
            at_it.release()

    wanted: list[int] = []
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(400)))
    list(turns.take())
    assert seen == wanted
