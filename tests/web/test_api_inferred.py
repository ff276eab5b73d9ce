"""What was inferred of a shop's switches, and how right the reconciler was there, over the API and on the page."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from reconcile.ledger.tables import actions
from reconcile.services import Services
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import Api
from tests.web.visitors import Visitor

MINUTE = timedelta(minutes=1)


def a_morning(services: Services) -> None:
    """Four archived orders that are late among eight others that arrived after a minute."""
    for n in range(12):
        at, archived = PLACED + n * MINUTE, n % 3 == 0
        order = an_order(1001 + n, created_at=at, updated_at=at)
        seen: dict[str, Any] = {"traits": ["archived" if archived else "open"], "looked_at": at + 60 * MINUTE}
        if not archived:
            seen |= {"arrived_at": at + MINUTE, "standing": "matched"}
        keep(services.ledger, order, [] if archived else [a_sale(order)], **seen)


def the_switch(services: Services, key: str) -> dict[str, Any]:
    items = Api(services, "viewer").get("stores/demo/inferred")["items"]
    return next(one for one in items if one["key"] == key)


def test_a_switch_says_how_probably_it_holds_orders_back_on_how_many_and_since_when(services: Services) -> None:
    a_morning(services)
    found = the_switch(services, "download_archived_orders")
    assert 0.95 < found["probability"] < 1
    assert (found["orders"], found["since"], found["shown"]) == (4, "2026-11-02T08:00:00Z", False)
    others = the_switch(services, "download_fulfilled_orders")
    assert (others["orders"], others["since"], others["shown"]) == (0, None, None)
    assert others["probability"] == 0.05


def test_a_declaration_that_the_orders_contradict_is_said_to_be_contradicted(services: Services) -> None:
    a_morning(services)
    assert the_switch(services, "download_archived_orders")["contradicts"] is False
    Api(services, "admin").call("put", "stores/demo/declared", {"download_archived_orders": True})
    found = the_switch(services, "download_archived_orders")
    assert (found["declared"], found["shown"], found["contradicts"]) == (True, False, True)


def test_live_figures_are_counted_from_the_shops_own_cases_and_touches(services: Services) -> None:
    opened = {"case_state": "closed", "case_opened_at": PLACED + 20 * MINUTE, "case_closed_at": PLACED + 90 * MINUTE}
    by_itself = {"closing": "arrived", "arrived_at": PLACED + 60 * MINUTE}
    keep(services.ledger, an_order(1), [a_sale(an_order(1))], **opened, **by_itself)
    keep(
        services.ledger,
        an_order(2),
        [a_sale(an_order(2))],
        touches=1,
        **opened,
        **by_itself | {"closing": "after_retry"},
    )
    keep(services.ledger, an_order(3), cause="sku_unknown", closing="dismissed", **opened)
    before = by_itself | {"arrived_at": PLACED + MINUTE}
    keep(services.ledger, an_order(4), [a_sale(an_order(4))], **opened, **before)
    touch(services, 2, outcome="arrived", canary=True)
    touch(services, 3, outcome="not_arrived", canary=True)
    touch(services, 5, outcome="arrived", canary=False)
    found = Api(services, "viewer").get("stores/demo/live")
    assert found["arrived_by_themselves"] == 1, "one that was there but pending was never called missing"
    assert (found["judged"], found["false_alarms_per_1000"]) == (4, 250.0)
    assert found["closings"] == {"arrived": 2, "after_retry": 1, "dismissed": 1}
    assert found["dismissed"] == {"sku_unknown": 1}
    assert found["touches"] == {"arrived": 2, "not_arrived": 1}
    assert found["canaries"] == {"arrived": 1, "not_arrived": 1}


def test_the_checklist_shows_both(services: Services) -> None:
    a_morning(services)
    shown = Visitor(services).get("/checks/demo")
    assert "4 orders" in shown
    assert "How right it was here" in shown


def touch(services: Services, order_id: int, *, outcome: str, canary: bool) -> None:
    values = {"store": "demo", "order_id": order_id, "number": 1, "tag": "reconciler-retry-1", "state": "done"}
    with services.ledger.write() as connection:
        connection.execute(
            insert(actions).values(
                cause="archived_orders_off", intended_at=PLACED, outcome=outcome, canary=canary, **values
            )
        )
