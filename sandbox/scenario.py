"""A scenario: one shop's day as JSON, read strictly; whatever is not understood is refused with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.heartland.switches import Switches
from sandbox.tills import KINDS

EXCLUDED: Final = (
    "mirror_of_pos_sale", "test_order", "cancelled_before_download", "draft_order", "channel_excluded",
    "order_on_hold", "ignore_tag_present", "allow_tag_missing", "before_minimum_date",
)  # fmt: skip
SETTINGS: Final = (
    "download_orders_off", "fulfilled_orders_off", "unfulfilled_orders_off", "archived_orders_off",
    "paid_without_transactions_off", "partially_paid_excluded", "manual_payments_off", "payment_not_captured",
    "refunds_off",
)  # fmt: skip
ACCESS: Final = ("employee_archived", "connector_stalled")
SET_UP: Final = (
    "required_custom_field", "required_product_unusable", "payment_type_missing", "order_source_unset",
    "item_archived",
)  # fmt: skip
OWN: Final = ("customer_incomplete", "sku_unknown", "sku_not_unique", "location_unmapped", "no_customer")
WRONG: Final = (
    "pending_required_field", "pending_total_mismatch", "pending_missing_product", "pending_refund_on_open",
    "pending_address_missing", "paid_not_completed", "no_product_found_line", "lines_missing", "total_differs",
    "tax_differs", "edit_not_carried", "refund_not_carried", "cancel_not_carried", "duplicate_sale",
)  # fmt: skip
CAUSES: Final = (*EXCLUDED, *SETTINGS, *ACCESS, *SET_UP, *OWN, *WRONG, "entered_by_hand", "unexplained")
FAULTS: Final = (
    "webhook_lost", "webhook_doubled", "webhook_shuffled", "pos_down", "pos_garbage", "throttled", "keyed_by_hand",
    "start_date_moved",
)  # fmt: skip
TOUCHES: Final = ("works", "no_effect", "late", "doubles")
MODES: Final = ("observe", "assist", "auto")
DECLARED: Final = frozenset(
    {
        "name", "employee", "download_orders", "download_fulfilled_orders", "download_unfulfilled_orders",
        "download_archived_orders", "download_paid_orders_with_no_transactions",
        "do_not_download_partially_paid_orders", "allow_manual_payments", "require_capture", "download_refunds",
        "order_minimum_created", "allow_tags", "ignore_tags", "routing_tags", "locations", "channels_excluded",
        "order_source", "default_customer", "in_store_prefix", "automatically_invoice",
    }
)  # fmt: skip
MOST_ORDERS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One planted cause or fault: it strikes a share, or in a window, or a share of what falls into a window."""

    kind: str
    share: float | None = None
    from_h: float | None = None
    until_h: float | None = None

    @property
    def is_cause(self) -> bool:
        return self.kind in CAUSES

    def since(self, start: datetime) -> datetime:
        return start + timedelta(hours=self.from_h or 0)

    def until(self, start: datetime) -> datetime | None:
        return None if self.until_h is None else start + timedelta(hours=self.until_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long the connector takes: half of the orders and all but one in a hundred."""

    median_s: float = 40
    p99_s: float = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    seed: int = 1
    pos: str = "heartland"
    hours: float = 24
    orders: int = 500
    latency: Latency = Latency()
    declared: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Planted, ...] = ()
    touch: str = "works"
    mode: str = "auto"
    switches: Any = field(default_factory=Switches)  # of the POS that is named

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Scenario":
        """Read a scenario's JSON. Raises ValueError that names the place of the first thing not understood."""
        body = _Part(given, "")
        seed, hours, orders = (
            body.whole("seed", 1),
            body.number("hours", 24, least=0.5, most=168),
            body.whole("orders", 500),
        )
        if not 0 <= orders <= MOST_ORDERS:
            raise ValueError(f"orders: from 0 to {MOST_ORDERS}")
        pos = body.word("pos", tuple(KINDS), "heartland")
        made = cls(
            seed=seed,
            pos=pos,
            hours=hours,
            orders=orders,
            latency=_latency(body.part("latency")),
            declared=_declared(body.part("declared")),
            faults=_faults(body.take("faults", []), pos),
            touch=body.word("touch", TOUCHES, "works"),
            mode=body.word("mode", MODES, "auto"),
            switches=_switches(body.take(pos, {}), pos),
        )
        body.take("start", None)  # whoever plays the scenario says when it starts
        body.end()
        return made

    def causes(self, kind: str) -> tuple[Planted, ...]:
        """Every planting of one cause or fault."""
        return tuple(one for one in self.faults if one.kind == kind)


class _Part:
    """An object of the scenario, with its place; what was not taken is unknown."""

    def __init__(self, given: object, place: str) -> None:
        if not isinstance(given, Mapping):
            raise ValueError(f"{place or 'scenario'}: an object is expected")
        self._left = dict(given)
        self._place = place

    def path(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def take(self, key: str, default: Any) -> Any:
        return self._left.pop(key, default)

    def part(self, key: str) -> "_Part":
        return _Part(self.take(key, {}), self.path(key))

    def rest(self) -> dict[str, Any]:
        rest, self._left = self._left, {}
        return rest

    def whole(self, key: str, default: int) -> int:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{self.path(key)}: a whole number is expected")
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"{self.path(key)}: a number from {least} to {most} is expected")
        return float(value)

    def maybe(self, key: str, *, most: float) -> float | None:
        return None if self._left.get(key) is None else self.number(key, 0, least=0, most=most)

    def word(self, key: str, words: tuple[str, ...], default: str) -> str:
        value = self.take(key, default)
        if value not in words:
            raise ValueError(f"{self.path(key)}: {value!r} is none of {', '.join(words)}")
        return str(value)

    def end(self) -> None:
        if self._left:
            raise ValueError(f"{self.path(sorted(map(str, self._left))[0])}: unknown key")


def _latency(part: _Part) -> Latency:
    """A slower median alone makes the slowest slower in the same measure."""
    median = part.number("median_s", 40, least=0.1, most=86_400)
    made = Latency(median_s=median, p99_s=part.number("p99_s", max(240, 6 * median), least=0.1, most=864_000))
    part.end()
    if made.p99_s < made.median_s:
        raise ValueError("latency.p99_s: it is under the median")
    return made


def _declared(part: _Part) -> dict[str, Any]:
    given = part.rest()
    unknown = sorted(set(given) - DECLARED)
    if unknown:
        raise ValueError(f"declared.{unknown[0]}: unknown key")
    return given


def _switches(given: object, pos: str) -> Any:
    if not isinstance(given, Mapping):
        raise ValueError(f"{pos}: an object is expected")
    try:
        return KINDS[pos].switches(given)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{pos}: {error}") from None


def _faults(given: object, pos: str) -> tuple[Planted, ...]:
    """What is planted; a cause that this POS does not know is understood, and strikes nobody."""
    if not isinstance(given, list):
        raise ValueError("faults: a list is expected")
    every = [_planted(_Part(one, f"faults[{place}]")) for place, one in enumerate(given)]
    return tuple(one for one in every if one.kind not in KINDS[pos].without)


def _planted(part: _Part) -> Planted:
    cause, fault = part.take("cause", None), part.take("fault", None)
    if (cause is None) is (fault is None):
        raise ValueError(f"{part.path('cause')}: a cause or a fault is expected, one of them")
    if cause is not None and cause not in CAUSES:
        raise ValueError(f"{part.path('cause')}: {cause!r} is no cause")
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"{part.path('fault')}: {fault!r} is no fault")
    made = Planted(
        kind=cause or fault,
        share=part.maybe("share", most=1),
        from_h=part.maybe("from_h", most=1_000),
        until_h=part.maybe("until_h", most=1_000),
    )
    part.end()
    if made.share is None and made.from_h is None and made.until_h is None:
        raise ValueError(f"{part.path('share')}: a share or a window (from_h, until_h) is expected")
    if made.until_h is not None and made.until_h <= (made.from_h or 0):
        raise ValueError(f"{part.path('until_h')}: it is not after from_h")
    return made
