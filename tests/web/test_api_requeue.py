"""Re-queue over the API: one order, many by filter or by name, what it never lifts, the batch and its end."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from reconcile.ledger.tables import actions, batch_items, batches, orders, shops
from reconcile.model import SaleStatus
from reconcile.services import Services
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import HELD_BACK, Api, told, two_shops

LATER = PLACED + timedelta(days=1)


@pytest.fixture
def ledger_of_two(services: Services) -> Services:
    return two_shops(services)


def row(services: Services, order_id: int = 1001) -> Any:
    with services.ledger.read() as connection:
        return connection.execute(select(orders).where(orders.c.order_id == order_id)).one()


def set_shop(services: Services, **values: Any) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(shops).where(shops.c.store == "demo").values(**values))


def touch(services: Services, order_id: int = 1001, minutes_ago: int = 3, **changes: Any) -> None:
    values = {
        "store": "demo", "order_id": order_id, "number": 1, "tag": "reconciler-retry-1", "state": "done",
        "cause": "unexplained", "intended_at": services.clock.now() - timedelta(minutes=minutes_ago),
    }  # fmt: skip
    with services.ledger.write() as connection:
        connection.execute(insert(actions).values(**values | changes))


# --- one order ------------------------------------------------------------------------------------------------------


def test_a_re_queued_order_is_looked_at_now_in_the_persons_name(ledger_of_two: Services) -> None:
    keep(
        ledger_of_two.ledger, an_order(), **HELD_BACK | {"case_state": "closed", "closing": "dismissed"}, closed_by="bob",
        attempts=2, touches=2, held_until=LATER, next_look_at=LATER, case_opened_at=PLACED, case_closed_at=LATER,
    )  # fmt: skip
    answer = Api(ledger_of_two).call("POST", "orders/demo/1001/requeue")
    assert answer.status_code == 202
    now, kept = ledger_of_two.clock.now(), row(ledger_of_two)
    assert (kept.requeued_by, kept.requeued_at, kept.next_look_at) == ("ann", now, now)
    assert (kept.attempts, kept.touches, kept.held_until) == (0, 2, None)
    assert (kept.case_state, kept.closing, kept.closed_by, kept.case_opened_at) == ("retrying", None, None, PLACED)
    assert [(event.who, event.order_id) for event in told(ledger_of_two, "requeue")] == [("ann", 1001)]
    assert answer.get_json()["requeued_by"] == "ann"


def test_a_first_case_is_opened_now(ledger_of_two: Services) -> None:
    keep(ledger_of_two.ledger, an_order())
    assert Api(ledger_of_two).call("POST", "orders/demo/1001/requeue").status_code == 202
    assert row(ledger_of_two).case_opened_at == ledger_of_two.clock.now()


def refused(services: Services) -> tuple[int, str]:
    """Status and limit, having seen that nothing was changed and nobody was told."""
    before = row(services)
    status, _, details = Api(services).refused("POST", "orders/demo/1001/requeue")
    assert row(services) == before
    assert told(services, "requeue") == []
    return status, details["limit"]


@pytest.mark.parametrize("status", [SaleStatus.PENDING, SaleStatus.INCOMPLETE, SaleStatus.CANCELLED])
def test_no_re_queue_lifts_a_pos_record(ledger_of_two: Services, status: SaleStatus) -> None:
    keep(ledger_of_two.ledger, an_order(), [a_sale(an_order(), status=status)], standing="missing")
    assert refused(ledger_of_two) == (409, "pos_record")


@pytest.mark.parametrize("standing", ["matched", "excluded"])
def test_nothing_is_re_queued_that_is_settled(ledger_of_two: Services, standing: str) -> None:
    keep(ledger_of_two.ledger, an_order(), standing=standing)
    assert refused(ledger_of_two) == (409, standing)


def test_a_deleted_order_is_gone(ledger_of_two: Services) -> None:
    keep(ledger_of_two.ledger, an_order(deleted_at=PLACED))
    assert refused(ledger_of_two) == (409, "gone")


def test_no_re_queue_lifts_a_stop(ledger_of_two: Services) -> None:
    keep(ledger_of_two.ledger, an_order())
    set_shop(ledger_of_two, stopped_at=PLACED, stopped_by="bob", stop_reason="stock-taking")
    assert refused(ledger_of_two) == (409, "stop")


def test_no_re_queue_where_a_touch_has_doubled(ledger_of_two: Services) -> None:
    keep(ledger_of_two.ledger, an_order())
    set_shop(ledger_of_two, touch="doubles")
    assert refused(ledger_of_two) == (409, "doubles")


@pytest.mark.parametrize("state", ["intended", "done", "unknown"])
def test_no_re_queue_while_a_touch_is_settling(ledger_of_two: Services, state: str) -> None:
    keep(ledger_of_two.ledger, an_order())
    touch(ledger_of_two, state=state)
    assert refused(ledger_of_two) == (409, "settling")


@pytest.mark.parametrize(
    "changes", [{"minutes_ago": 11}, {"outcome": "not_arrived"}, {"state": "refused"}, {"order_id": 1002}]
)
def test_a_touch_that_has_settled_is_no_obstacle(ledger_of_two: Services, changes: dict[str, Any]) -> None:
    keep(ledger_of_two.ledger, an_order())
    touch(ledger_of_two, **changes)
    assert Api(ledger_of_two).call("POST", "orders/demo/1001/requeue").status_code == 202


# --- many -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(ledger_of_two: Services) -> Services:
    """Six orders held back by one cause, one of them in the POS by now; one of another cause; one matched; one elsewhere."""
    ledger = ledger_of_two.ledger
    for number in range(1001, 1006):
        keep(ledger, an_order(number), **HELD_BACK)
    keep(ledger, an_order(1006), [a_sale(an_order(1006))], **HELD_BACK, standing="pending")
    keep(ledger, an_order(1007), case_state="needs_person", cause="unexplained")
    keep(ledger, an_order(1008), [a_sale(an_order(1008))])
    keep(ledger, an_order(1009), store="other", **HELD_BACK)
    return ledger_of_two


def count_of(services: Services, table: Any) -> int:
    with services.ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_dry_run_counts_and_changes_nothing(many: Services) -> None:
    answer = Api(many).call("POST", "requeue", {"cause": "archived_orders_off", "store": "demo", "dry_run": True})
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["count"], said["skipped"], len(said["sample"])) == (5, 1, 6)
    assert [one["name"] for one in said["sample"] if one["may_not_because"]] == ["#1006"]
    assert (count_of(many, batches), told(many, "requeue"), row(many).requeued_by) == (0, [], None)


def test_a_filter_re_queues_what_it_names_as_of_one_moment(many: Services) -> None:
    answer = Api(many).call("POST", "requeue", {"cause": "archived_orders_off"})
    assert answer.status_code == 202
    said = answer.get_json()
    assert (said["counts"], said["total"], said["by"], said["done"]) == ({"waiting": 6, "skipped": 1}, 7, "ann", False)
    with many.ledger.read() as connection:
        queued = connection.execute(select(orders).where(orders.c.requeued_by == "ann")).all()
    assert {one.order_id for one in queued} == {1001, 1002, 1003, 1004, 1005, 1009}
    assert {(one.requeued_at, one.batch_id) for one in queued} == {(many.clock.now(), said["batch_id"])}
    assert Counter(event.who for event in told(many, "requeue")) == {"ann": 6}
    skipped = next(item for item in said["items"] if item["result"] == "skipped")
    assert skipped["order_id"] == 1006
    assert "ticket:1006" in skipped["reason"]


def test_settled_orders_are_only_re_queued_when_their_standing_is_asked_for_and_then_say_why_not(
    many: Services,
) -> None:
    api = Api(many)
    assert api.call("POST", "requeue", {"store": "demo", "dry_run": True}).get_json()["count"] == 6
    said = api.call("POST", "requeue", {"standing": "matched"}).get_json()
    assert [(item["order_id"], item["result"]) for item in said["items"]] == [(1008, "skipped")]
    assert said["done"] is True


@pytest.mark.parametrize("body", [{}, {"dry_run": True}, {"dry_run": False}, {"store": "", "q": None}])
def test_an_empty_filter_is_refused(many: Services, body: dict[str, Any]) -> None:
    assert Api(many).refused("POST", "requeue", body)[:2] == (422, "invalid")
    assert row(many).requeued_by is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"standing": "lost"}, "standing"), ({"limit": 5}, "limit"), ({"stat": "open"}, "stat"), ({"orders": []}, "orders"),
        ({"orders": [{"store": "demo"}]}, "orders"), ({"orders": [{"store": "demo", "order_id": 2**63}]}, "orders"),
        ({"orders": [{"store": "demo", "order_id": 1001}], "cause": "unexplained"}, "orders"), ({"dry_run": "?"}, "dry_run"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_named(many: Services, body: dict[str, Any], field: str) -> None:
    status, slug, details = Api(many).refused("POST", "requeue", body)
    assert (status, slug, list(details)) == (422, "invalid", [field])


def named(*order_ids: int, store: str = "demo") -> dict[str, Any]:
    return {"orders": [{"store": store, "order_id": order_id} for order_id in order_ids]}


def test_orders_are_re_queued_by_name(many: Services) -> None:
    said = Api(many).call("POST", "requeue", named(1001, 1001, 1006, 1008)).get_json()
    results = {item["order_id"]: item["result"] for item in said["items"]}
    assert results == {1001: "waiting", 1006: "skipped", 1008: "skipped"}


def test_one_name_that_is_not_there_stops_them_all(many: Services) -> None:
    answer = Api(many).call("POST", "requeue", named(1001, 4711))
    assert answer.status_code == 404
    assert "demo/4711" in answer.get_json()["message"]
    assert (row(many).requeued_by, count_of(many, batches)) == (None, 0)


def test_a_filter_that_names_nothing_makes_an_empty_batch(many: Services) -> None:
    said = Api(many).call("POST", "requeue", {"cause": "no_customer"}).get_json()
    assert (said["total"], said["counts"], said["done"]) == (0, {}, True)


# --- the batch ------------------------------------------------------------------------------------------------------


def fares(services: Services, order_id: int, result: str = "", **columns: Any) -> None:
    with services.ledger.write() as connection:
        if columns:
            connection.execute(update(orders).where(orders.c.order_id == order_id).values(**columns))
        if result:
            connection.execute(update(batch_items).where(batch_items.c.order_id == order_id).values(result=result))


def test_the_batch_says_how_each_order_fares(many: Services) -> None:
    api = Api(many)
    batch_id = api.call("POST", "requeue", {"store": "demo"}).get_json()["batch_id"]
    later = many.clock.now() + timedelta(minutes=1)
    waits = {"verb": "wait", "reason": "the canary has not arrived yet", "limit": "canary", "by": "ann"}
    fares(many, 1001, "touched")
    fares(many, 1002, "touched", standing="matched", case_state="closed", closing="after_retry")
    fares(many, 1003, standing="matched")
    fares(many, 1004, decision=waits, looked_at=later)
    fares(many, 1005, case_state="closed", closing="dismissed")
    fares(many, 1007, standing="pending")
    said = api.get(f"batches/{batch_id}")
    found = {item["order_id"]: (item["result"], item["reason"]) for item in said["items"]}
    assert found[1001] == ("touched", "")
    assert found[1002][0] == "arrived"
    assert found[1003] == ("arrived", "it arrived by itself")
    assert found[1004] == ("waiting", "the canary has not arrived yet")
    assert found[1005] == ("cancelled", "the case was closed: dismissed")
    assert found[1007][0] == "skipped"
    assert said["counts"] == {"touched": 1, "arrived": 2, "waiting": 1, "cancelled": 1, "skipped": 2}
    assert said["done"] is False


def test_a_long_batch_comes_in_pages(many: Services) -> None:
    api = Api(many)
    batch_id = api.call("POST", "requeue", {"store": "demo"}).get_json()["batch_id"]
    first = api.get(f"batches/{batch_id}?limit=4")
    second = api.get(f"batches/{batch_id}?limit=4&cursor={first['next']}")
    ids = [item["order_id"] for page in (first, second) for item in page["items"]]
    assert ids == [1001, 1002, 1003, 1004, 1005, 1006, 1007]
    assert second["next"] is None
    assert api.refused("GET", f"batches/{batch_id}?cursor=x")[0] == 422


def test_cancelling_stops_what_waits_and_nothing_else(many: Services) -> None:
    api = Api(many)
    batch_id = api.call("POST", "requeue", {"store": "demo"}).get_json()["batch_id"]
    fares(many, 1001, "touched", requeued_by=None)
    assert Api(many, name="bob").call("POST", "orders/demo/1002/requeue").status_code == 202
    answer = api.call("POST", f"batches/{batch_id}/cancel")
    assert answer.status_code == 202
    said = answer.get_json()
    results = {item["order_id"]: item["result"] for item in said["items"]}
    assert results[1001] == "touched"
    assert {results[number] for number in (1003, 1004, 1005, 1007)} == {"cancelled"}
    assert row(many, 1003).requeued_by is None
    assert row(many, 1002).requeued_by == "bob"  # somebody re-queued it again since
    assert said["cancelled_at"] == "2026-11-02T09:00:00Z"
    assert api.call("POST", f"batches/{batch_id}/cancel").get_json() == said


def test_a_batch_that_is_not_there(many: Services) -> None:
    for batch_id in ("7d0c6a9e-0000-4000-8000-000000000000", "1", "%00"):
        assert Api(many).call("GET", f"batches/{batch_id}").status_code == 404
