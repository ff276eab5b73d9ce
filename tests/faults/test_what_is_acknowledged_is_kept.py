"""An acknowledged webhook is never lost: processes, broker and database are killed at random instants under load."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis
import requests

from reconcile.ledger import Ledger
from tests.conftest import wait_until
from tests.faults.auditor import assert_whole, lost, until_folded
from tests.faults.conftest import IS_LONG, SEEDS, MakeStack
from tests.faults.places import Place, PostgresPlace
from tests.faults.shopify_sender import ShopifySender, Told, day_of, order_body
from tests.faults.stack import PARTS, SECRET, Stack, shop_entry
from tests.figures import Note
from tests.web.sender import DOOR, headers

STORES = ("north", "south")
ORDERS = 150 if IS_LONG else 80  # of each shop, two deliveries each
BLOWS = 7 if IS_LONG else 4


class Saboteur:
    """Deals blows to a running service, each followed by what a supervisor or an admin would do."""

    def __init__(self, stack: Stack, place: Place, chance: random.Random) -> None:
        self.stack, self.place, self.chance = stack, place, chance
        self.dealt: list[str] = []

    def strike(self) -> None:
        blows: list[Callable[[], str]] = [self._kill, self._kill, self._kill, self._empty_broker, self._fill_broker]
        blows += [self._lock_ledger, self._make_unwritable, self._restart_all]
        self.dealt.append(self.chance.choice(blows)())
        self.stack.revive()

    def _kill(self) -> str:
        parts = [*PARTS, *(["database"] if self.place.can_be_killed else [])]
        victims = self.chance.sample(parts, self.chance.randint(1, len(parts)))
        for victim in victims:
            if victim == "database":
                assert isinstance(self.place, PostgresPlace)
                self.place.kill()
                self.stack.kills += 1
            else:
                self.stack.kill(victim)
        time.sleep(self.chance.uniform(0, 0.7))
        for victim in self.chance.sample(victims, len(victims)):
            if victim == "database":
                assert isinstance(self.place, PostgresPlace)
                self.place.start()
            else:
                self.stack.start(victim, ready=False)
        return f"kill {'+'.join(victims)}"

    def _restart_all(self) -> str:
        self.stack.kill(*PARTS)
        self.stack.start(*PARTS, ready=False)
        return "everything at once"

    def _empty_broker(self) -> str:
        with suppress(redis.RedisError), self.stack.redis() as client:
            client.flushall()
        return "flushall"

    def _fill_broker(self) -> str:
        with suppress(redis.RedisError), self.stack.redis() as client:
            client.config_set("maxmemory", "1")
            time.sleep(self.chance.uniform(0.5, 1.5))
            client.config_set("maxmemory", "512mb")
        return "broker out of memory"

    def _lock_ledger(self) -> str:
        with self.place.locked():
            time.sleep(self.chance.uniform(1, 4))
        return "ledger locked"

    def _make_unwritable(self) -> str:
        with self.place.unwritable(self.stack):
            time.sleep(self.chance.uniform(0.5, 2))
        return "ledger unwritable"


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_a_random_schedule_of_kills(
    place: Place, from_outside: Ledger, make_stack: MakeStack, seed: int, note: Note
) -> None:
    stack = make_stack(*map(shop_entry, STORES))
    chance = random.Random(f"{seed} {type(place).__name__}")
    told = [one for store in STORES for one in day_of(store, ORDERS)]
    chance.shuffle(told)
    sender = ShopifySender(stack.url)
    load = threading.Thread(target=sender.send, args=(told,), daemon=True)
    load.start()
    saboteur = Saboteur(stack, place, chance)
    while load.is_alive() and len(saboteur.dealt) < BLOWS:
        time.sleep(chance.uniform(0.1, 1.0))
        saboteur.strike()
    print(f"seed {seed}: {', '.join(saboteur.dealt)}")
    wait_until(lambda: stack.revive() == [] and not load.is_alive(), timeout_s=60)
    until_folded(from_outside)
    assert len(sender.acknowledged) == len(told)
    assert lost(from_outside, sender.acknowledged) == set()
    assert_whole(from_outside, told)
    assert place.whole()
    note(
        "acknowledged is kept", schedules=1, blows=len(saboteur.dealt), processes_killed=stack.kills,
        acknowledged=len(sender.acknowledged), sent_again=sender.refused + sender.unanswered, lost=0, doubled=0,
    )  # fmt: skip


def test_a_ledger_that_cannot_be_written_is_answered_503_in_time_and_heals(
    place: Place, from_outside: Ledger, make_stack: MakeStack, note: Note
) -> None:
    stack = make_stack(shop_entry("north"))
    told = [Told(webhook_id=f"w{number}", store="north", number=number, version=1) for number in range(60)]
    sender = ShopifySender(stack.url, senders=2)
    sender.send(told[:20])
    statuses, slowest = [], 0.0
    for hindrance in (place.locked(), place.unwritable(stack)):
        with hindrance, ThreadPoolExecutor(5) as pool:
            for status, took in pool.map(lambda one: deliver(stack, one), told[20:25]):
                statuses.append(status)
                slowest = max(slowest, took)
    assert set(statuses) == {503}
    assert slowest < 5  # then Shopify would have hung up
    sender.send(told)
    until_folded(from_outside)
    assert_whole(from_outside, told)
    assert place.whole()
    note("a ledger that is locked, full or read-only", refused=len(statuses), wrong_200=0, longest_answer_s=slowest)


def deliver(stack: Stack, one: Told) -> tuple[int, float]:
    body = order_body(one.number, one.version)
    sent = headers(body, secret=SECRET, shop_domain=f"{one.store}.myshopify.com", webhook_id=one.webhook_id)
    began = time.monotonic()
    status = requests.post(f"{stack.url}{DOOR}", data=body, headers=sent, timeout=15).status_code
    return status, time.monotonic() - began
