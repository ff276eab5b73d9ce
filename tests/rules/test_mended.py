"""What the POS showed earlier and shows no more: it may have held back an order that is looked at only afterwards."""

from dataclasses import replace
from typing import Any

from reconcile.diagnose import JUST_BEFORE, diagnose
from reconcile.evidence import Evidence
from reconcile.model import Certainty
from reconcile.shop_evidence import with_past
from tests.rules.language import at, evidence


def seen(archived: bool, **raw: Any) -> Evidence:
    """An order that became eligible a minute before the employee was active again, and is looked at a quarter later."""
    held = {"arrived": False, "count": 2, "from_s": -120}
    later = {"arrived": True, "count": 12, "from_s": 60}
    return evidence(
        {
            "now_after_s": 900,
            "shop": {"pos": "lightspeed_x", "outcomes": [held, later]},
            "declared": {"employee": "Shopify Sales"},
            "set_up": {"employees": [{"name": "Shopify Sales", "archived": archived}], **raw},
        }
    )


def test_an_employee_who_was_archived_when_the_order_came_held_it_back() -> None:
    then, now = seen(archived=True, read_after_s=-400), seen(archived=False, read_after_s=120)
    assert then.shop.set_up is not None
    assert [one.cause for one in diagnose(now)] == ["unexplained"]
    known = with_past(replace(now.shop), [then.shop.set_up])
    [found] = diagnose(replace(now, shop=known))
    assert (found.cause, found.certainty, found.gone) == ("employee_archived", Certainty.CERTAIN, True)


def test_one_who_was_active_again_long_before_did_not() -> None:
    then, now = seen(archived=True, read_after_s=-3600), seen(archived=False, read_after_s=120)
    assert then.shop.set_up is not None
    assert now.eligible_at == at(0)
    assert then.shop.set_up.read_at < now.eligible_at - JUST_BEFORE
    assert [one.cause for one in diagnose(replace(now, shop=with_past(now.shop, [then.shop.set_up])))] == [
        "unexplained"
    ]
