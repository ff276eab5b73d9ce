"""The product's Admin client against the sandbox's Shopify, over real HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from reconcile.errors import OutcomeUnknown, Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.shopify.admin import Admin, ClientCredentials, StaticToken
from reconcile.shopify.payload import read_order
from sandbox.shop import RefundedLine, ShopLine, ShopRefund, Transaction
from tests.contract.shops import DOMAIN, FIRST_ID, START, STATIC, Storefront, storefront

SECOND = timedelta(seconds=1)


@pytest.fixture
def front() -> Iterator[Storefront]:
    with storefront() as opened:
        yield opened


@pytest.fixture
def admin(front: Storefront) -> Admin:
    return admin_of(front, StaticToken(STATIC))


def admin_of(front: Storefront, credentials: StaticToken | ClientCredentials, paging_cap: int = 25_000) -> Admin:
    http = Http(front.url, sleep=front.sleep)
    return Admin(http, shop=DOMAIN, credentials=credentials, clock=front, sleep=front.sleep, paging_cap=paging_cap)


def by_client(front: Storefront, secret: str = "client-secret") -> Admin:
    return admin_of(front, ClientCredentials("client", secret))


def place_many(front: Storefront, count: int) -> None:
    """Orders #1001 and on, a second apart."""
    for number in range(1001, 1001 + count):
        front.place(number)
        front.pass_time(SECOND)


# --- reading


def test_orders_of_a_window_over_several_pages_oldest_change_first(front: Storefront, admin: Admin) -> None:
    place_many(front, 70)
    found = list(admin.orders_updated_since(START + 5 * SECOND))
    assert [order.name for order in found] == [f"#{number}" for number in range(1006, 1071)]


def test_a_window_has_an_end(front: Storefront, admin: Admin) -> None:
    place_many(front, 10)
    found = list(admin.orders_updated_since(START + SECOND, START + 3 * SECOND))
    assert [order.name for order in found] == ["#1002", "#1003", "#1004"]


def test_reading_goes_on_past_the_paging_cap(front: Storefront) -> None:
    place_many(front, 120)
    found = list(admin_of(front, StaticToken(STATIC), paging_cap=60).orders_updated_since(START))
    assert sorted({order.name for order in found}) == sorted(f"#{number}" for number in range(1001, 1121))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"buyer": None},
        {"fulfillment_status": "fulfilled", "fulfilled_at": START, "closed_at": START},
        {"financial_status": "partially_paid", "tags": ["b2b", "Wholesale"], "source_name": "pos", "app_id": None},
        {"cancelled_at": START, "test": True, "tax": Decimal("1.07"), "shipping": Decimal("4.9"), "duties": Decimal(3)},
        {"gateways": [], "discount": Decimal("2.50"), "fees": Decimal("0.99"), "fulfillment_status": "partial"},
    ],
)
def test_an_order_is_the_same_by_webhook_and_by_api(front: Storefront, admin: Admin, values: dict[str, object]) -> None:
    """All but what only one of the two tells: payments, and where it is to be shipped from."""
    placed = front.place(1001, **values)
    told = read_order(front.pass_time(3 * SECOND)[0]["body"].encode())
    read = admin.orders([placed.id])[placed.id]
    assert read is not None
    only_by_api = {"payments", "assigned_locations", "on_hold"}
    differing = {name for name in read.__dataclass_fields__ if getattr(read, name) != getattr(told, name)}
    assert differing <= only_by_api


def test_orders_by_id_with_their_parts(front: Storefront, admin: Admin) -> None:
    line = ShopLine(id=1, sku="MUG-01", title="Mug", quantity=3, current_quantity=2, price=Decimal("10.00"))
    sale = Transaction(id=5, kind="sale", status="success", gateway="bogus", amount=Decimal(30), created_at=START)
    back = RefundedLine(id=8, line_id=1, quantity=1, restock_type="return")
    refund = ShopRefund(id=9, created_at=START, amount=Decimal(10), lines=[back])
    parts = {"lines": [line], "transactions": [sale], "refunds": [refund], "locations": ["Main", "Outlet"]}
    placed = front.place(1001, on_hold=True, **parts)
    found = admin.orders([placed.id, FIRST_ID + 1])
    order = found[placed.id]
    assert found[FIRST_ID + 1] is None and order is not None
    assert order.assigned_locations == {"Main", "Outlet"} and order.on_hold
    assert order.payments is not None and order.payments[0].amount == Decimal(30)
    assert (order.total, order.current_total) == (Decimal(30), Decimal(20))
    assert order.refunds[0].amount == Decimal(10) and order.refunds[0].lines[0].sku == "MUG-01"


