"""Until the connector's speed is known at a shop, an order that is only late opens no case; one that is very late does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from reconcile.cases import next_state
from reconcile.ledger.tables import orders
from reconcile.model import Decision, Standing, Verb
from reconcile.services import Services
from tests.rows import PLACED, an_order, keep

ONLY_LATE = Decision(verb=Verb.WAIT, reason="only lateness speaks for it", limit="arrivals")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("decision", "age", "opened"),
    [
        (ONLY_LATE, HOUR, False),
        (ONLY_LATE, 4 * HOUR, True),
        (Decision(verb=Verb.ASK, reason="the cause is only possible", limit="certainty"), HOUR, True),
    ],
)
def test_a_case_is_opened(services: Services, decision: Decision, age: timedelta, *, opened: bool) -> None:
    keep(services.ledger, an_order())
    with services.ledger.read() as connection:
        row = connection.execute(select(orders)).one()
    made = next_state(row, an_order(), Standing.MISSING, decision, (), PLACED + age)
    assert ("case_opened_at" in made) is opened


def test_one_that_is_open_stays_open(services: Services) -> None:
    keep(services.ledger, an_order(), case_state="needs_person", case_opened_at=PLACED)
    with services.ledger.read() as connection:
        row = connection.execute(select(orders)).one()
    made = next_state(row, an_order(), Standing.MISSING, ONLY_LATE, (), PLACED + HOUR)
    assert made == {"case_state": "watching"}
