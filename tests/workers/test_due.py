"""Which shops are woken: those with something due that nobody is looking at, and whose POS is not left in peace."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from reconcile.due import stores_with_due_orders
from reconcile.ledger.lease import lease
from reconcile.ledger.tables import shops
from reconcile.services import Services
from tests.rows import an_order, keep


def due(services: Services, *order_ids: int, in_: timedelta = timedelta()) -> None:
    for order_id in order_ids:
        keep(services.ledger, an_order(order_id), next_look_at=services.clock.now() + in_)


def note(services: Services, **values: datetime) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(**values))


def test_a_shop_is_woken_when_its_first_order_is_due_and_not_before(services: Services) -> None:
    due(services, 1, in_=timedelta(seconds=1))
    assert stores_with_due_orders(services) == []
    due(services, 2)
    assert stores_with_due_orders(services) == ["demo"]


def test_while_much_is_being_folded_only_a_full_look_is_woken_for(services: Services) -> None:
    due(services, 1, 2)
    due(services, 3, in_=timedelta(seconds=1))
    assert stores_with_due_orders(services, at_least=2) == ["demo"]
    assert stores_with_due_orders(services, at_least=3) == []


def test_who_looks_at_a_shop_is_not_woken_for_it_unless_it_died_over_it(services: Services) -> None:
    due(services, 1)
    with lease(services.ledger, "demo"):
        assert stores_with_due_orders(services) == []
        note(services, lease_until=datetime.now(UTC) - timedelta(minutes=1))
        assert stores_with_due_orders(services) == ["demo"]
    assert stores_with_due_orders(services) == ["demo"]


def test_a_pos_that_is_left_in_peace_is_not_asked(services: Services) -> None:
    due(services, 1)
    note(services, pos_pause_until=services.clock.now() + timedelta(seconds=1))
    assert stores_with_due_orders(services) == []
    note(services, pos_pause_until=services.clock.now())
    assert stores_with_due_orders(services) == ["demo"]