def test_an_order_with_more_lines_than_a_page_is_read_whole(front: Storefront, admin: Admin) -> None:
    lines = [
        ShopLine(id=n, sku=f"S{n}", title="Thing", quantity=1, current_quantity=1, price=Decimal(1))
        for n in range(1, 171)
    ]
    backs = [RefundedLine(id=n, line_id=n, quantity=1, restock_type="return") for n in range(1, 31)]
    refund = ShopRefund(id=9, created_at=START, amount=Decimal(30), lines=backs)
    placed = front.place(1001, lines=lines, refunds=[refund])
    order = admin.orders([placed.id])[placed.id]
    assert order is not None
    assert [line.sku for line in order.lines] == [f"S{n}" for n in range(1, 171)]
    assert len(order.refunds[0].lines) == 30


def test_nothing_personal_is_kept(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001)
    order = admin.orders([placed.id])[placed.id]
    assert order is not None and order.customer.valid_email
    assert not any(word in repr(order) for word in ("ada@", "Lane", "Elm", "44301"))


def test_an_ignored_search_is_noticed(front: Storefront, admin: Admin) -> None:
    place_many(front, 3)
    front.side.faults.search_ignored = True
    with pytest.raises(Untrustworthy, match="ignored the search"):
        list(admin.orders_updated_since(START + timedelta(hours=1)))


# --- what the app may not see


def test_a_denied_field_is_not_known_rather_than_empty(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001)
    front.side.faults.set({"denied_fields": ["customer", "email", "shippingAddress", "billingAddress"]})
    order = admin.orders([placed.id])[placed.id]
    assert order is not None
    assert order.customer.present and order.customer.valid_email is None and order.customer.missing_parts is None


@pytest.mark.parametrize("field", ["transactions", "fulfillmentOrders", "product"])
def test_a_denied_part_does_not_cost_the_order(front: Storefront, admin: Admin, field: str) -> None:
    place_many(front, 2)
    front.side.faults.set({"denied_fields": [field]})
    found = list(admin.orders_updated_since(START))
    calls = front.shop.calls
    again = list(admin.orders_updated_since(START))
    assert [order.name for order in found] == [order.name for order in again] == ["#1001", "#1002"]
    assert front.shop.calls == calls + 1  # what was refused is remembered
    assert found[0].lines[0].product_exists


def test_orders_that_may_not_be_read_at_all(front: Storefront, admin: Admin) -> None:
    front.side.faults.set({"denied_fields": ["orders"]})
    with pytest.raises(Unauthorised, match="orders"):
        list(admin.orders_updated_since(START))


# --- the touch


def test_a_touch_adds_one_tag_and_leaves_the_others(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001, tags=["b2b"])
    front.pass_time(timedelta(minutes=1))
    admin.add_tag(placed.id, "reconciler-retry-1")
    assert placed.tags == ["b2b", "reconciler-retry-1"] and placed.updated_at == START + timedelta(minutes=1)


def test_a_touch_of_an_order_that_is_gone_is_refused(admin: Admin) -> None:
    with pytest.raises(Rejected, match="does not exist"):
        admin.add_tag(1, "reconciler-retry-1")


def test_a_touch_that_the_app_may_not_make(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001)
    front.side.faults.set({"denied_fields": ["tagsAdd"]})
    with pytest.raises(Unauthorised):
        admin.add_tag(placed.id, "reconciler-retry-1")
    assert placed.tags == []


def test_a_touch_whose_answer_is_lost_is_unknown_and_sent_once(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001)
    front.side.faults.no_answer_next = True
    with pytest.raises(OutcomeUnknown):
        admin.add_tag(placed.id, "reconciler-retry-1")
    assert placed.tags == ["reconciler-retry-1"] and front.shop.calls == 1


def test_a_touch_that_fails_over_there_is_unknown(front: Storefront, admin: Admin) -> None:
    placed = front.place(1001)
    front.side.faults.fail_next = "INTERNAL_SERVER_ERROR"
    with pytest.raises(OutcomeUnknown):
        admin.add_tag(placed.id, "reconciler-retry-1")


# --- throttled, down, refused


def test_a_throttled_query_waits_and_is_asked_again(front: Storefront, admin: Admin) -> None:
    place_many(front, 1)
    front.side.faults.throttle_next = 2
    assert len(list(admin.orders_updated_since(START))) == 1
    assert len(front.waits) == 2 and all(wait >= 1 for wait in front.waits)


def test_what_is_left_of_the_budget_and_each_throttling_are_told(front: Storefront, admin: Admin) -> None:
    place_many(front, 3)
    assert (admin.budget_left(), admin.http.slowed) == (None, 0)
    front.side.faults.throttle_next = 2
    assert list(admin.orders_updated_since(START))
    assert admin.http.slowed == 2
    left = admin.budget_left()
    assert left is not None and 0 < left <= 1
    front.side.api.bucket.size = 450
    list(admin.orders_updated_since(START))
    assert admin.budget_left() != left


def test_throttled_without_end_is_an_error_and_no_empty_list(front: Storefront, admin: Admin) -> None:
    front.side.faults.throttle_share = 1
    with pytest.raises(Throttled):
        list(admin.orders_updated_since(START))


