"""What the rules for the connector's settings share: whether a filter holds an order back. Not a rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from reconcile.evidence import Declared, Evidence, Outcome
from reconcile.inference import ENOUGH_LATE, LIKELY, POSSIBLE, HeldBack, belief, held_back
from reconcile.model import Certainty, Fact
from reconcile.rules import Suspicion
from reconcile.rules._facts import declared, moment, percent, pos, shop
from reconcile.runs import ANY, arrived_later, last_open, telling
from reconcile.traits import traits

STATED_ON = Fraction(1, 1000)  # that a filter is off although it is declared open
STATED_OFF = Fraction(1, 2)  # that it is off when it is declared so: settings are changed, declarations forgotten
AT_ONCE = timedelta(minutes=2)
PAGE = "Shopify > Mortar > Settings > Advanced settings > Orders"
PAGE_FR = "Shopify > Mortar > Paramètres > Paramètres avancés > Commandes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A switch of the connector, and the trait of the orders that it lets through or holds back."""

    trait: str
    setting: str  # its name on the connector's page
    key: str  # its name in `Declared`
    open_when: bool = True  # the position in which such orders pass

    def declared(self, settings: Declared) -> bool | None:
        value: bool | None = getattr(settings, self.key)
        return value

    def declared_off(self, settings: Declared) -> bool:
        return self.declared(settings) is not None and self.declared(settings) is not self.open_when

    def telling(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """The outcomes that say something about this switch."""
        return telling(outcomes, self.trait)


EVERY_ORDER = Filter(trait=ANY, setting="Download Orders", key="download_orders")
FULFILLED = Filter(trait="fulfilled", setting="Download Fulfilled Orders", key="download_fulfilled_orders")
UNFULFILLED = Filter(trait="unfulfilled", setting="Download Unfulfilled Orders", key="download_unfulfilled_orders")
ARCHIVED = Filter(trait="archived", setting="Download Archived Orders", key="download_archived_orders")
NO_TRANSACTIONS = Filter(
    trait="paid_without_transactions",
    setting="Download Paid Orders With No Transactions",
    key="download_paid_orders_with_no_transactions",
)
PARTIALLY_PAID = Filter(
    trait="partially_paid",
    setting="Do Not Download Partially Paid Orders",
    key="do_not_download_partially_paid_orders",
    open_when=False,
)
MANUAL = Filter(trait="payment_pending", setting="Allow Manual Payments", key="allow_manual_payments")
PROCESSING = Filter(trait="payment_processing", setting="Allow Manual Payments", key="allow_manual_payments")
CAPTURE = Filter(trait="authorized", setting="capture required", key="require_capture", open_when=False)
FILTERS = (FULFILLED, UNFULFILLED, ARCHIVED, NO_TRANSACTIONS, PARTIALLY_PAID, MANUAL, PROCESSING, CAPTURE)


def held_by(ev: Evidence, this: Filter, *seen: Fact) -> Suspicion | None:
    """The judgement on an absent order with the filter's trait; `seen` are the facts that show the trait.

    Arrivals beat what is declared. An order that passed after this one became eligible shows that the filter is open;
    one that passed before it makes the declaration doubtful, so that it takes lateness to believe it.
    """
    if not ev.absent or is_open(ev, this):
        return None
    before = last_open(this.telling(ev.shop.outcomes), this.trait, ev.grace)
    if this.declared_off(ev.shop.declared) and (ev.late or before is None):
        return Suspicion(Certainty.CERTAIN, (*seen, said(ev, this), NOT_THERE), this.setting)
    run = _held_back(ev, this)
    if run is not None:
        return Suspicion(Certainty.LIKELY, (*seen, said(ev, this), *contrast(run)), this.setting)
    twins = _twins(ev, this)
    one_of_them = _held_back(ev, this, least=POSSIBLE) if twins else None
    if one_of_them is not None:
        likewise = (declared("just as likely", twin.setting) for twin in twins)
        return Suspicion(Certainty.POSSIBLE, (*seen, said(ev, this), *contrast(one_of_them), *likewise), this.setting)
    if ev.late and before is None and this.declared(ev.shop.declared) is None:
        return _only_possible(ev, this, seen)
    return None


def unpaid(ev: Evidence, this: Filter, *seen: Fact) -> Suspicion | None:
    """The judgement on an order that is not fully paid: as long as none like it passes, it may be waiting for that.

    The payment makes the connector look again by itself, so that much is said whatever is declared.
    """
    found = held_by(ev, this, *seen)
    if found is None and ev.absent and ev.late and not is_open(ev, this):
        return Suspicion(Certainty.POSSIBLE, (*seen, said(ev, this), NOT_THERE), this.setting)
    return found


NOT_THERE = pos("records under its number", "none")


def is_open(ev: Evidence, this: Filter) -> bool:
    """Whether an order with the trait has passed since this one became eligible."""
    return arrived_later(this.telling(ev.shop.outcomes), this.trait, ev.eligible_at, ev.grace)


def said(ev: Evidence, this: Filter) -> Fact:
    return declared(this.setting, this.declared(ev.shop.declared))


def contrast(run: HeldBack) -> tuple[Fact, ...]:
    """What the shop's other orders show: those alike are absent, the others came, and how probable that makes it."""
    return (
        shop("orders like it, late in a row", f"{run.late}, the first eligible {moment(run.since)}"),
        shop("other orders that arrived meanwhile", run.arrived_without),
        shop("probability", percent(run.probability)),
    )


def priors(settings: Declared, this: Filter | None = None) -> tuple[tuple[str, Fraction], ...]:
    """How probable the other filters are before the orders are looked at: what is declared of them is mostly true.

    What is declared of this one does not count: it is to be compared with what the orders show. Nor does it of those that
    are declared to let orders pass as this one is: if one of these declarations is wrong, it may be any of them.
    """
    weight = {True: STATED_OFF, False: STATED_ON}
    others = [
        one for one in FILTERS if one.declared(settings) is not None and not (this and _alike(one, this, settings))
    ]
    return tuple((one.trait, weight[one.declared_off(settings)]) for one in others)


def _alike(one: Filter, this: Filter, settings: Declared) -> bool:
    both_open = this.declared(settings) is this.open_when and one.declared(settings) is one.open_when
    return one.key == this.key or both_open


def _held_back(ev: Evidence, this: Filter, *, enough: int = ENOUGH_LATE, least: Fraction = LIKELY) -> HeldBack | None:
    outcomes, weights = ev.shop.outcomes, priors(ev.shop.declared, this)
    return held_back(outcomes, this.trait, ev.eligible_at, ev.grace, enough=enough, least=least, priors=weights)


def _only_possible(ev: Evidence, this: Filter, seen: Sequence[Fact]) -> Suspicion | None:
    """Too few for a pattern, while nothing is declared and no order like it was ever seen to arrive."""
    few = _held_back(ev, this, enough=1, least=POSSIBLE)
    if few is None:
        return None
    return Suspicion(Certainty.POSSIBLE, (*seen, said(ev, this), *contrast(few)), this.setting)


def _twins(ev: Evidence, this: Filter) -> list[Filter]:
    """Other filters that account for the same orders about as well: one of them it is, but nothing tells which."""
    mine = traits(ev.order)
    rivals = {one: _probability(ev, one) for one in FILTERS if one is not this and one.trait in mine}
    found = [one for one, probability in rivals.items() if probability >= POSSIBLE]
    together = _probability(ev, this) + sum((rivals[one] for one in found), Fraction(0))
    return found if together >= LIKELY > max(rivals.values(), default=Fraction(0)) else []


def _probability(ev: Evidence, this: Filter) -> Fraction:
    return belief(ev.shop.outcomes, this.trait, ev.grace, priors(ev.shop.declared, this)).probability


def accounts_for(ev: Evidence, absent: Collection[Outcome]) -> bool:
    """Whether a filter that holds this order back holds back all of these too."""
    found = traits(ev.order)
    return any(
        one.trait in found and all(one.trait in each.traits for each in absent) and _stands(ev, one) for one in FILTERS
    )


def _stands(ev: Evidence, rival: Filter) -> bool:
    return not is_open(ev, rival) and (rival.declared_off(ev.shop.declared) or _held_back(ev, rival) is not None)
