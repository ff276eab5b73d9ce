"""What the orders of the last days say of the connector's settings, beside what is declared of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection, Row

from reconcile.accounts import Belief
from reconcile.config import Shop
from reconcile.evidence import Declared, Outcome
from reconcile.inference import LIKELY, belief, beliefs
from reconcile.rounds import usual_of
from reconcile.rules._facts import percent
from reconcile.rules._settings import EVERY_ORDER, FILTERS, Filter, priors
from reconcile.runs import WITHOUT, has, last_open
from reconcile.shop_evidence import gather
from reconcile.traits import CREATED_LONG_BEFORE

# What many values can be left out by: the kind of property → the setting, and its key among the declared ones.
BY_VALUE: Mapping[str, tuple[str, str]] = {
    "channel:": ("Download Third Party Orders", "channels_excluded"),
    "location:": ("mapped location", "locations"),
    "tag:": ("Ignore Orders with these tags", "ignore_tags"),
    f"{WITHOUT}tag:": ("Allow Orders only with these tags", "allow_tags"),
}
MINIMUM_DATE = "Order Minimum Created Date Time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """One switch of the connector: what is declared, and how probably it holds orders back, as the orders show."""

    key: str
    setting: str
    value: str = ""  # of a setting that lists values: the channel, the location, the tag
    declared: bool | None
    shown: bool | None  # the position that the orders speak for; None: they do not say
    probability: Fraction  # that it holds orders back now
    orders: int  # absent ones with its property, on which that rests
    since: datetime | None  # when the first of these became eligible
    arrived: int
    last_passed_at: datetime | None

    @property
    def contradicts(self) -> bool:
        return None not in (self.declared, self.shown) and self.declared != self.shown

    @property
    def percent(self) -> str:
        return percent(self.probability)


def inferred(connection: Connection, shop: Shop, row: Row[object], declared: Declared, now: datetime) -> list[Inferred]:
    """Every switch whose work can be seen from outside, and every value that one probably leaves out."""
    usual = usual_of(shop, row)
    outcomes = gather(connection, shop, row, declared, usual, now, absent=True).outcomes
    switches = {one.key: _switch(one, outcomes, declared, usual) for one in reversed((EVERY_ORDER, *FILTERS))}
    return [*reversed(switches.values()), *_values(outcomes, declared, usual)]


def _switch(this: Filter, outcomes: Sequence[Outcome], declared: Declared, usual: timedelta) -> Inferred:
    found = belief(outcomes, this.trait, usual, priors(declared, this))
    passed = last_open(this.telling(outcomes), this.trait, usual)
    shown = None
    if found.probability >= LIKELY:
        shown = None if this is EVERY_ORDER else not this.open_when  # a stop may have other reasons than the switch
    elif passed is not None and found.probability < 1 - LIKELY:
        shown = this.open_when
    return _inferred(this.key, this.setting, found, outcomes, this.trait, passed, this.declared(declared), shown)


def _values(outcomes: Sequence[Outcome], declared: Declared, usual: timedelta) -> list[Inferred]:
    """The channels, locations and tags that are probably left out, and the date before which orders are."""
    made = []
    for trait, found in beliefs(outcomes, usual, priors(declared)).items():
        if found.probability < LIKELY or not found.orders:
            continue
        passed = last_open(outcomes, trait, usual)
        if trait == CREATED_LONG_BEFORE:
            said = True if declared.order_minimum_created else None
            made.append(_inferred("order_minimum_created", MINIMUM_DATE, found, outcomes, trait, passed, said, True))
        kind = next((kind for kind in BY_VALUE if trait.startswith(kind)), None)
        if kind is not None:
            setting, key = BY_VALUE[kind]
            value = trait.removeprefix(kind)
            made.append(
                _inferred(key, setting, found, outcomes, trait, passed, _listed(declared, key, value), True, value)
            )
    return made


def _listed(declared: Declared, key: str, value: str) -> bool | None:
    """Whether the value is declared as left out; a location is left out by not being listed."""
    listed: Sequence[str] | None = getattr(declared, key)
    if not listed and key == "locations":
        return None
    if listed is None:
        return None
    here = value.casefold() in {one.strip().casefold() for one in listed}
    return not here if key == "locations" else here


def _inferred(
    key: str,
    setting: str,
    found: Belief,
    outcomes: Sequence[Outcome],
    trait: str,
    passed: datetime | None,
    declared: bool | None,
    shown: bool | None,
    value: str = "",
) -> Inferred:
    return Inferred(
        key=key, setting=setting, value=value, declared=declared, shown=shown,
        probability=found.probability, orders=found.orders, since=found.since,
        arrived=sum(1 for one in outcomes if one.arrived_at and has(one, trait)), last_passed_at=passed,
    )  # fmt: skip
