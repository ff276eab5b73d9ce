"""Refunds and cancellations that have not reached the POS, beside the switch for them. Not a rule."""

from datetime import datetime

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Discrepancy, DiscrepancyKind
from reconcile.rules import Suspicion
from reconcile.rules._facts import declared, moment, shop
from reconcile.rules._present import carried_back, differing

SETTING = "Download Refunds"
ENOUGH = 3  # returns that are missing in a row, and others that came


def uncarried_refunds(ev: Evidence) -> tuple[Discrepancy, ...]:
    """Shopify's refunds that have no record in the POS."""
    return differing(ev, DiscrepancyKind.REFUND)


def uncarried_cancel(ev: Evidence) -> tuple[Discrepancy, ...]:
    """Shopify's cancellation, while the sale stands in the POS."""
    return differing(ev, DiscrepancyKind.CANCEL) if ev.order.cancelled_at else ()


def switched_off(ev: Evidence) -> Suspicion | None:
    """How far the switch accounts for what was not carried; what the POS has got since beats what is declared.

    Nothing is declared off: it is likely all the same when the returns that the POS lacks are one stretch, without one that
    came, while those before and after it came.
    """
    since = _first_uncarried(ev)
    if since is None or any(sale.created_at is not None and sale.created_at >= since for sale in carried_back(ev)):
        return None
    on_again = any(one.carried and one.at > since for one in ev.shop.returns)
    if ev.shop.declared.download_refunds is False and not on_again:
        return Suspicion(Certainty.CERTAIN, (declared(SETTING, False),), SETTING)
    stretch = _stretch(ev, since)
    if stretch is None:
        return None
    facts = (
        declared(SETTING, ev.shop.declared.download_refunds),
        shop(
            "refunds and cancellations in a row that the POS lacks", f"{len(stretch)}, the first {moment(min(stretch))}"
        ),
        shop("others that it has", sum(one.carried for one in ev.shop.returns)),
    )
    return Suspicion(Certainty.LIKELY, facts, SETTING, gone=on_again)


def _stretch(ev: Evidence, since: datetime) -> list[datetime] | None:
    """When the missing returns were made, this order's own among them, when they are one stretch and long enough."""
    others = [one for one in ev.shop.returns if one.order_id != ev.order.order_id]
    missing = [one.at for one in others if not one.carried] + [since]
    came = [one.at for one in others if one.carried]
    mixed = any(min(missing) <= at <= max(missing) for at in came)
    return None if mixed or len(missing) < ENOUGH or len(came) < ENOUGH else missing


def _first_uncarried(ev: Evidence) -> datetime | None:
    left = {one.subject for one in uncarried_refunds(ev)}
    times = [refund.created_at for refund in ev.order.refunds if str(refund.refund_id) in left]
    if uncarried_cancel(ev) and ev.order.cancelled_at is not None:
        times.append(ev.order.cancelled_at)
    return min(times, default=None)
