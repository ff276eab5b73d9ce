"""The connector's settings, in the words of Mortar's pages, and what they keep out.

Source: the facts on Mortar's Orders page (help.accumula.com 7133236) and its general settings. Which order of the
filters Mortar follows is not documented; ours asks first what the order is, then how it is paid and shipped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.goods import LOCATIONS, ORDER_SOURCE, UNMAPPED
from sandbox.planting import BY_VALUE, START_MOVED, Planting
from sandbox.scenario import Scenario
from sandbox.shop import ShopOrder
from sandbox.struck import ALLOW_TAG, CONNECTOR_APP, DRAFT, EVERYDAY_TAG, EXCLUDED_CHANNEL, IGNORE_TAG, IN_STORE_PREFIX

OLDEST: Final = timedelta(days=30)
DEFAULT_CUSTOMER: Final = "100001"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorSettings:
    """As the merchant's connector stands at one moment."""

    order_minimum_created: datetime
    name: str = "mortar"
    download_orders: bool = True
    download_fulfilled_orders: bool = True
    download_unfulfilled_orders: bool = True
    download_archived_orders: bool = True
    download_paid_orders_with_no_transactions: bool = True
    do_not_download_partially_paid_orders: bool = False
    allow_manual_payments: bool = True
    require_capture: bool = False
    download_refunds: bool = True
    allow_tags: tuple[str, ...] = ()
    ignore_tags: tuple[str, ...] = (IGNORE_TAG,)
    routing_tags: tuple[str, ...] = ()
    locations: tuple[str, ...] = LOCATIONS
    channels_excluded: tuple[str, ...] = ()
    order_source: str = ORDER_SOURCE
    default_customer: str = DEFAULT_CUSTOMER
    in_store_prefix: str = IN_STORE_PREFIX
    automatically_invoice: bool = True

    def minds(self, tags: Iterable[str]) -> bool:
        """Whether one of these tags is one that a filter looks for."""
        return bool({tag.lower() for tag in tags} & {*self.allow_tags, *self.ignore_tags})

    def as_json(self) -> dict[str, Any]:
        """The settings as a stores file has them: dates in ISO, lists as lists."""
        values = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
        return values | {"order_minimum_created": self.order_minimum_created.isoformat()}


SWITCHED: Final[dict[str, dict[str, Any]]] = {
    "download_orders_off": {"download_orders": False},
    "fulfilled_orders_off": {"download_fulfilled_orders": False},
    "unfulfilled_orders_off": {"download_unfulfilled_orders": False},
    "archived_orders_off": {"download_archived_orders": False},
    "paid_without_transactions_off": {"download_paid_orders_with_no_transactions": False},
    "partially_paid_excluded": {"do_not_download_partially_paid_orders": True},
    "manual_payments_off": {"allow_manual_payments": False},
    "payment_not_captured": {"require_capture": True},
    "refunds_off": {"download_refunds": False},
    "order_source_unset": {"order_source": ""},
    "ignore_tag_present": {"ignore_tags": (IGNORE_TAG, EVERYDAY_TAG)},
    "allow_tag_missing": {"allow_tags": (ALLOW_TAG,)},
    "channel_excluded": {"channels_excluded": (EXCLUDED_CHANNEL, DRAFT)},
    "location_unmapped": {"locations": LOCATIONS},
}
# What a merchant has set once and for all, when the scenario has orders that it keeps out.
STANDING: Final[dict[str, dict[str, Any]]] = {
    "channel_excluded": {"channels_excluded": (EXCLUDED_CHANNEL, DRAFT)},
    "draft_order": {"channels_excluded": (EXCLUDED_CHANNEL, DRAFT)},
    "allow_tag_missing": {"allow_tags": (ALLOW_TAG,)},
    "no_customer": {"default_customer": ""},
}
# What is set so before and after a window in which it is not.
BETWEEN: Final[dict[str, dict[str, Any]]] = {"location_unmapped": {"locations": (*LOCATIONS, UNMAPPED)}}


