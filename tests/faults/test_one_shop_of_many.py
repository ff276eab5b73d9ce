"""Fifty shops, one of which floods, is poisoned and has a POS that hangs; a backlog that drains."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, orders
from reconcile.vault import Vault
from tests.conftest import wait_until
from tests.contract.accounts import NOW as ACCOUNTS_NOW
from tests.contract.accounts import TOKEN, HeartlandAccount, heartland
from tests.faults.auditor import until_folded, waiting
from tests.faults.conftest import IS_LONG, MakeStack
from tests.faults.pos_gate import PosGate, pos_gate
from tests.faults.shopify_sender import FIRST_ID, ShopifySender, Told, order_body
from tests.faults.stack import KEY, shop_entry
from tests.figures import Note
from tests.rows import an_order, keep

SHOPS = 50
PILE = int(os.environ.get("PILE") or 100_000)
FLOOD = PILE if IS_LONG else 2_000
BACKLOG = PILE if IS_LONG else 4_000
MEBIBYTE = 1024 * 1024
GRACE_S, SOON_S = 15 * 60, 60
SEEN = ("matched", "differs")
NOW = datetime(2026, 11, 2, 8, 5, tzinfo=UTC)  # the orders were placed at eight


@pytest.fixture
def account() -> Iterator[HeartlandAccount]:
    with heartland() as opened:
        yield opened


@pytest.fixture
def hanging(account: HeartlandAccount) -> Iterator[PosGate]:
    with pos_gate(account.url) as gate:
        gate.how = "hanging_socket"
        yield gate


@pytest.fixture
def garbage(account: HeartlandAccount) -> Iterator[PosGate]:
    with pos_gate(account.url) as gate:
        gate.how = "garbage"
        yield gate


@pytest.fixture
def clock_file(tmp_path: Path) -> str:
    path = tmp_path / "now"
    path.write_text(str(NOW.timestamp()))
    return str(path)


def standings(ledger: Ledger, *but: str) -> dict[str, int]:
    query = select(orders.c.standing, func.count()).where(orders.c.store.not_in(but)).group_by(orders.c.standing)
    with ledger.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def fill(ledger: Ledger, store: str, count: int) -> None:
    """So many deliveries wait that were acknowledged earlier; one in a hundred cannot be read."""
    vault = Vault(KEY)
    poison = vault.seal(json.dumps({"id": "poison", "name": None}).encode())
    for start in range(0, count, 1_000):
        rows = [
            {
                "store": store, "webhook_id": f"old-{number}", "topic": "orders/create", "received_at": NOW,
                "body": vault.seal(order_body(10_000 + number)) if number % 100 else poison,
            }
            for number in range(start, start + 1_000)
        ]  # fmt: skip
        with ledger.write() as connection:
            connection.execute(insert(deliveries), rows)


def test_one_shops_trouble_stays_its_own(
    from_outside: Ledger,
    make_stack: MakeStack,
    account: HeartlandAccount,
    hanging: PosGate,
    garbage: PosGate,
    clock_file: str,
    note: Note,
) -> None:
    names = [f"shop{number}" for number in range(SHOPS)]
    bad, babbling, *good = names
    entries = [
        shop_entry(bad, pos=f"{hanging.url}/api"),
        shop_entry(babbling, pos=f"{garbage.url}/api"),
        *(shop_entry(name, pos=f"{account.url}/api") for name in good),
    ]
    told = [Told(webhook_id=f"{name}-1", store=name, number=1 + place, version=1) for place, name in enumerate(good)]
    for one in told:
        account.sell(f"#{one.number}", total="21.00", ago=int((ACCOUNTS_NOW - NOW).total_seconds()) + 120)
    fill(from_outside, bad, FLOOD)
    stack = make_stack(*entries, CLOCK_FILE=clock_file, FAULTS_POS_TOKEN=TOKEN)
    began = time.monotonic()
    unlucky = [Told(webhook_id=name, store=name, number=900, version=1) for name in (bad, babbling)]
    ShopifySender(stack.url).send([*told, *unlucky])
    wait_until(lambda: set(standings(from_outside, bad, babbling)) <= {"matched", "differs"}
               and sum(standings(from_outside, bad, babbling).values()) == len(good), 600 if IS_LONG else 90)  # fmt: skip
    took = time.monotonic() - began
    until_folded(from_outside, 900 if IS_LONG else 90)
    with from_outside.read() as connection:
        parked = connection.execute(select(deliveries.c.store).where(deliveries.c.state == "parked")).scalars().all()
    assert parked == [bad] * (FLOOD // 100)
    assert garbage.calls
    note("of 50 shops one floods, is poisoned and hangs, one's POS babbles", shops=SHOPS, flood=FLOOD, poison=len(parked),
         other_shops_served=len(good), longest_until_all_were_served_s=took)  # fmt: skip


def test_a_backlog_drains_with_flat_memory(
    from_outside: Ledger, make_stack: MakeStack, clock_file: str, note: Note
) -> None:
    fill(from_outside, "north", BACKLOG)
    stack = make_stack(shop_entry("north"), CLOCK_FILE=clock_file)
    began = time.monotonic()
    sizes: list[tuple[int, float]] = []
    fresh = Told(webhook_id="fresh", store="north", number=1, version=1)
    ShopifySender(stack.url).send([fresh])
    while (left := waiting(from_outside)) and time.monotonic() - began < 900:
        sizes.append((left, sum(process.memory_info().rss for process in stack.family("worker")) / MEBIBYTE))
        time.sleep(0.1)
    took = time.monotonic() - began
    assert waiting(from_outside) == 0
    early = [size for left, size in sizes if left > BACKLOG * 0.7] or [sizes[0][1]]
    assert max(size for _, size in sizes) < max(early) + 60
    with from_outside.read() as connection:
        assert connection.execute(select(orders.c.order_id).where(orders.c.order_id == FIRST_ID + 1)).first()
    note("a backlog drains", deliveries=BACKLOG, longest_seconds=took, longest_worker_mib=max(s for _, s in sizes))


def test_a_backlog_starves_nobody(
    from_outside: Ledger, make_stack: MakeStack, account: HeartlandAccount, clock_file: str, note: Note
) -> None:
    """Behind a pile of old deliveries: what is due is judged soon, what has just come in its grace and a minute."""
    south = shop_entry("south", pos=f"{account.url}/api")
    stack = make_stack(shop_entry("north"), south, CLOCK_FILE=clock_file, FAULTS_POS_TOKEN=TOKEN)
    stack.kill("worker")
    fill(from_outside, "north", BACKLOG)
    for number in (1, 2):
        account.sell(f"#{number}", total="21.00", ago=int((ACCOUNTS_NOW - NOW).total_seconds()) + 120)
    order = an_order(1, created_at=NOW - timedelta(hours=1))
    keep(from_outside, order, store="south", standing="waiting", next_look_at=NOW)
    ShopifySender(stack.url).send([Told(webhook_id="fresh", store="south", number=2, version=1)])
    began = time.monotonic()
    stack.revive()
    wait_until(lambda: standing_of(from_outside, 1) in SEEN, SOON_S)
    due_s, left = time.monotonic() - began, waiting(from_outside)
    # The grace is what it may take until an order that is absent can be called missing.
    wait_until(lambda: standing_of(from_outside, FIRST_ID + 2) in SEEN, GRACE_S + SOON_S if IS_LONG else SOON_S)
    note("what comes behind a backlog", deliveries=BACKLOG, longest_until_what_was_due_is_judged_s=due_s,
         longest_left_then=left, longest_until_fresh_ones_are_judged_s=time.monotonic() - began)  # fmt: skip


def standing_of(ledger: Ledger, order_id: int) -> str | None:
    with ledger.read() as connection:
        found = select(orders.c.standing).where(orders.c.store == "south", orders.c.order_id == order_id)
        standing: str | None = connection.execute(found).scalar()
        return standing
