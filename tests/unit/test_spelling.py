"""The spelling of an order's reference, out of one that is in the POS."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import pytest

from reconcile.config import Shop
from reconcile.model import Sale
from reconcile.spelling import learn, pattern_of
from tests.rows import a_sale, an_order

ORDER = an_order(1001)
SHOP = Shop(store="demo", domain="demo.myshopify.com")


@pytest.mark.parametrize(
    ("reference", "pattern"),
    [
        ("#1001", "{name}"), ("1001", "{number}"), ("WEB-1001", "WEB-{number}"), ("Shopify #1001", "Shopify {name}"),
        (" 1001/A ", "{number}/A"), ("21001", ""), ("10012", ""), ("", ""), ("{1001}", ""),
    ],
)  # fmt: skip
def test_the_pattern_makes_the_reference_again(reference: str, pattern: str) -> None:
    assert pattern_of(ORDER, reference) == pattern
    if pattern:
        assert pattern.format(name=ORDER.name, number=ORDER.number) == reference.strip()


@dataclass
class Till:
    """A POS with these records."""

    sales: list[Sale]

    def sales_by_reference(self, references: list[str]) -> list[Sale]:
        return [sale for sale in self.sales if sale.reference in references]

    def sales_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        return iter(self.sales)


def test_the_record_with_the_same_total_is_believed_before_another_with_the_number() -> None:
    right = a_sale(ORDER, reference="WEB-1001")
    other = a_sale(ORDER, reference="1001-B", total=Decimal(1))
    found = learn(ORDER, SHOP, Till([other, right]))  # type: ignore[arg-type]
    assert (found.pattern, found.same_total, found.known) == ("WEB-{number}", True, False)
    alone = learn(ORDER, SHOP, Till([other]))  # type: ignore[arg-type]
    assert (alone.pattern, alone.same_total) == ("{number}-B", False)


def test_a_spelling_that_is_set_already_is_known_and_an_edit_teaches_nothing() -> None:
    assert learn(ORDER, SHOP, Till([a_sale(ORDER, reference="#1001")])).known  # type: ignore[arg-type]
    edit = a_sale(ORDER, reference="WEB-1001-E001")
    found = learn(ORDER, SHOP, Till([edit]))  # type: ignore[arg-type]
    assert (found.pattern, found.looked_at) == ("", 1)
    older = replace(a_sale(ORDER, reference="1001"), created_at=ORDER.created_at.replace(year=2020))
    assert learn(ORDER, SHOP, Till([older])).pattern == ""  # type: ignore[arg-type]
