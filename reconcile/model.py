"""The words of the product as plain values; money is `Decimal` in the shop's currency, time is aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Standing(StrEnum):
    """Where an order stands between Shopify and the POS."""

    WAITING = "waiting"
    MATCHED = "matched"
    PENDING = "pending"
    DIFFERS = "differs"
    MISSING = "missing"
    EXCLUDED = "excluded"
    UNREAD = "unread"


class CaseState(StrEnum):
    WATCHING = "watching"
    RETRYING = "retrying"
    NEEDS_PERSON = "needs_person"
    HELD = "held"
    CLOSED = "closed"


class Closing(StrEnum):
    """How a case closed."""

    ARRIVED = "arrived"
    AFTER_RETRY = "after_retry"
    AFTER_FIX = "after_fix"
    BY_HAND = "by_hand"
    DISMISSED = "dismissed"
    EXCLUDED = "excluded"
    GONE = "gone"
    EXPIRED = "expired"


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Remedy(StrEnum):
    WAIT = "wait"
    RETRY = "retry"
    FIX_THEN_RETRY = "fix_then_retry"
    FLAG = "flag"
    NONE = "none"


class Scope(StrEnum):
    """Whether a cause lies with the shop (one fix frees many orders) or with the order."""

    SHOP = "shop"
    ORDER = "order"


class Mode(StrEnum):
    OBSERVE = "observe"
    ASSIST = "assist"
    AUTO = "auto"


class TouchEffect(StrEnum):
    """What a touch is known to do at a shop."""

    UNPROVEN = "unproven"
    WORKS = "works"
    NO_EFFECT = "no_effect"
    DOUBLES = "doubles"


class SaleKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"


class SaleStatus(StrEnum):
    """The POS's status words, mapped; `raw_status` keeps the vendor's own."""

    PENDING = "pending"
    OPEN = "open"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# --- Shopify's side -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    line_id: int
    sku: str | None
    title: str
    quantity: int
    current_quantity: int  # without what was refunded or removed
    price: Decimal  # per unit, before discounts
    discount: Decimal = Decimal(0)  # for the whole line
    gift_card: bool = False
    product_exists: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    line_id: int
    sku: str | None
    quantity: int
    restock_type: str | None = None  # "no_restock" | "cancel" | "return" | "legacy_restock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    refund_id: int
    created_at: datetime
    amount: Decimal  # money given back
    lines: tuple[RefundLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    kind: str  # "sale" | "capture" | "authorization" | "refund" | "void"
    status: str  # "success" | "pending" | "failure" | "error"
    gateway: str
    amount: Decimal
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """What rules ask of a buyer, and nothing else: personal data stays at the door."""

    present: bool = True
    valid_email: bool | None = None  # None: the app may not see it
    missing_parts: frozenset[str] | None = None  # "first_name", "last_name", "address1", "city", "province", "zip"
    odd_characters: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A Shopify order as last seen. Status words are REST's: `paid`, `partial`; None fulfilment is `unfulfilled`."""

    order_id: int
    name: str
    number: int | None = None
    created_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None  # archived when set
    fulfilled_at: datetime | None = None  # the first fulfilment
    financial_status: str | None = None
    fulfillment_status: str = "unfulfilled"
    test: bool = False
    source_name: str | None = None
    app_id: str | None = None
    tags: frozenset[str] = frozenset()
    gateways: tuple[str, ...] = ()
    currency: str = ""
    total: Decimal = Decimal(0)
    current_total: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    current_tax: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    duties: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    taxes_included: bool = False
    lines: tuple[OrderLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    payments: tuple[Payment, ...] | None = None  # None: not in this payload
    customer: CustomerFacts = CustomerFacts()
    assigned_locations: frozenset[str] | None = None  # names; None: not in this payload
    on_hold: bool | None = None  # None: not in this payload
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


# --- the POS's side -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleLine:
    sku: str | None
    quantity: Decimal
    unit_price: Decimal | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One POS record of any kind. None means that the POS did not say, never zero."""

    sale_id: str  # unique within the POS, such as "order:100871" or "ticket:117061"
    kind: SaleKind
    status: SaleStatus
    raw_status: str
    reference: str | None  # as written in the POS
    total: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None
    discount: Decimal | None = None
    balance: Decimal | None = None  # what is still to be paid
    paid: Decimal | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    lines: tuple[SaleLine, ...] | None = None  # None: unread
    location: str | None = None
    has_address: bool | None = None
    unfilled_fields: tuple[str, ...] | None = None  # required custom fields that are empty on it
    url: str | None = None
    employee_id: str | None = None  # who sold it; None where the POS has no such thing, or says nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredField:
    group: str  # the vendor's group: "sales.order", "customer", "item", …
    key: str
    name: str
    list_restricted: bool = False
    since: datetime | None = None  # the first of the readings in a row that showed it required


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A POS product under one SKU."""

    item_id: str
    sku: str
    title: str
    active: bool
    tracks_stock: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    location_id: str
    name: str
    active: bool = True
    stations: int | None = None  # active tills; None: not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody in the POS as whom sales are written."""

    employee_id: str
    name: str
    archived: bool = False
    locked: bool = False
    deleted: bool = False  # marked for deletion, or gone
    owns_token: bool = False  # the one who let us in
    sells: bool = False  # seen on the connector's latest sales

    @property
    def active(self) -> bool:
        return not (self.archived or self.locked or self.deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the token is, and what it may see."""

    name: str
    account: str
    locations: tuple[Location, ...] = ()
    blind_spots: tuple[str, ...] = ()  # what it was refused, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpQuestions:
    skus: tuple[str, ...] = ()  # products to look up, the connector's required ones included
    employee: str = ""  # the name of the one who is assigned in the connector, when that is declared
    employee_ids: tuple[str, ...] = ()  # those who are seen on the connector's latest sales


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """A reading of the POS's settings. None: that part could not be read, `unread` says why."""

    read_at: datetime
    required_fields: tuple[RequiredField, ...] | None = None
    items: dict[str, tuple[Item, ...]] | None = None  # every SKU asked for, () when the POS has none
    locations: tuple[Location, ...] | None = None
    payment_types: tuple[str, ...] | None = None
    employees: tuple[Employee, ...] | None = None  # those asked for, and the token's own; never the whole staff
    unread: dict[str, str] = field(default_factory=dict)  # part → why


# --- what is concluded ----------------------------------------------------------------------------------------------


class DiscrepancyKind(StrEnum):
    TOTAL = "total"
    TAX = "tax"
    SHIPPING = "shipping"
    DISCOUNT = "discount"
    QUANTITY = "quantity"
    EDIT = "edit"
    REFUND = "refund"
    CANCEL = "cancel"
    DUPLICATE = "duplicate"
    UNMATCHED_PRODUCT = "unmatched_product"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One difference between the two sides; `subject` names the SKU, refund or sale it is about."""

    kind: DiscrepancyKind
    shopify: str
    pos: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of evidence: which side says it, what, and its value, such as (shopify, archived at, …)."""

    side: str  # "shopify" | "pos" | "declared" | "shop" (this shop's other orders)
    what: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause with its evidence."""

    cause: str  # slug
    certainty: Certainty
    remedy: Remedy
    scope: Scope
    facts: tuple[Fact, ...]
    subject: str = ""  # what is shared by the orders it holds back: a setting, a field, a product, a SKU
    gone: bool = False  # it held the order back, and is seen to be mended


class Verb(StrEnum):
    """What is decided: touch it, wait, ask a person, tell a person what to fix, flag it, or only write it down."""

    TOUCH = "touch"
    WAIT = "wait"
    ASK = "ask"
    TELL = "tell"
    FLAG = "flag"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    verb: Verb
    reason: str  # a sentence for the operator
    limit: str = ""  # slug of the limit that lowered it, if one did
    by: str = ""  # the person whose re-queue it answers, if any
