"""Waking the workers: a burst is one message, and a broker that is down costs nobody anything."""

import logging
import threading
import time

import pytest

from tests.conftest import wait_until
from workers.wake import Waker


def test_a_burst_is_published_together() -> None:
    published: list[float] = []
    waker = Waker(lambda: published.append(time.monotonic()), settle_s=0.05)
    for _ in range(500):
        waker.wake()
    wait_until(lambda: published)
    time.sleep(0.3)
    waker.stop()
    assert 1 <= len(published) <= 3


def test_a_broker_that_is_down_is_told_once_and_its_return_too(caplog: pytest.LogCaptureFixture) -> None:
    down, tried = threading.Event(), []
    down.set()

    def publish() -> None:
        tried.append(1)
        if down.is_set():
            raise ConnectionError("refused")

    waker = Waker(publish, settle_s=0.0, pause_s=0.02)
    with caplog.at_level(logging.WARNING):
        for wanted in (1, 2, 3):
            waker.wake()
            wait_until(lambda wanted=wanted: len(tried) >= wanted)
        down.clear()
        wait_until(lambda: waker.wake() or "published again" in caplog.text)
    waker.stop()
    assert caplog.text.count("cannot be published") == 1


def test_waking_never_waits_for_a_broker_that_hangs() -> None:
    hangs = threading.Event()
    waker = Waker(lambda: bool(hangs.wait(20)))
    began = time.monotonic()
    for _ in range(1_000):
        waker.wake()
    assert time.monotonic() - began < 10
    hangs.set()
    waker.stop()
