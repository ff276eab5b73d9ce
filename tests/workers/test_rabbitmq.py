"""Another broker by its URL alone: RabbitMQ from Debian's package, where it is installed."""

from pathlib import Path

import pytest

from bench.brokers import has_rabbitmq, rabbitmq
from bench.parts import parts
from bench.verdicts import Workers
from webhooks.health import _broker

pytestmark = [
    pytest.mark.skipif(not has_rabbitmq(), reason="RabbitMQ is not installed (on Debian: apt install rabbitmq-server)"),
    pytest.mark.timeout(240),
]


def test_orders_are_judged_and_the_broker_is_seen_with_rabbitmq(tmp_path: Path) -> None:
    with parts() as these, rabbitmq(tmp_path) as url:
        installed = these.installed(broker=url, till=these.till(), shops=2)
        with installed.ledger() as ledger:
            assert Workers(these.stack, installed, ledger, 1).more(20)["orders_per_s"] > 0
        assert _broker(url) == "ok"
    assert _broker(url) == "does not answer"
