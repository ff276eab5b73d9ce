"""A channel whose orders a switch accounts for as well: the switch is named."""

from reconcile.diagnose import diagnose
from reconcile.evidence import Evidence
from tests.rules.language import evidence

MARKET = ["channel:market", "unfulfilled"]


def imported() -> Evidence:
    """The seventh order of a marketplace in a row that stays away; none of them has a transaction, others arrive."""
    late = {"arrived": False, "count": 6, "from_s": -1500, "traits": [*MARKET, "paid_without_transactions"]}
    before = {"arrived": True, "count": 20, "from_s": -9000, "traits": [*MARKET, "paid_without_transactions"]}
    others = {"arrived": True, "count": 40, "from_s": -1500, "every_s": 30, "traits": ["channel:web", "unfulfilled"]}
    return evidence(
        {"order": {"source_name": "market", "payments": []}, "shop": {"outcomes": [before, late, others]}}
    )  # fmt: skip


def test_the_switch_is_named_and_not_the_channel() -> None:
    assert [one.cause for one in diagnose(imported())] == ["paid_without_transactions_off"]
