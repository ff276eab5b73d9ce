"""Each cause planted alone shows its documented behaviour in the books and in the shop, and nothing else goes wrong."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from time import process_time

import pytest

from sandbox.fates import Fate
from sandbox.goods import UNMAPPED
from sandbox.heartland.books import Order
from sandbox.heartland.till import HEARTLAND
from sandbox.planting import BY_VALUE
from sandbox.scenario import CAUSES, WRONG
from sandbox.shop import ShopOrder
from sandbox.struck import ALLOW_TAG, EVERYDAY_TAG, EXCLUDED_CHANNEL
from sandbox.world import World
from tests.days import HOUR, START, opened, played, records, struck, to_the_end

SHOWS: dict[str, Callable[[ShopOrder], bool]] = {
    "ignore_tag_present": lambda order: EVERYDAY_TAG in order.tags,
    "allow_tag_missing": lambda order: ALLOW_TAG not in order.tags,
    "channel_excluded": lambda order: order.source_name == EXCLUDED_CHANNEL,
    "location_unmapped": lambda order: order.locations == [UNMAPPED],
}


def goods(fate: Fate) -> Counter[str | None]:
    counted: Counter[str | None] = Counter()
    for line in fate.order.lines:
        counted[line.sku] += line.quantity
    return counted


# --- sound orders ---------------------------------------------------------------------------------------------------


def test_a_day_without_faults_brings_every_order_in_once_and_whole() -> None:
    world = played(orders=600)
    for fate in world.fates.values():
        sales = records(world, fate)
        assert fate.cause is None
        assert (fate.carried, fate.touches) == (1, 0)
        assert fate.arrived_at == fate.unaided_at == sales[0].created_at
        if fate.order.cancelled_at is None:
            edits = [sale for n in (1, 2) for sale in world.books.orders_for(f"{fate.order.name}-E00{n}")]
            back = sum((ticket.total for ticket in world.books.tickets_for(fate.order.name)), Decimal(0))
            assert sum(sale.total for sale in [*sales, *edits]) + back == fate.order.current_total
            assert all(sale.status in ("open", "complete") for sale in sales)
        else:
            assert {sale.status for sale in sales} == {"canceled"}
    assert world.truth()["duplicate_sales"] == 0


def test_a_day_has_every_everyday_kind() -> None:
    world = played(orders=1000)
    orders = [fate.order for fate in world.fates.values()]
    kinds = Counter(order.financial_status for order in orders)
    assert {"paid", "partially_paid", "pending", "authorized", "partially_refunded", "refunded"} <= kinds.keys()
    at_once = [order for order in orders if order.fulfilled_at == order.created_at]
    archived = [order for order in at_once if order.closed_at == order.created_at]
    assert 80 <= len(archived) <= 160
    assert 30 <= len(at_once) - len(archived) <= 100
    later = [order for order in orders if order.fulfilled_at is not None and order not in at_once]
    assert len(later) > 500
    assert all(order.fulfilled_at - order.created_at >= HOUR for order in later if order.fulfilled_at)
    assert any(len(order.locations) == 2 for order in orders)
    assert any(not order.transactions for order in orders)
    assert any(line.gift_card for order in orders for line in order.lines)
    assert len({order.source_name for order in orders}) >= 3


def test_a_split_order_is_one_sale_per_location() -> None:
    world = played()
    split = [fate for fate in world.fates.values() if len(fate.order.locations) == 2]
    assert split
    for fate in split:
        sales = records(world, fate)
        assert len({sale.location_id for sale in sales}) == 2
        assert fate.carried == 1
        sold = Counter[str | None]()
        for line in (line for sale in sales for line in sale.lines if not line.sku.startswith("Shopify")):
            sold[line.sku] += int(line.qty)
        assert sold == Counter({sku: count for sku, count in goods(fate).items() if sku})


def test_the_latency_is_the_scenarios() -> None:
    world = played(orders=2000, latency={"median_s": 60, "p99_s": 300})
    waits = sorted(
        (fate.arrived_at - fate.order.created_at).total_seconds() for fate in world.fates.values() if fate.arrived_at
    )
    assert 55 < waits[1000] < 65
    assert 240 < waits[1980] < 380


def test_more_is_sold_by_day_than_by_night() -> None:
    hours = Counter(fate.order.created_at.hour for fate in opened(orders=1000).fates.values())
    assert sum(hours[hour] for hour in range(9, 21)) > 3 * sum(hours[hour] for hour in (21, 22, 23, *range(9)) if hour)
    assert hours[0] > 0


def test_a_seed_makes_one_day_and_another_seed_another() -> None:
    fault = {"cause": "unexplained", "share": 0.1}
    first, same, other = played(fault).truth(), played(fault).truth(), played(fault, seed=6).truth()
    assert first == same
    assert first != other


def test_a_thousand_orders_play_in_seconds() -> None:
    began = process_time()
    played({"cause": "archived_orders_off", "from_h": 8, "until_h": 12}, orders=1000)
    assert process_time() - began < 3


# --- causes ---------------------------------------------------------------------------------------------------------

Check = Callable[[World, Fate, list[Order]], bool]


def pending(world: World, fate: Fate, sales: list[Order]) -> bool:
    return len(sales) == 1 and sales[0].status == "pending"


def short(fate: Fate, sales: list[Order]) -> bool:
    return sum(int(line.qty) for line in sales[0].lines if line.sku in goods(fate)) < goods(fate).total()


ABSENT: dict[str, Callable[[World, Fate], bool]] = {
    "mirror_of_pos_sale": lambda w, f: (
        f.order.name.startswith("POS-") and f.order.closed_at is not None and f.order.fulfillment_status == "fulfilled"
        and any(t.reference is None and t.total == f.order.total for t in w.books.all_tickets())
    ),
    "test_order": lambda w, f: f.order.test,
    "cancelled_before_download": lambda w, f: f.order.cancelled_at is not None,
    "draft_order": lambda w, f: f.order.source_name in w.declared()["channels_excluded"],
    "channel_excluded": lambda w, f: f.order.source_name in w.declared()["channels_excluded"],
    "order_on_hold": lambda w, f: f.order.on_hold,
    "ignore_tag_present": lambda w, f: bool(set(f.order.tags) & set(w.declared()["ignore_tags"])),
    "allow_tag_missing": lambda w, f: not set(f.order.tags) & set(w.declared()["allow_tags"]),
    "before_minimum_date": lambda w, f: f.order.created_at < datetime.fromisoformat(w.declared()["order_minimum_created"]),
    "download_orders_off": lambda w, f: True,
    "fulfilled_orders_off": lambda w, f: f.order.fulfilled_at == f.order.created_at and f.order.closed_at is None,
    "unfulfilled_orders_off": lambda w, f: f.order.fulfillment_status is None,
    "archived_orders_off": lambda w, f: f.order.closed_at == f.order.created_at,
    "paid_without_transactions_off": lambda w, f: f.order.financial_status == "paid" and not f.order.transactions,
    "partially_paid_excluded": lambda w, f: f.order.financial_status == "partially_paid",
    "manual_payments_off": lambda w, f: f.order.financial_status == "pending" and f.order.gateways == ["Bank Deposit"],
    "payment_not_captured": lambda w, f: f.order.financial_status == "authorized",
    "required_custom_field": lambda w, f: True,
    "required_product_unusable": lambda w, f: f.order.duties > 0 and not w.books.items_with("Shopify: Duties")[0].active,
    "order_source_unset": lambda w, f: True,
    "item_archived": lambda w, f: any(
        not item.active for line in f.order.lines for item in w.books.items_with(line.sku or "")
    ),
    "customer_incomplete": lambda w, f: f.order.buyer is not None and (
        "@" not in (f.order.buyer.email or "") or not (f.order.buyer.zip and f.order.buyer.city and f.order.buyer.address1)
    ),
    "sku_unknown": lambda w, f: any(not w.books.items_with(line.sku or "") for line in f.order.lines),
    "sku_not_unique": lambda w, f: any(len(w.books.items_with(line.sku or "")) == 2 for line in f.order.lines),
    "location_unmapped": lambda w, f: not set(f.order.locations) & set(w.declared()["locations"]),
    "no_customer": lambda w, f: f.order.buyer is None and w.declared()["default_customer"] == "",
    "unexplained": lambda w, f: True,
    "entered_by_hand": lambda w, f: any(
        t.reference is None and t.total == f.order.total and goods(f).keys() <= {line.sku for line in t.lines}
        for t in w.books.all_tickets()
    ),
}  # fmt: skip

PRESENT: dict[str, Check] = {
    "pending_required_field": lambda w, f, s: pending(w, f, s) and not s[0].custom,
    "pending_total_mismatch": lambda w, f, s: pending(w, f, s) and s[0].balance == s[0].total - f.order.total != 0,
    "pending_missing_product": lambda w, f, s: pending(w, f, s) and short(f, s),
    "pending_refund_on_open": lambda w, f, s: (
        pending(w, f, s) and len(f.order.refunds) == 1 and not w.books.tickets_for(f.order.name)
    ),
    "pending_address_missing": lambda w, f, s: pending(w, f, s) and not s[0].has_address,
    "paid_not_completed": lambda w, f, s: f.order.fulfillment_status == "fulfilled" and s[0].status == "open",
    "no_product_found_line": lambda w, f, s: (
        any(line.sku == "NO PRODUCT FOUND" for line in s[0].lines) and s[0].total == f.order.total
    ),
    "lines_missing": lambda w, f, s: s[0].status != "pending" and short(f, s),
    "total_differs": lambda w, f, s: s[0].total != f.order.total and s[0].tax == f.order.tax,
    "tax_differs": lambda w, f, s: s[0].total - f.order.total == s[0].tax - f.order.tax != 0,
    "edit_not_carried": lambda w, f, s: f.order.current_total < s[0].total == f.order.total,
    "refund_not_carried": lambda w, f, s: len(f.order.refunds) == 1 and not w.books.tickets_for(f.order.name),
    "refunds_off": lambda w, f, s: len(f.order.refunds) == 1 and not w.books.tickets_for(f.order.name),
    "cancel_not_carried": lambda w, f, s: f.order.cancelled_at is not None and s[0].status == "open",
    "duplicate_sale": lambda w, f, s: len(s) == 2 and s[0].lines == s[1].lines,
}  # fmt: skip


def test_every_cause_has_its_check() -> None:
    assert {*ABSENT, *PRESENT, "connector_stalled"} == set(CAUSES) - HEARTLAND.without
    assert set(WRONG) <= set(PRESENT)


@pytest.mark.parametrize("cause", ABSENT)
def test_a_cause_that_holds_back_leaves_nothing_in_the_pos(cause: str) -> None:
    world = played({"cause": cause, "share": 0.1})
    held = [fate for fate in struck(world, cause) if fate.unaided_at is None]
    assert 10 <= len(held) <= 30
    for fate in held:
        assert fate.carried == 0
        assert fate.arrived_at is None
        assert not records(world, fate)
        assert ABSENT[cause](world, fate), fate.order
    others = [fate for fate in world.fates.values() if fate.cause != cause]
    assert all((fate.cause, fate.carried) == (None, 1) for fate in others)


@pytest.mark.parametrize("cause", PRESENT)
def test_a_cause_that_spoils_shows_in_the_pos(cause: str) -> None:
    world = played({"cause": cause, "share": 0.1})
    spoilt = struck(world, cause)
    assert len(spoilt) == 30
    for fate in spoilt:
        assert fate.wrong_since is not None
        assert fate.unaided_at == fate.arrived_at
        assert PRESENT[cause](world, fate, records(world, fate)), (fate.order, records(world, fate))
    assert world.truth()["duplicate_sales"] == 0


@pytest.mark.parametrize(
    "cause", [c for c in CAUSES if c not in HEARTLAND.without and c not in ("connector_stalled", "refunds_off")]
)
def test_a_window_strikes_only_what_falls_into_it(cause: str) -> None:
    world = played({"cause": cause, "from_h": 9, "until_h": 13})
    found = struck(world, cause)
    assert len(found) >= 3
    lateness = timedelta(minutes=20)
    assert all(START + 9 * HOUR - lateness <= fate.order.created_at < START + 13 * HOUR for fate in found)
    assert {fate.cause for fate in world.fates.values()} == {cause, None}


@pytest.mark.parametrize("cause", sorted(BY_VALUE))
def test_a_setting_that_lists_values_lets_the_same_orders_pass_before_and_after_its_window(cause: str) -> None:
    world = played({"cause": cause, "from_h": 9, "until_h": 13})
    alike = [fate for fate in world.fates.values() if SHOWS[cause](fate.order)]
    held = struck(world, cause)
    assert len(held) >= 10
    assert all(fate in alike and fate.unaided_at is None for fate in held)
    assert len([fate for fate in alike if fate.carried == 1]) >= 10
    assert not [fate for fate in world.fates.values() if fate not in held and fate.carried != 1]


def test_a_start_date_that_is_moved_keeps_out_what_was_placed_before_and_is_let_go_later() -> None:
    world = played({"fault": "start_date_moved", "from_h": 30, "until_h": 50}, hours=52, orders=300)
    held = struck(world, "before_minimum_date")
    assert len(held) >= 10
    assert all(fate.order.created_at < START + 30 * HOUR <= fate.eligible_at < START + 50 * HOUR for fate in held)
    assert all(not fate.order.tags and fate.unaided_at is None for fate in held)
    assert not [fate for fate in world.fates.values() if fate not in held and fate.carried != 1]
    assert datetime.fromisoformat(world.declared()["order_minimum_created"]) < START


def test_refunds_are_lost_only_while_they_are_not_downloaded() -> None:
    world = played({"cause": "refunds_off", "from_h": 12, "until_h": 20})
    lost = struck(world, "refunds_off")
    assert len(lost) >= 3
    assert all(
        12 * HOUR <= fate.order.refunds[0].created_at - START + HOUR / 6 <= 20 * HOUR + HOUR / 6 for fate in lost
    )
    kept = [
        fate for fate in world.fates.values() if fate.order.refunds and fate not in lost and not fate.order.cancelled_at
    ]
    assert kept
    assert all(world.books.tickets_for(fate.order.name) for fate in kept)


def test_a_queue_that_stood_goes_on_by_itself() -> None:
    world = played({"cause": "connector_stalled", "from_h": 9, "until_h": 11})
    late = struck(world, "connector_stalled")
    assert len(late) > 15
    for fate in late:
        assert fate.arrived_at is not None
        assert fate.arrived_at == fate.unaided_at
        assert timedelta() <= fate.arrived_at - (START + 11 * HOUR) < timedelta(minutes=2)
        assert fate.carried == 1


def test_a_pos_that_is_down_takes_orders_when_it_is_up_again() -> None:
    world = opened({"fault": "pos_down", "from_h": 9, "until_h": 10})
    world.timeline.move(START + 9.5 * HOUR)
    assert world.books.faults.down
    to_the_end(world)
    assert not world.books.faults.down
    assert all((fate.cause, fate.carried) == (None, 1) for fate in world.fates.values())
    assert not [fate for fate in world.fates.values() if fate.arrived_at and 9 <= _hour(fate.arrived_at) < 10]


def _hour(moment: datetime) -> float:
    return (moment - START) / HOUR


def test_garbage_and_throttling_last_as_long_as_they_are_planted() -> None:
    world = opened({"fault": "pos_garbage", "from_h": 2, "until_h": 3}, {"fault": "throttled", "share": 0.2})
    assert world.books.faults.throttle_share == 0.2
    assert world.books.faults.garbage is None
    world.timeline.move(START + 2.5 * HOUR)
    assert world.books.faults.garbage is not None
    world.timeline.move(START + 3.1 * HOUR)
    assert world.books.faults.garbage is None


def test_the_pos_shows_what_a_window_changes_and_only_meanwhile() -> None:
    faults = [
        {"cause": cause, "from_h": 9, "until_h": 10}
        for cause in ("required_custom_field", "required_product_unusable", "order_source_unset", "item_archived")
    ]
    world = opened(*faults)
    place = world.books.locations.keyed("Online Store")[0].id

    def seen() -> list[bool]:
        books = world.books
        return [
            bool(books.required_fields("sales.order")),
            not books.items_with("Shopify Shipping")[0].active,
            books.station_of(place) is None,
            not books.items_with("OLD-01")[0].active,
        ]

    assert seen() == [False] * 4
    world.timeline.move(START + 9.5 * HOUR)
    assert seen() == [True] * 4
    world.timeline.move(START + 10.1 * HOUR)
    assert seen() == [False] * 4


def test_staff_key_in_an_hour_later_what_a_cause_holds_back() -> None:
    faults = [{"cause": "customer_incomplete", "share": 0.1}, {"fault": "keyed_by_hand", "share": 0.5}]
    world = played(*faults)
    keyed = [fate for fate in struck(world, "customer_incomplete") if fate.keyed_at is not None]
    assert 5 <= len(keyed) <= 25
    assert len([ticket for ticket in world.books.all_tickets() if ticket.reference is None]) == len(keyed)
    assert all(fate.keyed_at - fate.order.created_at >= HOUR for fate in keyed if fate.keyed_at)


def test_an_empty_field_is_required_when_the_order_comes_and_until_staff_have_looked() -> None:
    world = opened({"cause": "pending_required_field", "share": 0.1}, {"cause": "customer_incomplete", "share": 0.1})
    assert not world.books.required_fields()
    came: list[datetime] = []
    while (moment := world.timeline.next_at()) is not None and len(came) < 30:
        world.timeline.move(moment)
        came = [fate.wrong_since for fate in world.fates.values() if fate.wrong_since is not None]
        assert not came or world.books.required_fields("sales.order")
    world.timeline.move(came[-1] + timedelta(hours=1))
    assert world.books.required_fields("sales.order")
    held = [fate for fate in world.fates.values() if fate.planted == "customer_incomplete"]
    assert not [fate for fate in held if min(came) < fate.order.created_at < max(came)]
    to_the_end(world)
    assert not world.books.required_fields()


# --- what is declared -----------------------------------------------------------------------------------------------


def test_declared_is_what_is_true_when_the_day_begins() -> None:
    off = {"cause": "archived_orders_off"}
    assert opened().declared()["download_archived_orders"] is True
    assert opened({**off, "share": 0.1}).declared()["download_archived_orders"] is False
    assert opened({**off, "from_h": 0, "until_h": 3}).declared()["download_archived_orders"] is False
    assert opened({**off, "from_h": 3}).declared()["download_archived_orders"] is True
    assert datetime.fromisoformat(opened().declared()["order_minimum_created"]) < START
