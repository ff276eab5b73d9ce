"""Whatever comes in whatever order: the newest version stands, absence needs its grace, and a touch needs its proof."""

import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import insert, select

from reconcile import inbox
from reconcile.clock import ManualClock
from reconcile.compare import STILL_WRITING, compare
from reconcile.config import Settings, Shop
from reconcile.decide import Proof, Situation, decide
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, orders
from reconcile.model import Mode, Standing, TouchEffect, Verb
from reconcile.services import Services
from reconcile.shopify.stored import order_from_json
from reconcile.shops import enrol
from reconcile.vault import Vault
from tests.conftest import no_remote
from tests.faults.conftest import IS_LONG
from tests.faults.shopify_sender import FIRST_ID, order_body
from tests.figures import Note
from tests.rows import a_sale

GRACE = timedelta(minutes=15)
START = datetime(2026, 11, 2, 8, 1, tzinfo=UTC)
EXAMPLES, STEPS = (200, 40) if IS_LONG else (10, 15)


class Life(RuleBasedStateMachine):
    """One order: told of in any order and number of times, looked at now and then, with or without a sale."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = shutil.copy(self.template, Path(self.folder.name) / "ledger.db")
        shop = Shop(store="demo", domain="demo.myshopify.com", mode=Mode.AUTO, webhook_secrets=("s",))
        self.clock = ManualClock(START)
        self.services = Services(
            settings=Settings(shops={"demo": shop}, secret_key="k"), ledger=Ledger(f"sqlite:///{path}"),
            clock=self.clock, vault=Vault("k"), pos=no_remote, admin=no_remote,
        )  # fmt: skip
        enrol(self.services)
        self.told: list[int] = []
        self.folded: list[int] = []
        self.sold = False
        self.absent_at: list[datetime] = []  # whole reads that found nothing
        self.sent = 0

    @rule(version=st.integers(1, 50))
    def tell(self, version: int) -> None:
        self.sent += 1
        values = {"store": "demo", "topic": "orders/updated", "received_at": self.clock.now()}
        sealed = self.services.vault.seal(order_body(1, version))
        with self.services.ledger.write() as connection:
            connection.execute(insert(deliveries).values(webhook_id=f"w{self.sent}", body=sealed, **values))
        self.told.append(version)

    @rule(limit=st.integers(1, 5))
    def fold(self, limit: int) -> None:
        before = len(self.folded)
        assert inbox.drain(self.services, limit) == min(limit, len(self.told) - before)
        self.folded = self.told[: before + limit]
        if self.folded:  # the newest of what was folded stands, however it came
            assert self.row().total == 20 + max(self.folded)

    @rule(minutes=st.integers(0, 20))
    def pass_time(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def sell(self) -> None:
        self.sold = True

    @rule(
        control=st.booleans(), spelled=st.booleans(), by=st.sampled_from([None, "eve"]), mode=st.sampled_from(Mode),
        effect=st.sampled_from(TouchEffect), stopped=st.sampled_from([None, "stopped"]), under_way=st.integers(0, 1),
    )  # fmt: skip
    def look(self, by: str | None, mode: Mode, effect: TouchEffect, stopped: str | None, **world: Any) -> None:
        if not self.folded:
            return
        row, now = self.row(), self.clock.now()
        order = order_from_json(row.body)
        sales = (a_sale(order),) if self.sold else ()
        seen = compare(order, sales, eligible_at=row.eligible_at or now, now=now, grace=GRACE, pending_after=GRACE)
        if sales:
            assert seen.standing is not Standing.MISSING
            # A record that does not fit yet may still be written, while it is new.
            assert seen.standing is not Standing.WAITING or now - order.created_at < STILL_WRITING
            self.absent_at.clear()
        else:
            late = row.eligible_at is not None and now - row.eligible_at >= GRACE
            assert seen.standing is (Standing.MISSING if late else Standing.WAITING)
            self.absent_at.append(now)
        first, last = (self.absent_at or [None])[0], (self.absent_at or [None])[-1]
        proof = Proof(
            first_absent_at=first, last_absent_at=last, control_found=world["control"],
            spelling_proven=world["spelled"], looked_for_unreferenced=True,
        )  # fmt: skip
        it = Situation(
            now=now,
            standing=seen.standing,
            findings=(),
            mode=mode,
            eligible_at=row.eligible_at or now,
            created_at=order.created_at,
            installed_at=order.created_at,
            proof=proof,
            touch=effect,
            under_way=world["under_way"],
            stopped=stopped,
            requeued_by=by,
        )
        decision = decide(it)
        assert decision.reason
        if decision.verb is Verb.TOUCH:
            assert first is not None and now - first >= timedelta(minutes=2)
            assert not sales and seen.standing is Standing.MISSING and world["control"] and world["spelled"]
            assert stopped is None and effect is not TouchEffect.DOUBLES
            assert by or mode is Mode.AUTO
            assert not (world["under_way"] and effect is TouchEffect.UNPROVEN)

    def row(self) -> Any:
        with self.services.ledger.read() as connection:
            return connection.execute(select(orders).where(orders.c.order_id == FIRST_ID + 1)).one()

    def teardown(self) -> None:
        self.services.ledger.dispose()
        self.folder.cleanup()


def test_fold_compare_and_decide_keep_their_word_in_any_order(migrated_sqlite: Path, note: Note) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=not IS_LONG, database=None,
        suppress_health_check=quiet,
    )  # fmt: skip
    Life.template = migrated_sqlite
    run_state_machine_as_test(Life, settings=chosen)
    note("fold, compare, decide in any order", lives=EXAMPLES, longest_life_in_steps=STEPS, broken=0)


@pytest.mark.skipif(not IS_LONG, reason="the fuzzer runs in `make faults`")
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("target", ["body", "headers"])
def test_the_fuzzer_finds_nothing(target: str, tmp_path: Path, note: Note) -> None:
    seed = tmp_path / "seed"
    seed.mkdir()
    (seed / "order").write_bytes(order_body(1))
    line = [sys.executable, "-m", "tests.security.fuzzer", target, "-max_total_time=20", "-max_len=8192", str(seed)]
    ended = subprocess.run(line, capture_output=True, text=True, timeout=170)
    assert ended.returncode == 0, ended.stderr[-3000:]
    runs = int(ended.stderr.rpartition("Done ")[2].partition(" ")[0])
    note(f"the fuzzer on {target}", inputs=runs, crashes=0)
