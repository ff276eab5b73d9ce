"""What a rule may look at: one order with its POS records, and what is known of its shop. Plain values, no I/O."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconcile.model import Discrepancy, Order, Sale, SetUp, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The connector's settings as the merchant states them; None is *unknown*, never a default."""

    name: str = "mortar"
    employee: str | None = None
    download_orders: bool | None = None
    download_fulfilled_orders: bool | None = None
    download_unfulfilled_orders: bool | None = None
    download_archived_orders: bool | None = None
    download_paid_orders_with_no_transactions: bool | None = None
    do_not_download_partially_paid_orders: bool | None = None
    allow_manual_payments: bool | None = None
    require_capture: bool | None = None
    download_refunds: bool | None = None
    order_minimum_created: datetime | None = None
    allow_tags: tuple[str, ...] | None = None
    ignore_tags: tuple[str, ...] | None = None
    routing_tags: tuple[str, ...] | None = None
    locations: tuple[str, ...] | None = None  # mapped location names; None or () is unknown
    channels_excluded: tuple[str, ...] | None = None  # values of Shopify's source_name
    order_source: str | None = None  # Heartland; "" is declared unset
    default_customer: str | None = None  # "" is declared unset
    in_store_prefix: str | None = None
    automatically_invoice: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one recent order of the shop fared: what the connector's filters can see of it, and whether it arrived."""

    order_id: int
    eligible_at: datetime
    arrived_at: datetime | None  # the POS record's own creation time; None: absent at the last look
    late: bool  # absent for longer than the shop's usual arrival time
    traits: frozenset[str]  # see `reconcile.traits`
    explained: bool = False  # a cause with certain evidence of its own holds it back: says nothing about filters
    waited: timedelta | None = None  # how old an absent order was when it was last looked for
    took: timedelta | None = None  # how long the connector took by itself, with nothing in its way
    touched: bool = False  # we had the connector look at it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A refund or a cancellation of one of the shop's orders, and whether the POS has it after its usual time."""

    order_id: int
    at: datetime
    carried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEvidence:
    pos: str  # "heartland" | "lightspeed_r" | "lightspeed_x"
    declared: Declared = Declared()
    set_up: SetUp | None = None  # the newest reading; None: never read
    past: tuple["ShopEvidence", ...] = ()  # as it was known at earlier readings of the set-up, the newest first
    outcomes: tuple[Outcome, ...] = ()  # recent orders by eligible_at, this one included
    returns: tuple[Return, ...] = ()  # the latest refunds and cancellations, oldest first; read where one is missing
    unreferenced: tuple[Sale, ...] = ()  # recent POS sales that carry no order's reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One order as a rule sees it. `standing` is what `compare` concluded from presence and age alone."""

    order: Order
    eligible_at: datetime
    now: datetime
    standing: Standing
    grace: timedelta
    pending_after: timedelta = timedelta(minutes=30)
    sales: tuple[Sale, ...] = ()  # every POS record under this order's references, refunds and edits included
    discrepancies: tuple[Discrepancy, ...] = ()
    shop: ShopEvidence = field(default_factory=lambda: ShopEvidence(pos="heartland"))

    @property
    def absent(self) -> bool:
        """No POS record at all."""
        return not self.sales

    @property
    def late(self) -> bool:
        """Older than the shop's grace."""
        return self.now - self.eligible_at >= self.grace
