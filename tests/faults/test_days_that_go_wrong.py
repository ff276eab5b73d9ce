"""A simulated day under faults, judged by the sandbox's truth: nothing is lost, or called missing unseen."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, or_, select

from bench.client import Sandbox
from bench.play import Played, play
from reconcile.ledger.tables import actions, deliveries, events, orders
from tests.faults.conftest import SEEDS
from tests.figures import Note
from workers.broker import free_port

HOURS = float(os.environ.get("FAULT_HOURS") or 2)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    running = Sandbox(free_port())
    running.wait()
    yield running
    running.stop()


def day(sandbox: Sandbox, folder: Path, seed: int, *faults: dict[str, Any], **changes: Any) -> Played:
    scenario = {"seed": seed, "hours": HOURS, "orders": int(30 * HOURS), "faults": list(faults), **changes}
    return play(scenario, sandbox, folder)


def rows(played: Played) -> dict[int, Any]:
    with played.services.ledger.read() as connection:
        return {row.order_id: row for row in connection.execute(select(orders))}


def wrongly_missing(played: Played) -> list[str]:
    """Orders that were ever called missing while the POS had had them, or that came in time all the same."""
    with played.services.ledger.read() as connection:
        told = connection.execute(select(events).where(events.c.kind == "standing")).all()
    said = {row.order_id: row.at for row in told if row.text.endswith("→ missing")}
    truth = {one["order_id"]: one for one in played.truth["orders"]}
    return [
        truth[order_id]["name"]
        for order_id, at in said.items()
        if order_id in truth and truth[order_id]["arrived_at"] and truth[order_id]["arrived_at"] < at.isoformat()
    ]


def unannounced(played: Played) -> int:
    """How many orders were in the ledger before the first of their webhooks, or without any."""
    first = select(deliveries.c.order_id, func.min(deliveries.c.received_at).label("at")).group_by(
        deliveries.c.order_id
    )
    announced = first.subquery()
    late = or_(announced.c.at.is_(None), announced.c.at > orders.c.first_seen_at)
    query = select(func.count()).select_from(orders.outerjoin(announced, announced.c.order_id == orders.c.order_id))
    with played.services.ledger.read() as connection:
        return int(connection.execute(query.where(late)).scalar_one())


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_an_order_whose_webhook_never_came_is_found(sandbox: Sandbox, tmp_path: Path, seed: int, note: Note) -> None:
    played = day(
        sandbox, tmp_path, seed, {"fault": "webhook_lost", "share": 0.05}, {"fault": "webhook_doubled", "share": 0.1},
        {"fault": "webhook_shuffled", "share": 1.0}, {"fault": "webhook_lost", "from_h": 1, "until_h": 2},
    )  # fmt: skip
    found = rows(played)
    placed = {one["order_id"] for one in played.truth["orders"]}
    assert set(found) == placed
    assert {row.standing for row in found.values()} <= {"matched", "excluded"}
    swept = unannounced(played)
    assert swept > 5  # it would prove nothing if the webhooks had come
    with played.services.ledger.read() as connection:
        kept = connection.execute(select(deliveries.c.state)).scalars().all()
    assert set(kept) == {"folded"}
    note("lost, doubled and shuffled webhooks", orders=len(placed), found_by_the_sweep=swept, never_found=0)


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_missing_is_never_said_of_what_could_not_be_read(
    sandbox: Sandbox, tmp_path: Path, seed: int, note: Note
) -> None:
    played = day(
        sandbox, tmp_path, seed, {"fault": "pos_garbage", "from_h": 0.5, "until_h": 1.5},
        {"fault": "pos_down", "from_h": 1.6, "until_h": 2}, {"fault": "throttled", "share": 0.9, "from_h": 2, "until_h": 3},
    )  # fmt: skip
    with played.services.ledger.read() as connection:
        told = connection.execute(select(events.c.text).where(events.c.kind == "standing")).scalars().all()
        touches = connection.execute(select(actions)).all()
    unread = sum(text.endswith("→ unread") for text in told) + sum(text.startswith("unread →") for text in told)
    assert wrongly_missing(played) == []
    assert [text for text in told if text.endswith("→ missing")] == []
    assert touches == []
    assert unread > 0
    assert {row.standing for row in rows(played).values()} <= {"matched", "excluded"}
    note("a POS that cannot be read", orders=len(played.truth["orders"]), unread=unread, wrong_missing=0, touches=0)