def test_nothing_is_sent_that_the_budget_cannot_pay(front: Storefront, admin: Admin) -> None:
    place_many(front, 80)
    front.side.api.bucket.size, front.side.api.bucket.rate = 450, 50
    found = list(admin.orders_updated_since(START))
    assert len({order.order_id for order in found}) == 80
    assert front.waits and front.shop.calls <= 6


@pytest.mark.parametrize("status", [500, 502, 503])
def test_shopify_down_is_worth_another_look(front: Storefront, admin: Admin, status: int) -> None:
    front.side.faults.down = status
    with pytest.raises(Retryable):
        list(admin.orders_updated_since(START))


def test_an_error_within_shopify_is_worth_another_look(front: Storefront, admin: Admin) -> None:
    front.side.faults.fail_next = "INTERNAL_SERVER_ERROR"
    with pytest.raises(Retryable):
        admin.orders([1])


# --- tokens


def test_a_token_is_asked_for_once_and_renewed_before_its_end(front: Storefront) -> None:
    place_many(front, 1)
    admin = by_client(front)
    list(admin.orders_updated_since(START))
    list(admin.orders_updated_since(START))
    assert front.shop.calls == 3
    front.pass_time(timedelta(seconds=86399 - 50))
    list(admin.orders_updated_since(START))
    assert front.shop.calls == 5 and len(front.side.access.tokens) == 3


def test_a_token_that_was_revoked_is_replaced(front: Storefront) -> None:
    place_many(front, 1)
    admin = by_client(front)
    list(admin.orders_updated_since(START))
    front.side.access.tokens.clear()
    assert len(list(admin.orders_updated_since(START))) == 1


def test_a_revoked_static_token_says_what_to_do(front: Storefront) -> None:
    with pytest.raises(Unauthorised, match="Put a new one"):
        admin_of(front, StaticToken("shpat_revoked")).orders([1])


@pytest.mark.parametrize(
    ("secret", "grants", "advice"),
    [
        ("wrong", "", "Compare `client_id`"),
        ("client-secret", "shop_not_permitted", "same organisation"),
        ("client-secret", "app_not_installed", "Install it"),
    ],
)
def test_a_refused_client_says_what_to_do(front: Storefront, secret: str, grants: str, advice: str) -> None:
    front.side.faults.grants = grants
    with pytest.raises(Unauthorised, match=advice) as refusal:
        by_client(front, secret).orders([1])
    assert secret not in str(refusal.value)


# --- the shop and its subscriptions


def test_shop_facts(front: Storefront, admin: Admin) -> None:
    facts = admin.shop_facts()
    assert (facts.domain, facts.currency, facts.timezone) == (DOMAIN, "USD", "America/New_York")
    assert "write_orders" in facts.scopes


def test_subscriptions_are_made_once_listed_and_ended(front: Storefront, admin: Admin) -> None:
    uri = "https://reconciler.example.com/webhooks/shopify"
    made = admin.subscribe("orders/create", uri)
    assert admin.subscribe("orders/create", uri) == made
    admin.subscribe("refunds/create", uri)
    assert [(sub.topic, sub.uri) for sub in admin.subscriptions()] == [("orders/create", uri), ("refunds/create", uri)]
    admin.unsubscribe(made)
    assert [sub.topic for sub in admin.subscriptions()] == ["refunds/create"]
    with pytest.raises(Rejected):
        admin.unsubscribe(made)


def test_subscriptions_of_several_pages_are_all_listed(front: Storefront, admin: Admin) -> None:
    for number in range(130):
        front.shop.subscriptions[f"gid://shopify/WebhookSubscription/{number + 1}"] = (
            "ORDERS_CREATE",
            f"https://x/{number}",
        )
    assert len(admin.subscriptions()) == 130


def test_what_a_sweep_will_read_is_counted_first(front: Storefront, admin: Admin) -> None:
    for number in (1001, 1002, 1003):
        front.place(number)
        front.pass_time(timedelta(minutes=10))
    assert admin.count_updated_since(front.now() - timedelta(minutes=25)) == 2


def test_an_order_is_found_by_the_name_that_people_call_it(front: Storefront, admin: Admin) -> None:
    front.place(1001)
    front.place(1002)
    found = admin.order_named("#1002")
    assert found is not None and found.order_id == FIRST_ID + 1002
    assert admin.order_named("#1003") is None
    front.side.faults.search_ignored = True
    assert admin.order_named("#1003") is None  # every order comes back, and none of them is it


def test_which_personal_data_the_app_is_shown(front: Storefront, admin: Admin) -> None:
    assert admin.protected_fields() is None  # there is no order to see it by
    front.place(1001)
    assert admin.protected_fields() == frozenset()
    front.side.faults.denied_fields = frozenset({"email", "shippingAddress"})
    assert admin.protected_fields() == {"email", "shippingAddress"}
    front.side.faults.denied_fields = frozenset({"orders"})
    assert admin.protected_fields() == {"orders"}
