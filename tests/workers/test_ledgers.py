"""Both ledgers come up with the schema that the code was written for."""

from reconcile.ledger import Ledger
from reconcile.ledger.schema import migrate, schema_problem


def test_a_migrated_ledger_has_no_problem_and_migrating_again_changes_nothing(ledger: Ledger) -> None:
    assert schema_problem(ledger) is None
    migrate(ledger)
    assert schema_problem(ledger) is None
