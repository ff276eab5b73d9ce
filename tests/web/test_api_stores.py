"""Shops and the inbox over the API: how a shop is, what a person does with it, deliveries and their replay."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, update

from reconcile import inbox
from reconcile.ledger.lease import lease
from reconcile.ledger.tables import checks, deliveries, orders, shops
from reconcile.services import Services
from reconcile.shops import change, declared_of
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import HELD_BACK, Api, told, two_shops

SOON = PLACED + timedelta(hours=2)


@pytest.fixture
def two(services: Services) -> Services:
    return two_shops(services)


def shop_row(services: Services) -> Row[Any]:
    with services.ledger.read() as connection:
        return connection.execute(select(shops).where(shops.c.store == "demo")).one()


def set_shop(services: Services, **values: Any) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(shops).where(shops.c.store == "demo").values(**values))


def seen(services: Services) -> dict[str, Any]:
    found: dict[str, Any] = Api(services, "viewer").get("stores/demo")
    return found


def next_look(services: Services, order_id: int) -> datetime | None:
    with services.ledger.read() as connection:
        return connection.execute(select(orders.c.next_look_at).where(orders.c.order_id == order_id)).scalar_one()


# --- how it is ------------------------------------------------------------------------------------------------------


def test_every_shop_says_how_it_is(two: Services) -> None:
    keep(two.ledger, an_order(1001), next_look_at=PLACED)
    keep(two.ledger, an_order(1002), [a_sale(an_order(1002))], arrived_at=PLACED + timedelta(minutes=1))
    deliver(two, state="received")
    deliver(two, state="parked")
    deliver(two, state="folded")
    with two.ledger.write() as connection:
        change(connection, "demo", grace_s=240, arrivals=250)
    items = Api(two, "viewer").get("stores")["items"]
    assert [one["store"] for one in items] == ["demo", "other"]
    said = items[0]
    assert (said["domain"], said["mode"], said["pos"]) == ("demo.myshopify.com", "auto", "heartland")
    assert said["standings"] == {"missing": 1, "matched": 1}
    assert said["inbox"] == {"received": 1, "parked": 1}
    assert (said["due"], said["busy"], said["stopped"]) == (1, False, None)
    assert (said["grace_s"], said["arrivals"]) == (240, 250)
    assert (items[1]["grace_s"], items[1]["arrivals"]) == (900, 0)
    assert said["touch"] == {"effect": "unproven", "failures": 0, "since": None}
    assert (items[1]["standings"], items[1]["inbox"], items[1]["due"]) == ({}, {"received": 0, "parked": 0}, 0)


def test_the_health_of_a_shop(two: Services) -> None:
    set_shop(two, pos_error="the POS answers 500", sweep_error="refused", swept_at=PLACED, last_delivery_at=PLACED)
    health = seen(two)["health"]
    assert (health["pos_error"], health["sweep_error"]) == ("the POS answers 500", "refused")
    assert (health["swept_at"], health["last_delivery_at"]) == ("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z")


def test_a_paused_pos_has_nothing_due_until_the_pause_ends(two: Services) -> None:
    keep(two.ledger, an_order(), next_look_at=PLACED)
    set_shop(two, next_sweep_at=SOON + timedelta(hours=1), next_check_at=None)
    assert (seen(two)["due"], seen(two)["next_due_at"]) == (1, "2026-11-02T08:00:00Z")
    set_shop(two, pos_pause_until=SOON)
    assert (seen(two)["due"], seen(two)["next_due_at"]) == (0, "2026-11-02T10:00:00Z")
    set_shop(two, next_check_at=SOON - timedelta(minutes=1))
    assert seen(two)["next_due_at"] == "2026-11-02T09:59:00Z"


def test_a_shop_is_busy_while_its_lease_is_held_and_not_expired(two: Services) -> None:
    with lease(two.ledger, "demo"):
        assert seen(two)["busy"] is True
        set_shop(two, lease_until=datetime.now(UTC) - timedelta(seconds=1))
        assert seen(two)["busy"] is False
    assert seen(two)["busy"] is False


def test_the_checklist_comes_in_its_order_and_in_the_language_asked_for(two: Services) -> None:
    words = {
        "title": "On",
        "title_fr": "Activé",
        "evidence": "off",
        "evidence_fr": "non",
        "fix": "Switch",
        "fix_fr": "Mettez",
    }
    for position, slug in enumerate(("b", "a")):
        values = {"store": "demo", "slug": slug, "result": "fail", "position": position, "checked_at": PLACED, **words}
        with two.ledger.write() as connection:
            connection.execute(insert(checks).values(**values))
    said = Api(two, "viewer").get("stores/demo/checks")
    assert ([one["slug"] for one in said["items"]], said["checked_at"]) == (["b", "a"], "2026-11-02T08:00:00Z")
    assert (said["items"][0]["title"], said["items"][0]["fix"]) == ("On", "Switch")
    assert Api(two, "viewer").get("stores/demo/checks?locale=fr")["items"][0]["title"] == "Activé"
    assert Api(two, "viewer").get("stores/other/checks") == {"store": "other", "checked_at": None, "items": []}


def test_the_statement_of_a_day(two: Services) -> None:
    keep(two.ledger, an_order(1001))
    order = an_order(1002)
    keep(two.ledger, order, [a_sale(order)])
    keep(two.ledger, an_order(1003, created_at=PLACED + timedelta(days=1)))
    (day,) = Api(two, "viewer").get("stores/demo/statement?from=2026-11-02&to=2026-11-02")["days"]
    assert (day["day"], day["currency"], day["shopify"]["orders"], day["pos"]["orders"]) == ("2026-11-02", "CAD", 2, 1)
    assert [one["name"] for one in day["differences"]] == ["#1001"]
    assert day["difference"]["net"] == "-107.50"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "from"), ("from=2026-11-02", "to"), ("from=2026-11-02&to=2026-11-01", "to"), ("from=x&to=2026-11-01", "from"),
        ("from=2024-01-01&to=2026-11-01", "to"), ("from=9999-12-31&to=9999-12-31", "from"),
    ],
)  # fmt: skip
def test_a_statement_has_a_span(two: Services, query: str, field: str) -> None:
    status, _, details = Api(two, "viewer").refused("GET", f"stores/demo/statement?{query}")
    assert status == 422
    assert field in details


# --- what people do -------------------------------------------------------------------------------------------------


def test_a_sweep_that_is_asked_for_moves_the_watermark_back_and_never_forward(two: Services) -> None:
    watermark, api = shop_row(two).watermark, Api(two)
    assert api.call("POST", "stores/demo/sweep", {"since": "2026-11-03"}).status_code == 202
    assert (shop_row(two).watermark, shop_row(two).next_sweep_at) == (watermark, two.clock.now())
    assert api.call("POST", "stores/demo/sweep").status_code == 202
    assert shop_row(two).watermark == watermark
    assert api.call("POST", "stores/demo/sweep", {"since": "2026-10-20"}).status_code == 202
    assert shop_row(two).watermark == datetime(2026, 10, 20, tzinfo=UTC)
    assert [event.who for event in told(two, "sweep")] == ["ann", "ann", "ann"]


def test_a_check_is_due_now(two: Services) -> None:
    set_shop(two, next_check_at=SOON)
    assert Api(two).call("POST", "stores/demo/check").status_code == 202
    assert shop_row(two).next_check_at == two.clock.now()


def test_a_stop_stands_with_its_first_reason_until_it_is_released(two: Services) -> None:
    keep(two.ledger, an_order(1001), **HELD_BACK, next_look_at=SOON)
    keep(two.ledger, an_order(1002), **HELD_BACK, store="other", next_look_at=SOON)
    api = Api(two)
    said = api.call("POST", "stores/demo/stop", {"reason": "stock-taking"}).get_json()
    assert said["stopped"] == {"by": "ann", "reason": "stock-taking", "at": "2026-11-02T09:00:00Z"}
    api.call("POST", "stores/demo/stop", {"reason": "another"})
    assert seen(two)["stopped"]["reason"] == "stock-taking"
    answer = api.call("POST", "stores/demo/release")
    assert (answer.status_code, answer.get_json()["stopped"]) == (202, None)
    assert (next_look(two, 1001), next_look(two, 1002)) == (two.clock.now(), SOON)
    assert "stock-taking" in told(two, "release")[0].text


def test_the_mode_is_set_over_the_stores_file_and_open_cases_are_decided_again(two: Services) -> None:
    keep(two.ledger, an_order(), **HELD_BACK, next_look_at=SOON)
    answer = Api(two, "admin").call("PUT", "stores/demo/mode", {"mode": "observe"})
    assert (answer.status_code, answer.get_json()["mode"]) == (200, "observe")
    assert next_look(two, 1001) == two.clock.now()
    assert [(event.who, event.text) for event in told(two, "mode")] == [("ann", "mode auto → observe")]
    assert Api(two, "admin").refused("PUT", "stores/demo/mode", {"mode": "wild"})[0] == 422


def test_what_is_declared_is_laid_over_the_stores_file_one_setting_at_a_time(two: Services) -> None:
    api = Api(two, "admin")
    first = {
        "download_archived_orders": False,
        "ignore_tags": ["hold"],
        "order_minimum_created": "2026-01-01T00:00:00Z",
    }
    assert api.call("PUT", "stores/demo/declared", first).status_code == 200
    answer = api.call("PUT", "stores/demo/declared", {"download_archived_orders": True, "ignore_tags": None})
    said = answer.get_json()["declared"]
    assert (said["download_archived_orders"], said["ignore_tags"]) == (True, None)
    assert said["order_minimum_created"] == "2026-01-01T00:00:00Z"
    declared = declared_of(two, "demo", shop_row(two))
    assert (declared.download_archived_orders, declared.ignore_tags) == (True, None)
    assert declared.order_minimum_created == datetime(2026, 1, 1, tzinfo=UTC)
    assert "download_archived_orders = False" in told(two, "declared")[0].text


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"download_archived_orders": "perhaps"}, ["download_archived_orders"]),
        ({"nonsense": True, "locations": "Main"}, ["nonsense", "locations"]),
        ({"order_minimum_created": "last year"}, ["order_minimum_created"]),
        ({"ignore_tags": ["Reconciler-Retry-1"]}, ["ignore_tags"]),
        ({"ignore_tags": ["a\0b"]}, ["body"]),
        ({}, ["body"]),
        ([], ["body"]),
    ],
)
def test_a_setting_that_cannot_be_declared_is_named(two: Services, body: Any, fields: list[str]) -> None:
    status, slug, details = Api(two, "admin").refused("PUT", "stores/demo/declared", body)
    assert (status, slug, sorted(details)) == (422, "invalid", sorted(fields))
    assert shop_row(two).declared == {}


def test_limits_are_set_over_the_stores_file_and_given_back(two: Services) -> None:
    api = Api(two, "admin")
    first = api.call("PUT", "stores/demo/limits", {"touches_an_hour": 5, "max_age": "12h", "missing_after": "90s"})
    assert first.status_code == 200
    said = api.call("PUT", "stores/demo/limits", {"touches_an_hour": None, "attempts": 1}).get_json()["limits"]
    assert said == {
        "touches_an_hour": 60, "attempts": 1, "max_age": "12h", "missing_after": "90s", "pending_after": "30m",
        "settle": "10m", "share": 0.3, "share_from": 10,
    }  # fmt: skip
    assert seen(two)["grace_s"] == 90
    assert Api(two, "viewer").get("stores/other")["limits"]["attempts"] == 2
    assert [row.text for row in told(two, "limits")] == [
        "limits: max_age 3d → 12h, touches_an_hour 60 → 5, missing_after 15m → 90s",
        "limits: attempts 2 → 1, touches_an_hour 5 → 60",
    ]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"attempts": -1}, ["attempts"]), ({"attempts": 1.5, "max_age": "soon"}, ["attempts", "max_age"]),
        ({"share": 2}, ["share"]), ({"proof_age": "9h"}, ["proof_age"]), ({"settle": "999999d"}, ["settle"]), ({}, ["body"]),
    ],
)  # fmt: skip
def test_a_limit_that_cannot_be_set_is_named(two: Services, body: Any, fields: list[str]) -> None:
    status, slug, details = Api(two, "admin").refused("PUT", "stores/demo/limits", body)
    assert (status, slug, sorted(details)) == (422, "invalid", sorted(fields))
    assert shop_row(two).limits == {}


def test_a_setting_that_was_refused_may_be_sent_again_under_its_key(two: Services) -> None:
    api = Api(two, "admin")
    for body, status in (({"employee": 7}, 422), ({"employee": "Shop"}, 200)):
        assert api.call("PUT", "stores/demo/declared", body, Idempotency_Key="k").status_code == status
    assert shop_row(two).declared == {"employee": "Shop"}


def test_what_was_learned_of_touches_can_be_forgotten(two: Services) -> None:
    set_shop(two, touch="no_effect", touch_failures=3, touch_learned_at=PLACED)
    answer = Api(two, "admin").call("POST", "stores/demo/touch/reset")
    assert answer.status_code == 200
    assert answer.get_json()["touch"] == {"effect": "unproven", "failures": 0, "since": None}
    assert [(event.who, event.text) for event in told(two, "touch_reset")] == [("ann", "touch no_effect → unproven")]


# --- the inbox ------------------------------------------------------------------------------------------------------


def deliver(services: Services, state: str = "parked", store: str = "demo", **changes: Any) -> int:
    with services.ledger.write() as connection:
        count = len(connection.execute(select(deliveries.c.id)).all())
        values = {
            "store": store, "webhook_id": f"w{count}", "topic": "orders/updated", "received_at": services.clock.now(),
            "state": state, "body": services.vault.seal(b"not JSON"), "error": "no JSON" if state == "parked" else None,
        }  # fmt: skip
        made = connection.execute(insert(deliveries).values(**values | changes))
    return int(made.inserted_primary_key[0])


def test_the_inbox_in_pages_the_newest_first(two: Services) -> None:
    ids = [
        deliver(two, topic=("orders/updated", "orders/create")[n % 2], store=("demo", "other")[n // 4])
        for n in range(6)
    ]
    folded = deliver(two, state="folded")
    api = Api(two, "viewer")
    first = api.get("deliveries?limit=4&state=parked")
    second = api.get(f"deliveries?limit=4&state=parked&cursor={first['next']}")
    assert [one["id"] for page in (first, second) for one in page["items"]] == ids[::-1]
    assert second["next"] is None
    assert [one["id"] for one in api.get("deliveries?topic=orders/create&store=demo")["items"]] == [ids[3], ids[1]]
    assert api.get("deliveries?limit=1")["items"][0]["id"] == folded
    assert "body" not in first["items"][0]
    assert first["items"][0]["error"] == "no JSON"
    assert api.refused("GET", "deliveries?cursor=WyJ4Il0")[0] == 422
    assert api.refused("GET", "deliveries?state=lost")[0] == 422


def test_a_parked_delivery_is_folded_again(two: Services) -> None:
    number = deliver(two)
    answer = Api(two).call("POST", f"deliveries/{number}/replay")
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["error"]) == (202, "received", None)
    assert inbox.drain(two) == 1
    assert Api(two, "viewer").get("deliveries")["items"][0]["state"] == "parked"
    assert [event.who for event in told(two, "replay")] == ["ann"]


@pytest.mark.parametrize("changes", [{"state": "received"}, {"state": "folded", "body": None}, {"body": None}])
def test_nothing_else_is_replayed(two: Services, changes: dict[str, Any]) -> None:
    number = deliver(two, **changes)
    assert Api(two).refused("POST", f"deliveries/{number}/replay")[:2] == (409, "refused")
    assert told(two, "replay") == []


def test_a_statement_counts_days_on_the_shops_clock_and_can_be_a_spreadsheet(two: Services) -> None:
    late = an_order(1001, created_at=datetime(2026, 11, 3, 4, tzinfo=UTC))  # 23:00 the day before in Toronto
    keep(two.ledger, late)
    set_shop(two, time_zone="America/Toronto")
    api = Api(two, "viewer")
    said = api.get("stores/demo/statement?from=2026-11-02&to=2026-11-02")
    assert (said["time_zone"], said["days"][0]["shopify"]["orders"]) == ("America/Toronto", 1)
    answer = api.call("GET", "stores/demo/statement?from=2026-11-02&to=2026-11-02&format=csv")
    headings, day, order = answer.text.splitlines()
    assert headings.startswith("day,currency,order,reason,cause,certainty,shopify_gross,")
    assert day.startswith("2026-11-02,CAD,,,,,107.50,") and day.endswith(",-107.50")
    assert order.startswith("2026-11-02,CAD,#1001,missing,,,107.50,") and order.endswith(",-107.50")
