"""What becomes of an order's cause when it arrives untouched within the grace: it was in time, or it had been missing."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from reconcile import loop
from reconcile.ledger import Ledger
from reconcile.ledger.queries import order_of
from reconcile.model import OrderLine
from tests.contract.shops import FIRST_ID
from tests.rows import an_order, keep
from tests.workers.front import Front, front

ORDER = FIRST_ID + 1001


@pytest.fixture
def here(ledger: Ledger) -> Iterator[Front]:
    with front(ledger) as opened:
        yield opened


def cause_after(here: Front, standing: str, cause: str, certainty: str, noticed: int = 1) -> str | None:
    """The cause on an order that stood so since these minutes, and came five minutes after it was placed."""
    now = here.shopify.now()
    placed = now - timedelta(hours=1)
    line = OrderLine(line_id=1, sku="MUG-01", title="Mug", quantity=1, current_quantity=1, price=Decimal(100))
    order = an_order(
        ORDER, name="#1001", number=1001, created_at=placed, updated_at=placed, total=Decimal("100.00"), tax=Decimal(0),
        current_tax=Decimal(0), shipping=Decimal(0), lines=(line,),
    )  # fmt: skip
    known = {
        "standing": standing,
        "cause": cause,
        "certainty": certainty,
        "noticed_at": placed + timedelta(minutes=noticed),
    }
    keep(here.services.ledger, order, next_look_at=now, detailed_at=now, **known)
    sale = int(here.pos.sell("#1001").partition(":")[2])
    here.pos.books.set_order(sale, created_at=placed + timedelta(minutes=5))
    loop.reconcile(here.shop, here.services)
    with here.services.ledger.read() as connection:
        row = order_of(connection, "demo", ORDER)
    assert row is not None
    assert row.standing == "matched"
    found: str | None = row.cause
    return found


def test_what_was_missing_for_a_cause_that_is_certain_keeps_it(here: Front) -> None:
    assert cause_after(here, "missing", "required_custom_field", "certain") == "required_custom_field"


@pytest.mark.parametrize(
    ("standing", "cause", "certainty"),
    [("waiting", "required_custom_field", "certain"), ("missing", "archived_orders_off", "likely")],
)
def test_what_came_in_time_had_none(here: Front, standing: str, cause: str, certainty: str) -> None:
    assert cause_after(here, standing, cause, certainty) is None


def test_what_held_it_back_before_it_was_eligible_is_no_cause_of_it(here: Front) -> None:
    assert cause_after(here, "missing", "payment_not_captured", "certain", noticed=-10) is None
