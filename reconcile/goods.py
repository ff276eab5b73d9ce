"""The products of an order beside those of its POS records, by SKU. Pure.

Source of the products that stand for no goods: facts/connector-causes.md, A3a.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reconcile.model import Order, Sale, SaleLine
from reconcile.required_products import REQUIRED_SKUS, TITLES

NO_PRODUCT = "no product found"
NOT_GOODS = (
    {sku.casefold() for sku in REQUIRED_SKUS}
    | {title.casefold() for title in TITLES.values()}
    | {"shopify taxes", "shopify return", "tax", "discount"}
) - {NO_PRODUCT}
ZERO = Decimal(0)
Amounts = dict[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """Quantities per SKU (case folded); `names` keeps Shopify's spelling."""

    ordered: Amounts
    current: Amounts  # without what was refunded or removed
    after_edits: Amounts  # current, with what was refunded
    sold: Amounts
    returned: Amounts
    nameless_ordered: bool  # the order has lines without a SKU
    nameless_sold: Decimal  # POS lines without a SKU
    stand_ins: Decimal  # quantity of `NO PRODUCT FOUND`
    names: dict[str, str]

    def unmatched(self) -> list[tuple[str, str, str]]:
        """(SKU, Shopify's quantity, the POS's line) of what stands under `NO PRODUCT FOUND`; "" when it has no SKU."""
        if self.stand_ins <= ZERO:
            return []
        short = [(sku, wanted) for sku, wanted, have in self._short()]
        line = f"NO PRODUCT FOUND × {self.stand_ins}"
        return [(self.names[sku], str(wanted), line) for sku, wanted in short] or [("", "", line)]

    def unequal(self, *, original: bool) -> list[tuple[str, Decimal, Decimal]]:
        """(SKU, Shopify's quantity, the POS's) where they differ; `original`: the unedited quantity is right too."""
        found = []
        spare = self.stand_ins + self.nameless_sold
        for sku, wanted, have in self._short(original=original):
            covered = min(spare, wanted - have)
            spare -= covered
            if have + covered < wanted:
                found.append((self.names[sku], wanted, have))
        found.extend(self._over(original=original))
        return found

    def edited(self, sku: str) -> bool:
        key = sku.casefold()
        return self.ordered.get(key, ZERO) != self.after_edits.get(key, ZERO)

    def doubled(self) -> bool:
        """Whether everything was sold twice or more."""
        times = {self.sold.get(sku, ZERO) / wanted for sku, wanted in self.ordered.items() if wanted > ZERO}
        return len(times) == 1 and min(times) >= 2

    def fits(self, sku: str, *, original: bool = True) -> bool:
        """Whether the POS's quantity is one that this order may have there: as ordered, as edited, or as refunded."""
        sold, net = self.sold.get(sku, ZERO), self.sold.get(sku, ZERO) - self.returned.get(sku, ZERO)
        now, edited = self.current.get(sku, ZERO), self.after_edits.get(sku, ZERO)
        if original and sold == self.ordered.get(sku, ZERO):
            return True
        return sold in (now, edited) or net in (now, edited)

    def _short(self, *, original: bool = True) -> list[tuple[str, Decimal, Decimal]]:
        rows = [
            (sku, self.after_edits.get(sku, ZERO), self.sold.get(sku, ZERO))
            for sku in self.after_edits
            if not self.fits(sku, original=original)
        ]
        return [row for row in rows if row[2] < row[1]]

    def _over(self, *, original: bool) -> Iterator[tuple[str, Decimal, Decimal]]:
        for sku, have in self.sold.items():
            wanted = self.after_edits.get(sku, ZERO)
            # A line without a SKU may be in the POS under one that the order does not name.
            unnamed = self.nameless_ordered and sku not in self.ordered
            if have > wanted and not unnamed and not self.fits(sku, original=original):
                yield self.names.get(sku, sku), wanted, have


def goods_of(order: Order, sold: Sequence[Sale], returned: Sequence[Sale]) -> Goods | None:
    """Both sides' quantities; None unless every sale's lines were read."""
    lines = [line for sale in sold for line in sale.lines or ()]
    if any(sale.lines is None for sale in sold):
        return None
    back = [line for sale in returned for line in sale.lines or ()]
    mine = [line for line in order.lines if not line.gift_card]
    refunded = Counter[int]()
    for refund in order.refunds:
        for part in refund.lines:
            refunded[part.line_id] += part.quantity
    names: dict[str, str] = {}
    ordered, current, edited = Counter[str](), Counter[str](), Counter[str]()
    for line in mine:
        if line.sku and line.sku.strip():
            key = line.sku.strip().casefold()
            names.setdefault(key, line.sku.strip())
            ordered[key] += line.quantity
            current[key] += line.current_quantity
            # An edit that removes what was paid writes a refund too: never more than was once there.
            most = max(line.quantity, line.current_quantity)
            edited[key] += min(line.current_quantity + refunded[line.line_id], most)
    return Goods(
        ordered=_amounts(ordered), current=_amounts(current), after_edits=_amounts(edited),
        sold=_quantities(lines), returned={sku: abs(count) for sku, count in _quantities(back).items()},
        nameless_ordered=any(not (line.sku or "").strip() for line in mine),
        nameless_sold=sum((line.quantity for line in lines if _nameless(line)), ZERO),
        stand_ins=sum((line.quantity for line in lines if _key(line) == NO_PRODUCT), ZERO),
        names=names,
    )  # fmt: skip


def _amounts(counted: Counter[str]) -> Amounts:
    return {sku: Decimal(count) for sku, count in counted.items()}


def _key(line: SaleLine) -> str:
    return (line.sku or "").strip().casefold() or line.title.strip().casefold()


def _nameless(line: SaleLine) -> bool:
    """Goods without a SKU; a negative line is a discount."""
    negative = line.unit_price is not None and line.unit_price < ZERO
    return not (line.sku or "").strip() and _key(line) not in NOT_GOODS | {NO_PRODUCT} and not negative


def _quantities(lines: Sequence[SaleLine]) -> Amounts:
    found: Amounts = {}
    for line in lines:
        key = _key(line)
        if line.sku and line.sku.strip() and key not in NOT_GOODS and key != NO_PRODUCT:
            found[key] = found.get(key, ZERO) + line.quantity
    return found
