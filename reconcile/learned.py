"""What a whole read of the POS teaches of a shop, whatever becomes of its orders."""

from typing import Any

from reconcile.grace import OUTAGE
from reconcile.model import SaleKind
from reconcile.rounds import Round
from reconcile.shops import change
from reconcile.snapshot import Snapshot


def remember(this: Round, found: Snapshot) -> None:
    """What this read taught: which spellings match, and a reference that is surely there."""
    spelled = dict(this.row.spellings)
    for pattern in found.spelled.values():
        spelled[pattern] = spelled.get(pattern, 0) + 1
    known = this.row.known_reference
    for sales in found.sales.values():
        for sale in sales:
            if sale.kind is SaleKind.SALE and sale.reference:
                known = sale.reference.strip()
    with this.services.ledger.write() as connection:
        this.row = change(
            connection, this.shop.store, spellings=spelled, known_reference=known,
            witnesses=this.witnesses.after(found.every, this.now).as_json(),
            pos_error=None, pos_read_at=this.now, pos_pause_until=None, pos_failing_since=None, **_outage_over(this),
        )  # fmt: skip


def _outage_over(this: Round) -> dict[str, Any]:
    """The outage that this read has ended, if it was one."""
    since = this.row.pos_failing_since
    return {} if since is None or this.now - since < OUTAGE else {"pos_down_from": since, "pos_back_at": this.now}
