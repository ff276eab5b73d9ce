"""Whose canary a touch is: that of the cause which held the order back, also when only this look has seen it mended."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from reconcile.compare import Look
from reconcile.model import Certainty, Decision, Finding, Remedy, Scope, Standing, Verb
from reconcile.remediate import group_of
from reconcile.rounds import Judged
from reconcile.touches import TouchBook
from tests.rows import an_order

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
MENDED = Finding(
    cause="required_custom_field", certainty=Certainty.LIKELY, remedy=Remedy.FIX_THEN_RETRY, scope=Scope.SHOP, facts=(),
    subject="sales.order: PO", gone=True,
)  # fmt: skip


def judged(cause: str | None, subject: str, *findings: Finding) -> Judged:
    row: Any = SimpleNamespace(cause=cause, subject=subject, certainty="likely" if cause else None)
    look = Look(order=an_order(), sales=(), standing=Standing.MISSING)
    decision = Decision(verb=Verb.TOUCH, reason="late")
    return Judged(row=row, look=look, findings=findings, standing=Standing.MISSING, decision=decision)


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (judged(None, ""), ("unexplained", "")),
        (judged("sku_unknown", "MUG"), ("sku_unknown", "MUG")),
        (judged(None, "", MENDED), ("required_custom_field", "sales.order: PO")),
        (judged("sku_unknown", "MUG", MENDED), ("sku_unknown", "MUG")),
    ],
)
def test_a_touch_counts_among_those_of_what_held_the_order_back(one: Judged, group: tuple[str, str]) -> None:
    assert group_of(one) == group
    book = TouchBook(rows=[], fixed_at={})
    book.note(one.look.order.order_id, *group_of(one), NOW)
    assert book.group(*group, NOW, None).room == 0  # the next one waits for this canary
