"""Whether a cause that was settled on an order is over. That its rule is silent is no proof of it. Pure.

A setting is seen to be open again when an order like this one has passed since. While none has, the orders may only have
become too few to be as sure as before: the setting holds them back until something shows otherwise.
"""

from collections.abc import Iterator, Mapping

from reconcile.evidence import Evidence
from reconcile.inference import ENOUGH_LATE, POSSIBLE, belief
from reconcile.model import Certainty
from reconcile.rules._left_out import CHANNEL, TAG, WITHOUT_TAG
from reconcile.rules._set_up import passed
from reconcile.rules._settings import FILTERS, Filter, priors
from reconcile.runs import arrived_later, telling
from reconcile.traits import CREATED_LONG_BEFORE, traits

LISTED: Mapping[str, str] = {"channel_excluded": CHANNEL, "ignore_tag_present": TAG, "location_unmapped": "location:"}
# cause → the part of the POS's settings that shows whether it is over
READ: Mapping[str, str] = {
    "required_custom_field": "required_fields", "required_product_unusable": "items", "item_archived": "items",
    "sku_unknown": "items", "sku_not_unique": "items", "employee_archived": "employees",
    "payment_type_missing": "payment_types", "order_source_unset": "locations",
}  # fmt: skip


def may_hold_yet(ev: Evidence, cause: str, subject: str, certainty: Certainty) -> bool:
    """Whether the cause that was found before, and well enough, may hold the order back still, though no rule says so now."""
    if certainty is Certainty.POSSIBLE:
        return False
    part = READ.get(cause)
    if part is not None:
        return getattr(ev.shop.set_up, part, None) is None and not passed(ev)
    if certainty is Certainty.CERTAIN and _is_declared_open(ev, subject):
        return False
    return any(_holds(ev, trait, this) for trait, this in _traits_of(ev, cause, subject))


def _is_declared_open(ev: Evidence, subject: str) -> bool:
    return any(one.setting == subject and one.declared(ev.shop.declared) is one.open_when for one in FILTERS)


def _traits_of(ev: Evidence, cause: str, subject: str) -> Iterator[tuple[str, Filter | None]]:
    """The property by which the setting sees the order; nothing, when the order has it no more."""
    mine = traits(ev.order)
    yield from ((one.trait, one) for one in FILTERS if one.setting == subject and one.trait in mine)
    if cause == "before_minimum_date":
        yield CREATED_LONG_BEFORE, None
    elif cause == "allow_tag_missing" and f"tag:{subject}" not in mine:
        yield WITHOUT_TAG + subject, None
    elif cause in LISTED and LISTED[cause] + subject in mine:
        yield LISTED[cause] + subject, None


def _holds(ev: Evidence, trait: str, this: Filter | None) -> bool:
    """No order like it has passed since, and enough of them to tell do not speak against it."""
    outcomes = ev.shop.outcomes
    if arrived_later(telling(outcomes, trait), trait, ev.eligible_at, ev.grace):
        return False
    found = belief(outcomes, trait, ev.grace, priors(ev.shop.declared, this))
    return found.orders < ENOUGH_LATE or found.probability >= POSSIBLE
