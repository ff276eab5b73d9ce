"""Orders that Shopify does not show: deleted, or only too old; and how the case of an old one ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from reconcile import loop
from reconcile.ledger import Ledger
from reconcile.ledger.queries import order_of
from tests.contract.shops import FIRST_ID
from tests.rows import an_order, keep
from tests.workers.front import Front, front

ORDER = FIRST_ID + 1001


@pytest.fixture
def here(ledger: Ledger) -> Iterator[Front]:
    with front(ledger) as opened:
        opened.shopify.side.faults.scopes = ("read_orders", "write_orders")
        yield opened


def keep_order(here: Front, days: float, **columns: Any) -> None:
    """An order of so many days ago that the POS has not, due now."""
    placed = here.shopify.now() - timedelta(days=days)
    here.shopify.place(1001, created_at=placed, updated_at=placed)
    order = an_order(ORDER, name="#1001", number=1001, created_at=placed, updated_at=placed)
    keep(here.services.ledger, order, next_look_at=here.shopify.now(), **columns)


def look(here: Front) -> Row[Any]:
    assert not loop.reconcile(here.shop, here.services).unread
    with here.services.ledger.read() as connection:
        row = order_of(connection, "demo", ORDER)
    assert row is not None
    return row


def test_an_order_that_is_too_old_to_be_shown_is_not_taken_for_deleted(here: Front) -> None:
    keep_order(here, days=61)
    row = look(here)
    assert (row.body["deleted_at"], row.standing, row.closing) == (None, "missing", None)


def test_an_order_that_ought_to_be_shown_and_is_not_was_deleted(here: Front) -> None:
    keep_order(here, days=3, case_state="needs_person", case_opened_at=here.shopify.now())
    here.shopify.shop.remove(ORDER)
    row = look(here)
    assert row.body["deleted_at"] and (row.closing, row.next_look_at) == ("gone", None)


def test_the_case_of_an_order_of_sixty_days_expires(here: Front) -> None:
    keep_order(here, days=60.5, case_state="needs_person", case_opened_at=here.shopify.now())
    row = look(here)
    assert (row.standing, row.case_state, row.closing, row.next_look_at) == ("missing", "closed", "expired", None)


def test_whoever_is_told_of_an_old_order_has_a_day_for_it(here: Front) -> None:
    keep_order(here, days=70)
    first = look(here)
    assert (first.case_state, first.next_look_at) == ("needs_person", here.shopify.now() + timedelta(days=1))
    here.shopify.pass_time(timedelta(days=1))
    assert look(here).closing == "expired"


def test_a_case_that_is_held_does_not_expire_before_the_hold_ends(here: Front) -> None:
    until = here.shopify.now() + timedelta(days=2)
    keep_order(here, days=70, case_state="held", held_until=until, case_opened_at=here.shopify.now())
    row = look(here)
    assert (row.case_state, row.next_look_at) == ("held", until)
