"""The shop's lease: one holder, a fence against whoever woke up late, and an end by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from reconcile.errors import LeaseLost
from reconcile.ledger.lease import lease, renew
from reconcile.ledger.tables import shops
from reconcile.services import Services


def let_it_expire(services: Services) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(lease_until=datetime.now(UTC) - timedelta(minutes=1)))


def test_of_many_workers_one_holds_the_shop(services: Services) -> None:
    gate = Barrier(8)

    def contend(_: int) -> bool:
        gate.wait()
        with lease(services.ledger, "demo") as held:
            gate.wait()
            return held is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(contend, range(8))) == 1


def test_a_freed_lease_can_be_taken_again(services: Services) -> None:
    for _ in range(2):
        with lease(services.ledger, "demo") as held:
            assert held is not None


def test_it_is_freed_also_when_the_work_fails(services: Services) -> None:
    with pytest.raises(RuntimeError), lease(services.ledger, "demo"):
        raise RuntimeError
    with lease(services.ledger, "demo") as held:
        assert held is not None


def test_the_lease_of_a_dead_worker_ends_by_itself(services: Services) -> None:
    with lease(services.ledger, "demo") as first:
        assert first is not None
        let_it_expire(services)
        with lease(services.ledger, "demo") as second:
            assert second is not None


def test_a_clock_that_was_set_back_keeps_nobody_out(services: Services) -> None:
    """A worker took the lease and died; then the machine's clock was put right by an hour."""
    with lease(services.ledger, "demo") as first:
        assert first is not None
        with services.ledger.write() as connection:
            connection.execute(update(shops).values(lease_until=datetime.now(UTC) + timedelta(hours=1)))
        with lease(services.ledger, "demo") as second:
            assert second is not None
            with services.ledger.write() as connection, pytest.raises(LeaseLost):
                renew(services.ledger, connection, first)  # it was not dead: it writes nothing all the same


def test_who_woke_up_late_can_write_nothing_and_does_not_free_the_new_holder(services: Services) -> None:
    with lease(services.ledger, "demo") as late:
        assert late is not None
        let_it_expire(services)
        with lease(services.ledger, "demo") as holder:
            assert holder is not None
            with pytest.raises(LeaseLost), services.ledger.write() as connection:
                late.check(connection)
            with pytest.raises(LeaseLost), services.ledger.write() as connection:
                renew(services.ledger, connection, late)
            with services.ledger.write() as connection:
                renew(services.ledger, connection, holder)


def test_nothing_is_taken_of_a_shop_that_does_not_exist(services: Services) -> None:
    with lease(services.ledger, "nowhere") as held:
        assert held is None