class SettingsBook:
    """The settings at any moment of the day, as the planted windows change them."""

    def __init__(self, scenario: Scenario, planting: Planting, start: datetime) -> None:
        standing: dict[str, Any] = {}
        for one in scenario.faults:
            in_a_window = one.kind in BY_VALUE and one.share is None
            standing |= (BETWEEN if in_a_window else STANDING).get(one.kind, {})
        self._usual = ConnectorSettings(order_minimum_created=start - OLDEST, **standing)
        windows = planting.of(*SWITCHED, "before_minimum_date", START_MOVED)
        self._windows = [one for one in windows if one.kind not in BY_VALUE or one.share is None]
        self._saved: dict[str, Any] = {}

    def save(self, values: Mapping[str, Any]) -> None:
        """What a person sets on the connector's page: it holds from now on, whatever was planted."""
        self._saved |= values

    def at(self, moment: datetime) -> ConnectorSettings:
        changes: dict[str, Any] = {}
        for window in self._windows:
            if window.holds(moment):
                minimum = window.since if window.kind == START_MOVED else window.until
                changes |= SWITCHED.get(window.kind, {"order_minimum_created": minimum})
        changes |= self._saved
        return replace(self._usual, **changes) if changes else self._usual


def kept_out(order: ShopOrder, settings: ConnectorSettings, planted: str | None = None) -> str | None:
    """The cause for which the settings keep an order out, the planted one if it is among several; None: they let it through."""
    causes = [cause for cause, applies in _filters(order, settings) if applies]
    return planted if planted in causes else next(iter(causes), None)


def _filters(order: ShopOrder, settings: ConnectorSettings) -> Iterable[tuple[str, bool]]:
    yield "mirror_of_pos_sale", order.app_id == CONNECTOR_APP
    yield "test_order", order.test
    yield "cancelled_before_download", order.cancelled_at is not None
    excluded = order.source_name in settings.channels_excluded
    yield "draft_order", excluded and order.source_name == DRAFT
    yield "channel_excluded", excluded
    yield "before_minimum_date", order.created_at < settings.order_minimum_created
    yield "download_orders_off", not settings.download_orders
    yield "order_on_hold", order.on_hold
    tags = {tag.lower() for tag in order.tags}
    yield "ignore_tag_present", bool(tags & set(settings.ignore_tags))
    yield "allow_tag_missing", bool(settings.allow_tags) and not tags & set(settings.allow_tags)
    yield from _by_shipping(order, settings)
    yield from _by_payment(order, settings)
    yield "no_customer", order.buyer is None and not settings.default_customer
    yield "location_unmapped", not set(order.locations) & set(settings.locations)
    yield "order_source_unset", not settings.order_source


def _by_shipping(order: ShopOrder, settings: ConnectorSettings) -> Iterable[tuple[str, bool]]:
    is_fulfilled = order.fulfillment_status == "fulfilled"
    yield "fulfilled_orders_off", is_fulfilled and not settings.download_fulfilled_orders
    yield "unfulfilled_orders_off", not is_fulfilled and not settings.download_unfulfilled_orders
    yield "archived_orders_off", order.closed_at is not None and not settings.download_archived_orders


def _by_payment(order: ShopOrder, settings: ConnectorSettings) -> Iterable[tuple[str, bool]]:
    status = order.financial_status
    yield "manual_payments_off", status == "pending" and not settings.allow_manual_payments
    yield "payment_not_captured", status == "authorized" and settings.require_capture
    yield "partially_paid_excluded", status == "partially_paid" and settings.do_not_download_partially_paid_orders
    bare = (
        status == "paid" and order.total > 0 and not any(is_money(one.kind, one.status) for one in order.transactions)
    )
    yield "paid_without_transactions_off", bare and not settings.download_paid_orders_with_no_transactions


def is_money(kind: str, status: str) -> bool:
    """Whether a transaction brought money in."""
    return kind in ("sale", "capture") and status == "success"
