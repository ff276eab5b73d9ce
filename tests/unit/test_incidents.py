"""Incidents as groups of open cases: they open, move, merge and end with their cases, and a replay changes nothing."""

from typing import Any

from sqlalchemy import Row, select, update

from reconcile import incidents
from reconcile.ledger.tables import alerts, orders
from reconcile.ledger.tables import incidents as table
from reconcile.services import Services
from tests.rows import PLACED, an_order, keep

STALLED = {"cause": "connector_stalled", "subject": "", "certainty": "likely", "case_state": "watching"}
ARCHIVED = {
    "cause": "archived_orders_off",
    "subject": "Download Archived Orders",
    "certainty": "likely",
    "case_state": "watching",
}
SKU = {"cause": "sku_unknown", "certainty": "certain", "case_state": "needs_person"}


def refresh(services: Services, times: int = 1) -> None:
    for _ in range(times):
        with services.ledger.write() as connection:
            incidents.refresh(connection, services.shop("demo"), services.clock.now(), alert=True)


def found(services: Services) -> list[Row[Any]]:
    with services.ledger.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def states(services: Services) -> list[tuple[str, str, str]]:
    return [(one.cause, one.subject, one.state) for one in found(services)]


def change(services: Services, *numbers: int, **values: Any) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(orders).where(orders.c.order_id.in_(numbers)).values(**values))


def test_a_replay_opens_nothing_anew_and_tells_nothing_twice(services: Services) -> None:
    for number in (1, 2, 3):
        keep(services.ledger, an_order(number), **ARCHIVED)
    refresh(services, times=4)
    assert states(services) == [("archived_orders_off", "Download Archived Orders", "open")]
    with services.ledger.read() as connection:
        assert len(connection.execute(select(alerts.c.id)).all()) == 1


def test_each_subject_is_an_incident_of_its_own(services: Services) -> None:
    keep(services.ledger, an_order(1), **SKU, subject="MUG-01")
    keep(services.ledger, an_order(2), **SKU, subject="TEE-01")
    keep(services.ledger, an_order(3), **SKU, subject="MUG-01")
    refresh(services, times=2)
    assert states(services) == [("sku_unknown", "MUG-01", "open"), ("sku_unknown", "TEE-01", "open")]


def test_cases_that_turn_out_to_have_another_cause_move_over_and_the_emptied_one_ends(services: Services) -> None:
    for number in (1, 2, 3):
        keep(services.ledger, an_order(number), **STALLED)
    refresh(services)
    change(services, 1, 2, **ARCHIVED)
    refresh(services, times=2)
    split = [("connector_stalled", "", "open"), ("archived_orders_off", "Download Archived Orders", "open")]
    assert states(services) == split
    change(services, 3, **ARCHIVED)
    refresh(services, times=2)
    assert states(services) == [("connector_stalled", "", "resolved"), split[1]]


def test_it_ends_with_its_last_case_and_one_that_comes_later_is_another_incident(services: Services) -> None:
    keep(services.ledger, an_order(1), **ARCHIVED)
    keep(services.ledger, an_order(2), **ARCHIVED)
    refresh(services)
    change(services, 1, case_state="closed")
    refresh(services)
    assert [one.state for one in found(services)] == ["open"]
    change(services, 2, case_state="closed")
    refresh(services, times=2)
    assert [one.state for one in found(services)] == ["resolved"]
    keep(services.ledger, an_order(3), **ARCHIVED)
    refresh(services, times=2)
    assert [one.state for one in found(services)] == ["resolved", "open"]


def test_an_older_order_that_is_found_later_moves_its_beginning_back(services: Services) -> None:
    keep(services.ledger, an_order(2), **ARCHIVED)
    refresh(services)
    before = PLACED.replace(hour=6)
    keep(services.ledger, an_order(1, created_at=before), **ARCHIVED)
    refresh(services)
    change(services, 1, case_state="closed")
    refresh(services)
    assert [one.since for one in found(services)] == [before], "and it stays there when that one has arrived"


def test_acknowledged_it_stays_so_however_it_grows(services: Services) -> None:
    keep(services.ledger, an_order(1), **ARCHIVED)
    refresh(services)
    with services.ledger.write() as connection:
        connection.execute(update(table).values(state="acknowledged", acknowledged_by="ann"))
    for number in range(2, 30):
        keep(services.ledger, an_order(number), **ARCHIVED)
    refresh(services, times=3)
    assert [(one.state, one.acknowledged_by) for one in found(services)] == [("acknowledged", "ann")]
