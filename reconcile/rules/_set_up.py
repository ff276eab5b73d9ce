"""What the rules on the POS's settings, and on what an order needs there, share. Not a rule.

A part of the settings that was not read answers None: nothing is concluded from it.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from reconcile.evidence import Evidence, Outcome
from reconcile.model import Fact, Item, Location, RequiredField
from reconcile.rules._facts import pos, shop

PAYMENT_TYPE = "Shopify"  # X-Series, to the letter: facts/connector-causes.md, A3 P1
OWN_PRODUCTS = ("mortar", "accumula")  # connectors that put NO PRODUCT FOUND in place of a product: A5 S1


def overdue(ev: Evidence) -> bool:
    """Whether the order is absent although most orders have arrived at its age: a third of the grace."""
    return ev.absent and ev.now >= _overdue_at(ev)


def _overdue_at(ev: Evidence) -> datetime:
    return ev.eligible_at + ev.grace / 3


def passed(ev: Evidence) -> int:
    """How many orders have passed since this one became eligible: what stops every order did not stop them.

    One that came late had been held back itself, and passed when it came.
    """
    return _passed_from(ev, ev.eligible_at)


def passed_overdue(ev: Evidence) -> int:
    """The same of those that came when this one was overdue.

    Others may have overtaken it, as orders do, before what stops every order began.
    """
    return _passed_from(ev, _overdue_at(ev))


def _passed_from(ev: Evidence, start: datetime) -> int:
    came = ((one, one.arrived_at) for one in ev.shop.outcomes if one.arrived_at is not None and one.arrived_at >= start)
    return sum(_passed_at(one, at, ev) > ev.eligible_at for one, at in came)


def _passed_at(one: Outcome, came: datetime, ev: Evidence) -> datetime:
    return came if came - one.eligible_at > ev.grace else one.eligible_at


def passed_fact(ev: Evidence) -> Fact:
    return shop("later orders that arrived", passed(ev))


def read_fact(ev: Evidence) -> Fact:
    """When the POS's settings were read."""
    return pos("settings read", ev.shop.set_up.read_at if ev.shop.set_up else None)


def required_fields(ev: Evidence) -> tuple[RequiredField, ...]:
    """The custom fields that are seen to be required."""
    return (ev.shop.set_up.required_fields if ev.shop.set_up else None) or ()


def of_sales(field: RequiredField) -> bool:
    """Whether every order carries the field: it belongs to sales, their lines or their payments."""
    return field.group.startswith("sales") or "payment" in field.group


def stops_sales(ev: Evidence) -> list[RequiredField]:
    """The required fields on sales that may have met the order, and under which none has passed since."""
    return [field for field in met(ev) if of_sales(field) and not _has_passed(ev, field)]


def met(ev: Evidence) -> list[RequiredField]:
    """The required fields that the order may have met: there before it was, or before the first around it was overdue.

    The settings are read again as soon as an order is absent for a third of the grace: what began to hold orders back
    long before a field was first seen required is something else.
    """
    latest = max(ev.eligible_at, _away_since(ev) + ev.grace)
    return [field for field in required_fields(ev) if field.since is None or field.since <= latest]


def _away_since(ev: Evidence) -> datetime:
    """When the orders in a row that stay away, this one among them, began to."""
    ours = [one for one in ev.shop.outcomes if not one.explained and one.eligible_at < ev.eligible_at]
    came = max((one.eligible_at for one in ours if one.arrived_at is not None), default=None)
    away = (one.eligible_at for one in ours if one.arrived_at is None and (came is None or one.eligible_at > came))
    return min(away, default=ev.eligible_at)


def _has_passed(ev: Evidence, field: RequiredField) -> bool:
    """Whether an order that became eligible while the field was required has arrived: the connector fills it."""
    since = field.since
    return since is not None and any(o.arrived_at is not None and o.eligible_at > since for o in ev.shop.outcomes)


def of_items(field: RequiredField) -> bool:
    """Whether only a new product needs the field."""
    return field.group.startswith("item")


def items(ev: Evidence, sku: str) -> tuple[Item, ...] | None:
    """The POS's products under a SKU, archived ones included; None when it was not looked up."""
    set_up = ev.shop.set_up
    return None if set_up is None or set_up.items is None else set_up.items.get(sku)


def is_archived(found: tuple[Item, ...] | None) -> bool:
    """Whether the SKU is there, but under archived products alone."""
    return bool(found) and not any(item.active for item in found or ())


def skus(ev: Evidence) -> tuple[str, ...]:
    """The SKUs that are still on the order, each once; gift cards are carried under the connector's own product."""
    wanted = (line.sku for line in ev.order.lines if line.current_quantity > 0 and not line.gift_card)
    return tuple(dict.fromkeys(sku for sku in wanted if sku and sku.strip()))


def stands_in(ev: Evidence) -> bool:
    """Whether the connector puts a product of its own in place of one that it cannot link."""
    return ev.shop.declared.name.casefold() in OWN_PRODUCTS


def without_payment_type(ev: Evidence) -> bool:
    """Whether an X-Series is seen to have no payment type of the exact name that the connector pays with."""
    types = ev.shop.set_up.payment_types if ev.shop.set_up and ev.shop.pos == "lightspeed_x" else None
    return types is not None and PAYMENT_TYPE not in types


def without_tills(ev: Evidence) -> tuple[Location, ...]:
    """The locations in which Heartland takes no order: closed ones, and those without a station."""
    return tuple(one for one in _locations(ev) if not one.active or one.stations == 0)


def location(ev: Evidence, name: str) -> Location | None:
    """The POS's location of this name, in any spelling of its letters."""
    wanted = name.strip().casefold()
    return next((one for one in _locations(ev) if one.name.strip().casefold() == wanted), None)


def locations_read(ev: Evidence) -> bool:
    return bool(_locations(ev))


def stops_all(ev: Evidence) -> bool:
    """Whether something that is seen or declared holds back every order of the shop, the employee aside."""
    return any(
        chain(
            (ev.shop.declared.download_orders is False, without_payment_type(ev)),
            map(bool, stops_sales(ev)),
            _heartland(ev) if ev.shop.pos == "heartland" else (),
        )
    )


def without_employee(ev: Evidence) -> bool:
    """Whether it is declared that the connector sells as nobody, at a POS where it has to sell as somebody."""
    return ev.shop.pos != "heartland" and ev.shop.declared.employee == ""


def _heartland(ev: Evidence) -> Iterator[bool]:
    source = ev.shop.declared.order_source
    yield source == ""
    yield bool(source) and location(ev, source or "") in without_tills(ev)
    yield bool(_locations(ev)) and len(without_tills(ev)) == len(_locations(ev))


def _locations(ev: Evidence) -> tuple[Location, ...]:
    return (ev.shop.set_up.locations if ev.shop.set_up else None) or ()
