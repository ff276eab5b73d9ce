"""Refunds and cancellations that have not reached the POS, beside the switch for them. Not a rule."""

from datetime import datetime

from reconcile.evidence import Evidence
from reconcile.model import Discrepancy, DiscrepancyKind
from reconcile.rules._present import carried_back, differing

SETTING = "Download Refunds"


def uncarried_refunds(ev: Evidence) -> tuple[Discrepancy, ...]:
    """Shopify's refunds that have no record in the POS."""
    return differing(ev, DiscrepancyKind.REFUND)


def uncarried_cancel(ev: Evidence) -> tuple[Discrepancy, ...]:
    """Shopify's cancellation, while the sale stands in the POS."""
    return differing(ev, DiscrepancyKind.CANCEL) if ev.order.cancelled_at else ()


def switched_off(ev: Evidence) -> bool:
    """Whether the switch accounts for what was not carried; what the POS has got since beats what is declared."""
    since = _first_uncarried(ev)
    if ev.shop.declared.download_refunds is not False or since is None:
        return False
    return not any(sale.created_at is not None and sale.created_at >= since for sale in carried_back(ev))


def _first_uncarried(ev: Evidence) -> datetime | None:
    left = {one.subject for one in uncarried_refunds(ev)}
    times = [refund.created_at for refund in ev.order.refunds if str(refund.refund_id) in left]
    if uncarried_cancel(ev) and ev.order.cancelled_at is not None:
        times.append(ev.order.cancelled_at)
    return min(times, default=None)
