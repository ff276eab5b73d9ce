"""What an order has in common with others that the connector probably leaves out, undeclared. Not a rule."""

from collections.abc import Iterator

from reconcile.evidence import Evidence
from reconcile.inference import ENOUGH_LATE, LIKELY, beliefs
from reconcile.model import Fact
from reconcile.rules._facts import moment, percent, shop
from reconcile.runs import WITHOUT, has
from reconcile.traits import CREATED_LONG_BEFORE

KINDS = {
    "channel:": "orders of the channel {}, which the connector may leave out",
    f"{WITHOUT}tag:": "orders without the tag {}, which the connector may ask for",
    "tag:": "orders with the tag {}, which the connector may ignore",
    CREATED_LONG_BEFORE: "orders created long before, which may be older than the connector's start date",
}


def left_out_with(ev: Evidence) -> Iterator[Fact]:
    """Each property of the order whose orders have stayed away in a row, with how probable that is no chance."""
    own = next((one for one in ev.shop.outcomes if one.order_id == ev.order.order_id), None)
    for trait, found in beliefs(ev.shop.outcomes, ev.grace).items():
        kind = next((kind for kind in KINDS if trait.startswith(kind)), None)
        if own is None or kind is None or not has(own, trait):
            continue
        if found.probability >= LIKELY and found.orders >= ENOUGH_LATE and found.since is not None:
            run = f"{found.orders}, the first eligible {moment(found.since)}; {percent(found.probability)} probable"
            yield shop(KINDS[kind].format(trait.removeprefix(kind)), run)
