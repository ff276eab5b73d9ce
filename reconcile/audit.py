"""Audit: the read-only first look at a shop. The loop without act, on a ledger of its own that is thrown away."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Row, select, update

from reconcile.config import Shop
from reconcile.errors import ReconcilerError, Retryable
from reconcile.ledger import Ledger
from reconcile.ledger.schema import migrate
from reconcile.ledger.tables import orders
from reconcile.loop import reconcile
from reconcile.model import Mode, Standing
from reconcile.services import Services
from reconcile.setup_check import CheckResult, check_set_up
from reconcile.shops import enrol
from reconcile.sweep import sweep

Progress = Callable[[str, int], None]

CHECK = "`stores check --store {store}` says what to mend."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One order that is not proven in the POS."""

    name: str
    standing: str
    cause: str | None
    certainty: str | None
    total: Decimal
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the first look found: orders by standing, and each order that is not proven, with its value and cause."""

    store: str
    since: datetime
    until: datetime
    standings: dict[str, int]
    value: dict[str, dict[str, Decimal]]  # standing → currency → sum of totals
    problems: tuple[Problem, ...]
    checks: tuple[CheckResult, ...] = field(default=())


def audit(shop: Shop, services: Services, since: datetime, progress: Progress | None = None) -> Audit:
    """Read the shop's orders since a moment and look each up in the POS. Writes nothing anywhere but a scratch ledger.

    Raises `ReconcilerError` when either side cannot be read: a part of an audit would look like good news.
    """
    tell = progress or (lambda what, count: None)
    watched = replace(shop, mode=Mode.OBSERVE, webhook_url="")
    with TemporaryDirectory(prefix="audit-") as folder:
        ledger = Ledger(f"sqlite:///{Path(folder) / 'audit.db'}")
        try:
            scratch = replace(services, ledger=ledger, settings=replace(services.settings, shops={shop.store: watched}))
            migrate(ledger)
            enrol(scratch)
            swept = sweep(watched, scratch, since, on_page=lambda seen: tell("orders read from Shopify", seen))
            if swept.error:
                raise ReconcilerError(f"Shopify could not be read: {swept.error} {CHECK.format(store=shop.store)}")
            checked = check_set_up(watched, scratch)
            _look_at_all(watched, scratch, tell)
            _forget_verdicts(scratch)
            _look_at_all(watched, scratch, tell)
            return _report(watched, scratch, since, checked)
        finally:
            ledger.dispose()


def _look_at_all(shop: Shop, scratch: Services, tell: Progress) -> None:
    looked = 0
    while True:
        outcome = reconcile(shop, scratch)
        if outcome.unread:
            raise Retryable(f"the POS could not be read: {outcome.unread} {CHECK.format(store=shop.store)}")
        looked += outcome.looked
        tell("orders looked up in the POS", looked)
        if not outcome.looked:
            return


def _forget_verdicts(scratch: Services) -> None:
    """Judge what is not proven once more: the first time it was not yet known which orders had arrived."""
    unproven = orders.c.standing.not_in([Standing.MATCHED.value, Standing.EXCLUDED.value])
    blank: dict[str, Any] = {
        "cause": None,
        "subject": "",
        "certainty": None,
        "case_state": None,
        "noticed_at": None,
        "findings": [],
    }
    with scratch.ledger.write() as connection:
        connection.execute(update(orders).where(unproven).values(next_look_at=scratch.clock.now(), **blank))


def _report(shop: Shop, scratch: Services, since: datetime, checked: list[CheckResult]) -> Audit:
    with scratch.ledger.read() as connection:
        rows = connection.execute(
            select(orders).where(orders.c.created_at >= since).order_by(orders.c.created_at)
        ).all()
    value: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        value[row.standing][row.currency] += row.total
    unproven = [row for row in rows if row.standing not in (Standing.MATCHED, Standing.EXCLUDED)]
    return Audit(
        store=shop.store,
        since=since,
        until=scratch.clock.now(),
        standings=dict(Counter(row.standing for row in rows)),
        value={standing: dict(sums) for standing, sums in value.items()},
        problems=tuple(_problem(row) for row in unproven),
        checks=tuple(checked),
    )


def _problem(row: Row[Any]) -> Problem:
    return Problem(**{name: getattr(row, name) for name in Problem.__dataclass_fields__})
