"""What the rules on orders that are in the POS share: unfinished records, and differences as facts. Not a rule."""

from collections.abc import Iterable
from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Discrepancy, DiscrepancyKind, Fact, Sale, SaleKind, SaleStatus
from reconcile.references import is_edit
from reconcile.rules._facts import moment, pos, shopify

UNFINISHED = (SaleStatus.PENDING, SaleStatus.INCOMPLETE)
WORDS = {
    DiscrepancyKind.UNMATCHED_PRODUCT: "product",
    DiscrepancyKind.EDIT: "after the edit",
    DiscrepancyKind.CANCEL: "cancellation",
    DiscrepancyKind.DUPLICATE: "sold for",
}


def unfinished(ev: Evidence) -> tuple[Sale, ...]:
    """The records that the POS does not count as sales yet, however young."""
    return tuple(sale for sale in ev.sales if sale.status in UNFINISHED)


def stuck(ev: Evidence) -> tuple[Sale, ...]:
    """The unfinished records that are older than the connector may take to complete one."""
    return tuple(
        sale for sale in unfinished(ev) if sale.created_at is None or ev.now - sale.created_at >= ev.pending_after
    )


def settled(ev: Evidence) -> bool:
    """Whether the records' amounts may be judged by themselves: nothing is being written any more.

    A pending order at Heartland never may: what it lacks is why it is pending, and the pending rules say so.
    """
    if not unfinished(ev):
        return True
    return ev.shop.pos != "heartland" and len(stuck(ev)) == len(unfinished(ev))


def differing(ev: Evidence, *kinds: DiscrepancyKind) -> tuple[Discrepancy, ...]:
    """The differences of these kinds."""
    return tuple(one for one in ev.discrepancies if one.kind in kinds)


def short(ev: Evidence) -> tuple[Discrepancy, ...]:
    """The SKUs of which the POS has sold fewer than were ordered."""
    return tuple(one for one in differing(ev, DiscrepancyKind.QUANTITY) if Decimal(one.pos) < Decimal(one.shopify))


def added_by_edit(ev: Evidence) -> tuple[Discrepancy, ...]:
    """The SKUs that no sale has, while every sale is from before the order's edit: an added line looks like that."""
    edited_at = ev.order.edited_at
    if edited_at is None or ev.now - edited_at < ev.grace:
        return ()
    if any(sale.created_at is None or sale.created_at >= edited_at or is_edit(sale) for sale in ev.sales):
        return ()
    return tuple(one for one in short(ev) if Decimal(one.pos) == 0)


def over(ev: Evidence) -> tuple[Discrepancy, ...]:
    """The SKUs of which the POS has sold more than were ordered."""
    return tuple(one for one in differing(ev, DiscrepancyKind.QUANTITY) if Decimal(one.pos) > Decimal(one.shopify))


def carried_back(ev: Evidence) -> tuple[Sale, ...]:
    """The refunds that the POS has under this order."""
    return tuple(s for s in ev.sales if s.kind is SaleKind.REFUND and s.status is not SaleStatus.CANCELLED)


def both_sides(differences: Iterable[Discrepancy]) -> tuple[Fact, ...]:
    """Each difference as what Shopify says and what the POS says."""
    found: list[Fact] = []
    for one in differences:
        what = f"{WORDS.get(one.kind, one.kind.value)} {one.subject}".strip()
        found += [shopify(what, one.shopify), pos(what, one.pos)]
    return tuple(found)


def records(sales: Iterable[Sale]) -> tuple[Fact, ...]:
    """Each record with its status, in the POS's own word, and since when it is there."""
    return tuple(pos("record", _record(sale)) for sale in sales)


def _record(sale: Sale) -> str:
    made = f", made {moment(sale.created_at)}" if sale.created_at else ""
    return f"{sale.sale_id}, {sale.raw_status}{made}"
