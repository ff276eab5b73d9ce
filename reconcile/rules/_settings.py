"""What the rules for the connector's settings share: whether a filter holds an order back. Not a rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from reconcile.evidence import Declared, Evidence, Outcome
from reconcile.inference import ANY, HeldBack, arrived_later, held_back, last_open, late_run, traits
from reconcile.model import Certainty, Fact
from reconcile.rules import Suspicion
from reconcile.rules._facts import declared, moment, pos, shop

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
        """The outcomes that say something about this switch.

        Once an unfulfilled order was shipped nobody knows whether it came before or because of that.
        """
        if self.trait != "unfulfilled":
            return outcomes
        return [one for one in outcomes if "shipped_later" not in one.traits]


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
    outcomes = this.telling(ev.shop.outcomes)
    before = last_open(outcomes, this.trait, ev.grace)
    if this.declared_off(ev.shop.declared) and (ev.late or before is None):
        return Suspicion(Certainty.CERTAIN, (*seen, said(ev, this), NOT_THERE), this.setting)
    run = held_back(outcomes, this.trait, ev.eligible_at, ev.grace)
    if run is not None and not _outdone(ev, this):
        twins = _twins(ev, this)
        facts = (*seen, said(ev, this), *contrast(run), *(declared("just as likely", twin.setting) for twin in twins))
        return Suspicion(Certainty.POSSIBLE if twins else Certainty.LIKELY, facts, this.setting)
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
    """What the shop's other orders show: those alike are late, the others came."""
    return (
        shop("orders like it, late in a row", f"{run.late}, the first eligible {moment(run.since)}"),
        shop("other orders that arrived meanwhile", run.arrived_without),
    )


def _only_possible(ev: Evidence, this: Filter, seen: Sequence[Fact]) -> Suspicion | None:
    """Too few for a pattern, while nothing is declared and no order like it was ever seen to arrive."""
    few = held_back(this.telling(ev.shop.outcomes), this.trait, ev.eligible_at, ev.grace, enough=1)
    if few is None or _outdone(ev, this):
        return None
    return Suspicion(Certainty.POSSIBLE, (*seen, said(ev, this), *contrast(few)), this.setting)


def _outdone(ev: Evidence, this: Filter) -> bool:
    """Whether another filter accounts for the same late orders, and better: it is declared off, or explains more."""
    mine = _late_ones(ev, this)
    return any(mine <= _late_ones(ev, rival) and _weight(ev, rival) > _weight(ev, this) for rival in _rivals(ev, this))


def _twins(ev: Evidence, this: Filter) -> list[Filter]:
    """Other filters that hold back exactly the same orders: nothing tells which of them it is."""
    mine = _late_ones(ev, this)
    return [
        rival
        for rival in _rivals(ev, this)
        if mine == _late_ones(ev, rival) and _weight(ev, rival) == _weight(ev, this)
    ]


def _rivals(ev: Evidence, this: Filter) -> list[Filter]:
    found = traits(ev.order)
    return [one for one in FILTERS if one is not this and one.trait in found and _stands(ev, one)]


def accounts_for(ev: Evidence, absent: Collection[Outcome]) -> bool:
    """Whether a filter that holds this order back holds back all of these too."""
    found = traits(ev.order)
    return any(
        one.trait in found and all(one.trait in each.traits for each in absent) and _stands(ev, one) for one in FILTERS
    )


def _stands(ev: Evidence, rival: Filter) -> bool:
    if is_open(ev, rival):
        return False
    outcomes = rival.telling(ev.shop.outcomes)
    return rival.declared_off(ev.shop.declared) or bool(held_back(outcomes, rival.trait, ev.eligible_at, ev.grace))


def _weight(ev: Evidence, this: Filter) -> tuple[bool, int, bool]:
    settings = ev.shop.declared
    return this.declared_off(settings), len(_late_ones(ev, this)), this.declared(settings) is None


def _late_ones(ev: Evidence, this: Filter) -> frozenset[int]:
    return frozenset(one.order_id for one in late_run(this.telling(ev.shop.outcomes), this.trait, ev.grace))
