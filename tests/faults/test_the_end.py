"""SIGTERM, as systemd, a container engine or a platform sends it: everything ends in time, and nothing is lost."""

import socket
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import heartbeats, shops
from tests.conftest import wait_until
from tests.faults.auditor import until_folded
from tests.faults.conftest import MakeStack
from tests.faults.shopify_sender import ShopifySender, day_of
from tests.faults.stack import Stack, shop_entry
from tests.figures import Note

WITHIN_S = 10  # the shortest that is usual between SIGTERM and SIGKILL: a container engine's


@pytest.fixture
def silent() -> Iterator[str]:
    """A POS that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/api"


def leases(ledger: Ledger) -> list[str]:
    with ledger.read() as connection:
        return list(connection.execute(select(shops.c.store).where(shops.c.lease_token.is_not(None))).scalars())


def is_at_work(ledger: Ledger, stack: Stack) -> bool:
    """Whether the worker that runs now has begun: before that a signal ends it as it ends any program."""
    mine = heartbeats.c.name.endswith(f":{stack.process('worker').pid}")
    with ledger.read() as connection:
        return connection.execute(select(heartbeats.c.name).where(mine)).first() is not None


def test_web_worker_and_beat_end_together_under_load(from_outside: Ledger, make_stack: MakeStack, note: Note) -> None:
    stack = make_stack(*(shop_entry(f"shop{number}") for number in range(8)))
    sender, told = ShopifySender(stack.url), [one for number in range(8) for one in day_of(f"shop{number}", 60)]
    load = threading.Thread(target=sender.send, args=(told,), daemon=True)
    load.start()
    longest = 0.0
    for stop in range(1, 4):
        wait_until(lambda so_many=stop * 100: len(sender.acknowledged) > so_many and is_at_work(from_outside, stack))
        ended = stack.stop_together()
        assert {name: code for name, (code, _) in ended.items()} == {"web": 0, "worker": 0, "beat": 0}
        assert leases(from_outside) == []
        longest = max(longest, *(took for _, took in ended.values()))
        stack.start("web", "worker", "beat")
    assert longest < WITHIN_S
    load.join(timeout=60)
    until_folded(from_outside)
    assert len(sender.acknowledged) == len(told)
    note("SIGTERM under load", stops=3, parts=3, acknowledged=len(told), leases_left=0, longest_end_s=longest)


def test_a_worker_that_waits_for_a_silent_pos_is_not_waited_for(
    silent: str, from_outside: Ledger, make_stack: MakeStack
) -> None:
    stack = make_stack(shop_entry("north", pos=silent))
    ShopifySender(stack.url).send(day_of("north", 1))
    wait_until(lambda: leases(from_outside) == ["north"])
    assert all(took < WITHIN_S for _, took in stack.stop_together().values())
