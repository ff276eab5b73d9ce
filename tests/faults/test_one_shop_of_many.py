"""Fifty shops, one of which floods, is poisoned and has a POS that hangs; a backlog that drains."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
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

SHOPS = 50
FLOOD = 100_000 if IS_LONG else 2_000
BACKLOG = 100_000 if IS_LONG else 4_000
MEBIBYTE = 1024 * 1024
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
def clock_file(tmp_path: Path) -> str:
    path = tmp_path / "now"
    path.write_text(str(NOW.timestamp()))
    return str(path)


def standings(ledger: Ledger, but: str) -> dict[str, int]:
    query = select(orders.c.standing, func.count()).where(orders.c.store != but).group_by(orders.c.standing)
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
    clock_file: str,
    note: Note,
) -> None:
    names = [f"shop{number}" for number in range(SHOPS)]
    bad, good = names[0], names[1:]
    entries = [
        shop_entry(bad, pos=f"{hanging.url}/api"),
        *(shop_entry(name, pos=f"{account.url}/api") for name in good),
    ]
    told = [Told(webhook_id=f"{name}-1", store=name, number=1 + place, version=1) for place, name in enumerate(good)]
    for one in told:
        account.sell(f"#{one.number}", total="21.00", ago=int((ACCOUNTS_NOW - NOW).total_seconds()) + 120)
    fill(from_outside, bad, FLOOD)
    stack = make_stack(*entries, CLOCK_FILE=clock_file, FAULTS_POS_TOKEN=TOKEN)
    began = time.monotonic()
    ShopifySender(stack.url).send([*told, Told(webhook_id="bad", store=bad, number=900, version=1)])
    wait_until(lambda: set(standings(from_outside, bad)) <= {"matched", "differs"}
               and sum(standings(from_outside, bad).values()) == len(good), 600 if IS_LONG else 90)  # fmt: skip
    took = time.monotonic() - began
    until_folded(from_outside, 900 if IS_LONG else 90)
    with from_outside.read() as connection:
        parked = connection.execute(select(deliveries.c.store).where(deliveries.c.state == "parked")).scalars().all()
    assert parked == [bad] * (FLOOD // 100)
    note("one of 50 shops floods, is poisoned and hangs", shops=SHOPS, flood=FLOOD, poison=len(parked),
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
    # Fresh ones are noticed within the grace and a minute, backlog or not.
    assert took < 16 * 60
    note("a backlog drains", deliveries=BACKLOG, longest_seconds=took, longest_worker_mib=max(s for _, s in sizes))
