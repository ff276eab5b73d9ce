"""Orders that a cause of the whole shop may hold back, when it has just been noticed on one of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, or_, select

from reconcile.incidents import OPEN
from reconcile.ledger.tables import incidents, orders
from reconcile.model import Certainty, Finding, Scope, Standing
from reconcile.rounds import Judged, Round
from reconcile.shop_evidence import WINDOW

MOST = 100
ABSENT = (Standing.WAITING, Standing.MISSING)
YIELDING = ("unexplained", "connector_stalled")  # causes that give way to a better one


def held_by_the_same(this: Round, judged: Iterable[Judged]) -> list[Row[Any]]:
    """The shop's other absent orders without a sure cause, if one is new to the shop: its incident begins whole, not with one.

    Their own next look may be an hour away.
    """
    found = {
        (one.cause, one.subject) for each in judged if each.standing in ABSENT for one in _of_the_shop(each.findings)
    }
    if not found:
        return []
    c, due = orders.c, [row.order_id for row in this.due]
    with this.services.ledger.read() as connection:
        query = select(incidents.c.cause, incidents.c.subject).where(
            incidents.c.store == this.shop.store, incidents.c.state.in_(OPEN)
        )
        if found <= {(row.cause, row.subject) for row in connection.execute(query)}:
            return []
        absent = (c.arrived_at.is_(None), c.standing.in_([one.value for one in ABSENT]))
        others = (c.store == this.shop.store, c.eligible_at > this.now - WINDOW, c.order_id.not_in(due))
        without = or_(c.cause.is_(None), c.cause.in_(YIELDING), c.certainty == Certainty.POSSIBLE.value)
        query_orders = select(orders).where(*others, *absent, without).order_by(c.eligible_at).limit(MOST)
        return list(connection.execute(query_orders))


def _of_the_shop(findings: Iterable[Finding]) -> list[Finding]:
    return [
        one for one in list(findings)[:1]
        if one.scope is Scope.SHOP and one.certainty is not Certainty.POSSIBLE and not one.gone
    ]  # fmt: skip
