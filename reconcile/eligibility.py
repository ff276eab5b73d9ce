"""From when on an order may be expected in the POS, and whether it is still there to be. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from reconcile.config import TOUCH_TAG
from reconcile.evidence import Declared
from reconcile.model import Order

UNPAID = frozenset({None, "pending", "authorized", "expired"})
# Shopify shows an app without `read_all_orders` no order that is 60 days old; a day less, whatever the clocks say.
SURELY_SHOWN_FOR = timedelta(days=59)


def own_tags(order: Order) -> frozenset[str]:
    """The order's tags in lower case, without the ones that our touches left."""
    return frozenset(tag.lower() for tag in order.tags if not tag.lower().startswith(TOUCH_TAG))


def eligible_at(previous: Order | None, since: datetime | None, order: Order, declared: Declared) -> datetime:
    """The moment the order became eligible: its creation, its payment, or the update that lifted what had kept it out."""
    known = order.created_at if previous is None or since is None else since
    if previous is not None and _released(previous, order, declared):
        return order.updated_at
    # An order that was first seen paid may have waited for that for days; no webhook says when its payment came.
    unread = previous is None or previous.payments is None
    return max(known, _paid_at(order) or known) if unread else known


def _paid_at(order: Order) -> datetime | None:
    """When the latest of its payments came; None while it is unpaid, or its payments are unread."""
    if order.payments is None or order.financial_status in UNPAID:
        return None
    came = (one.created_at for one in order.payments if one.kind in ("sale", "capture") and one.status == "success")
    return max(came, default=None)


def _released(before: Order, after: Order, declared: Declared) -> bool:
    ignored = {tag.lower() for tag in declared.ignore_tags or ()}
    allowed = {tag.lower() for tag in declared.allow_tags or ()}
    return (
        (before.financial_status in UNPAID and after.financial_status not in UNPAID)
        or (before.financial_status == "partially_paid" and after.financial_status == "paid")
        or bool(own_tags(before) & ignored and not own_tags(after) & ignored)
        or bool(allowed and not own_tags(before) & allowed and own_tags(after) & allowed)
        or (before.on_hold is True and after.on_hold is False)
        or (
            declared.download_unfulfilled_orders is False
            and before.fulfillment_status == "unfulfilled"
            and after.fulfillment_status != "unfulfilled"
        )
    )


def not_shown(known: Order, now: datetime) -> Order:
    """An order that Shopify does not show when it is asked for by its id: deleted, unless it may only be too old."""
    return known if now - known.created_at >= SURELY_SHOWN_FOR else replace(known, deleted_at=now, updated_at=now)


def is_echo(before: Order, after: Order) -> bool:
    """Whether nothing differs but what our own touch changes: its tag and the time of the update."""
    released = before.on_hold is True and after.on_hold is False
    return not released and _without_touch(before) == _without_touch(after)


def _without_touch(order: Order) -> tuple[object, ...]:
    skipped = {"tags", "updated_at", "payments", "assigned_locations", "on_hold", "edited_at"}
    fields = (getattr(order, name) for name in Order.__dataclass_fields__ if name not in skipped)
    return (own_tags(order), *fields)
