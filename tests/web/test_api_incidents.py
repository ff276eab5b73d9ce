"""Incidents over the API: what is held back and worth, what a person says, and how far the release has come."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from reconcile.ledger.tables import actions, incidents, orders, shops
from reconcile.services import Services
from tests.rows import PLACED, an_order, keep
from tests.web.callers import ARCHIVED, HELD_BACK, Api, an_incident, told, two_shops


@pytest.fixture
def held_back(services: Services) -> Services:
    """Eight orders behind one incident in two currencies, a closed one, and one of another cause."""
    made = two_shops(services)
    for number in range(1001, 1009):
        at = PLACED + timedelta(minutes=number - 1001)
        keep(made.ledger, an_order(number, created_at=at, currency="CAD" if number < 1008 else "USD"), **HELD_BACK)
    keep(made.ledger, an_order(1010), **HELD_BACK | {"case_state": "closed"})
    keep(made.ledger, an_order(1011), **HELD_BACK | {"cause": "unexplained", "subject": ""})
    return made


def touch(services: Services, order_id: int, outcome: str | None = None, minutes_ago: int = 5) -> None:
    values = {
        "store": "demo", "order_id": order_id, "number": 1, "tag": "reconciler-retry-1", "state": "done",
        "cause": ARCHIVED.cause, "subject": ARCHIVED.subject, "outcome": outcome,
        "intended_at": services.clock.now() - timedelta(minutes=minutes_ago),
    }  # fmt: skip
    with services.ledger.write() as connection:
        connection.execute(insert(actions).values(**values))


def of_row(services: Services, incident_id: int) -> Any:
    with services.ledger.read() as connection:
        return connection.execute(select(incidents).where(incidents.c.id == incident_id)).one()


def test_an_incident_says_what_is_held_back_and_what_it_is_worth(held_back: Services) -> None:
    an_incident(held_back)
    (said,) = Api(held_back, "viewer").get("incidents")["items"]
    assert (said["orders"], said["value_at_risk"]) == (8, {"CAD": "752.50", "USD": "107.50"})
    assert [one["name"] for one in said["sample"]] == ["#1001", "#1002", "#1003", "#1004", "#1005"]
    assert said["sample"][0]["total"] == "107.50"
    assert (said["state"], said["since"], said["progress"]) == ("open", "2026-11-02T09:00:00Z", "")
    assert said["next_step"]


def test_the_next_step_is_in_the_shops_language(held_back: Services) -> None:
    an_incident(held_back)
    an_incident(held_back, "other")
    said = {one["store"]: one["next_step"] for one in Api(held_back, "viewer").get("incidents")["items"]}
    assert said["demo"] != said["other"]


def test_the_worst_comes_first_and_the_resolved_ones_only_when_asked_for(held_back: Services) -> None:
    few = an_incident(held_back, cause="unexplained", subject="")
    most = an_incident(held_back)
    gone = an_incident(held_back, state="resolved", resolved_at=PLACED)
    api = Api(held_back, "viewer")
    for query, found in (
        ("", [most, few]),
        ("?state=resolved", [gone]),
        ("?state=all", [most, few, gone]),
        ("?store=other", []),
    ):
        assert [one["id"] for one in api.get(f"incidents{query}")["items"]] == found
    assert api.get(f"incidents/{gone}")["orders"] == 0


def test_amounts_with_fractions_add_up_to_the_cent(services: Services) -> None:
    made = two_shops(services)
    for number in range(10):
        keep(made.ledger, an_order(1001 + number, total=Decimal("0.10")), **HELD_BACK)
    an_incident(made)
    assert Api(made, "viewer").get("incidents")["items"][0]["value_at_risk"] == {"CAD": "1.00"}


def test_somebody_looks_after_it_and_leaves_a_note(held_back: Services) -> None:
    number, api = an_incident(held_back), Api(held_back)
    assert api.call("POST", f"incidents/{number}/acknowledge").status_code == 200
    said = api.call("POST", f"incidents/{number}/note", {"note": "asked support"}).get_json()
    assert (said["state"], said["acknowledged_by"], said["note"]) == ("acknowledged", "ann", "asked support")
    assert [(one["who"], one["text"]) for one in said["events"]] == [
        ("ann", "note: asked support"),
        ("ann", "acknowledged"),
    ]
    assert api.get("incidents")["items"][0]["id"] == number


@pytest.mark.parametrize("body", [{}, {"note": " "}, {"note": "x" * 2001}, {"text": "x"}])
def test_a_note_says_something(held_back: Services, body: dict[str, str]) -> None:
    number = an_incident(held_back)
    assert Api(held_back).refused("POST", f"incidents/{number}/note", body)[:2] == (422, "invalid")


def test_said_to_be_fixed_its_orders_are_looked_at_now(held_back: Services) -> None:
    number = an_incident(held_back)
    answer = Api(held_back).call("POST", f"incidents/{number}/fixed")
    assert answer.status_code == 202
    assert "one order is touched first" in answer.get_json()["progress"]
    now, row = held_back.clock.now(), of_row(held_back, number)
    assert (row.fixed_by, row.fixed_at, row.state) == ("ann", now, "acknowledged")
    with held_back.ledger.read() as connection:
        looked = connection.execute(select(orders.c.order_id).where(orders.c.next_look_at == now)).scalars().all()
        assert connection.execute(select(orders.c.requeued_by).distinct()).scalars().all() == [None]
    assert set(looked) == set(range(1001, 1009))
    assert [(event.who, event.incident_id) for event in told(held_back, "incident")] == [("ann", number)]


def test_a_switch_that_is_declared_on_is_as_good_as_said_to_be_fixed(held_back: Services) -> None:
    number, admin = an_incident(held_back), Api(held_back, "admin")
    admin.call("PUT", "stores/demo/declared", {"download_archived_orders": False, "download_fulfilled_orders": True})
    assert of_row(held_back, number).fixed_by is None
    admin.call("PUT", "stores/demo/declared", {"download_archived_orders": True})
    now, row = held_back.clock.now(), of_row(held_back, number)
    assert (row.fixed_by, row.fixed_at, row.state) == ("ann", now, "acknowledged")
    assert [event.text for event in told(held_back, "incident")] == ["declared to be fixed: Download Archived Orders"]
    held_back.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    admin.call("PUT", "stores/demo/declared", {"download_archived_orders": True})
    assert of_row(held_back, number).fixed_at == now, "it says nothing new"


def test_a_location_that_is_declared_as_mapped_is_as_good_as_said_to_be_fixed(held_back: Services) -> None:
    number = an_incident(held_back, cause="location_unmapped", subject="Pop-up Stall")
    other = an_incident(held_back, cause="location_unmapped", subject="Annex")
    Api(held_back, "admin").call("PUT", "stores/demo/declared", {"locations": ["Main Street", "Pop-up Stall"]})
    assert [of_row(held_back, one).fixed_by for one in (number, other)] == ["ann", None]


@pytest.mark.parametrize("what", ["acknowledge", "fixed"])
def test_what_is_resolved_stays_so(held_back: Services, what: str) -> None:
    number = an_incident(held_back, state="resolved")
    before = of_row(held_back, number)
    assert Api(held_back).refused("POST", f"incidents/{number}/{what}")[:2] == (409, "refused")
    assert of_row(held_back, number) == before


def progress(services: Services, number: int) -> tuple[str, dict[str, int]]:
    said = Api(services, "viewer").get(f"incidents/{number}")
    return said["progress"], said["touches"]


def test_the_release_is_told_step_by_step(held_back: Services) -> None:
    number = an_incident(held_back)
    touch(held_back, 1001)
    text, touches = progress(held_back, number)
    assert text.startswith("One order was touched first")
    assert touches == {"arrived": 0, "outstanding": 1, "not_arrived": 0}
    touch(held_back, 1002, "arrived")
    text, touches = progress(held_back, number)
    assert text.startswith("1 arrived after a touch, 1 on their way")
    assert touches == {"arrived": 1, "outstanding": 1, "not_arrived": 0}


def test_a_canary_that_did_not_arrive_says_not_fixed_yet_until_somebody_says_fixed_again(held_back: Services) -> None:
    number, api = an_incident(held_back), Api(held_back)
    api.call("POST", f"incidents/{number}/fixed")
    held_back.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    touch(held_back, 1001, "not_arrived", minutes_ago=90)
    assert progress(held_back, number)[0].startswith("Not fixed yet")
    api.call("POST", f"incidents/{number}/fixed")
    assert progress(held_back, number)[0].startswith("Said to be fixed by ann")


def test_a_connector_that_does_not_react_is_named(held_back: Services) -> None:
    number = an_incident(held_back)
    with held_back.ledger.write() as connection:
        connection.execute(update(shops).where(shops.c.store == "demo").values(touch="no_effect"))
    assert "does not react to a touch" in progress(held_back, number)[0]


def test_lost_webhooks_are_an_incident_without_orders(held_back: Services) -> None:
    number = an_incident(held_back, cause="webhooks_lost", subject="", progress="7 of the last orders came without")
    said = Api(held_back, "viewer").get(f"incidents/{number}")
    assert (said["orders"], said["progress"]) == (0, "7 of the last orders came without")
    assert "webhooks register" in said["next_step"]


def test_an_incident_says_it_all_in_one_sentence_on_the_shops_clock(held_back: Services) -> None:
    with held_back.ledger.write() as connection:
        connection.execute(update(shops).values(time_zone="America/Toronto"))
    number = an_incident(held_back)
    said = Api(held_back, "viewer").get(f"incidents/{number}")["sentence"]
    assert said.startswith(
        "Since 04:00, 8 archived orders worth CA$752.50 and $107.50 have not arrived; Download Archived Orders is off. "
    )
