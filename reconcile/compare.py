"""One order beside its POS records: where it stands, and every difference. Pure.

Several records are normal: one sale per location, one more per edit (`-E001`), one per refund. They are summed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from reconcile.evidence import ShopEvidence
from reconcile.goods import Goods, goods_of
from reconcile.model import Discrepancy, DiscrepancyKind, Order, Refund, Sale, SaleKind, SaleStatus, Standing
from reconcile.references import base_of, is_edit

CENT = Decimal("0.01")
ZERO = Decimal(0)
UNFINISHED = (SaleStatus.PENDING, SaleStatus.INCOMPLETE)
# The connector writes the records of one order one by one; a look in between would see half of them.
STILL_WRITING = timedelta(minutes=2)
CONSEQUENCES = {
    DiscrepancyKind.CANCEL: frozenset(DiscrepancyKind) - {DiscrepancyKind.CANCEL, DiscrepancyKind.DUPLICATE},
    DiscrepancyKind.DUPLICATE: frozenset(
        {DiscrepancyKind.TOTAL, DiscrepancyKind.TAX, DiscrepancyKind.SHIPPING, DiscrepancyKind.DISCOUNT,
         DiscrepancyKind.QUANTITY, DiscrepancyKind.EDIT}
    ),
    DiscrepancyKind.QUANTITY: frozenset({DiscrepancyKind.TOTAL, DiscrepancyKind.TAX, DiscrepancyKind.DISCOUNT}),
    DiscrepancyKind.EDIT: frozenset({DiscrepancyKind.TOTAL, DiscrepancyKind.TAX, DiscrepancyKind.DISCOUNT}),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at an order saw."""

    order: Order
    sales: tuple[Sale, ...]
    standing: Standing
    discrepancies: tuple[Discrepancy, ...] = ()
    again_at: datetime | None = None  # when a change that is too young to be judged now may be judged


def compare(
    order: Order,
    sales: Sequence[Sale],
    *,
    eligible_at: datetime,
    now: datetime,
    grace: timedelta,
    pending_after: timedelta,
    shop: ShopEvidence | None = None,
) -> Look:
    """Where the order stands; an edit, refund or cancellation counts once it is older than the grace."""
    if not sales:
        late = now - eligible_at >= grace
        return Look(order=order, sales=(), standing=Standing.MISSING if late else Standing.WAITING)
    both = Comparison(order, sales, now, grace)
    found = both.differences()
    invoiced_by = _invoiced_by(order, sales, shop, pending_after)
    standing = Standing.MATCHED
    if any(sale.status in UNFINISHED for sale in sales) or (invoiced_by is not None and invoiced_by <= now):
        standing = Standing.PENDING
    elif found:
        standing = Standing.WAITING if _still_writing(sales, eligible_at, now, grace) else Standing.DIFFERS
    young = [moment for moment in (*both.due_at(), invoiced_by) if moment is not None and moment > now]
    return Look(
        order=order, sales=tuple(sales), standing=standing, discrepancies=found, again_at=min(young, default=None)
    )


def _still_writing(sales: Sequence[Sale], eligible_at: datetime, now: datetime, grace: timedelta) -> bool:
    made = [sale.created_at for sale in sales if sale.created_at is not None]
    return bool(made) and now - max(made) < STILL_WRITING and now - eligible_at < grace


def _invoiced_by(
    order: Order, sales: Sequence[Sale], shop: ShopEvidence | None, pending_after: timedelta
) -> datetime | None:
    """Until when an order that was paid and shipped in Shopify may still be open in the POS; None: for ever.

    Only a Heartland whose connector is declared to invoice by itself is expected to close it.
    """
    if shop is None or shop.pos != "heartland" or shop.declared.automatically_invoice is not True:
        return None
    done = order.financial_status == "paid" and order.fulfillment_status == "fulfilled" and not order.cancelled_at
    if not done or not any(sale.status is SaleStatus.OPEN and not sale.balance for sale in sales):
        return None
    return (order.fulfilled_at or order.updated_at) + pending_after


class Comparison:
    """The sums of both sides, made once, and the differences between them."""

    def __init__(self, order: Order, sales: Sequence[Sale], now: datetime, grace: timedelta) -> None:
        self.order = order
        self.now = now
        self.grace = grace
        live = [sale for sale in sales if sale.status is not SaleStatus.CANCELLED]
        self.any_cancelled = len(live) < len(sales)
        self.sold = [sale for sale in live if sale.kind is SaleKind.SALE]
        self.bases = [sale for sale in self.sold if not is_edit(sale)]
        self.returned = [sale for sale in live if sale.kind is SaleKind.REFUND]
        self.gross = sum_of(sale.total for sale in self.sold)
        self.given_back = sum_of(abs(sale.total) if sale.total is not None else None for sale in self.returned)
        self.near = CENT if len(live) <= 1 else 2 * CENT
        self.refunded = sum((refund.amount for refund in order.refunds), ZERO)
        self.after_edits = order.current_total + self.refunded  # what the order would be without its refunds
        self.goods = goods_of(order, self.sold, self.returned)
        self.edited = _edited(order, self.goods)

    def differences(self) -> tuple[Discrepancy, ...]:
        """Every difference, without those that only follow from another."""
        if not self.sold:
            return self._nothing_live()
        found = [*self._cancel(), *self._duplicates()]
        if not self.order.cancelled_at and self.edited and not self.edit_due():
            found += [*self._unmatched(), *self._refunds()]  # quantities and amounts may still be those from before
        elif not self.order.cancelled_at:
            found += [*self._unmatched(), *self._goods(), *self._money(), *self._refunds()]
        implied = {kind for one in found for kind in CONSEQUENCES.get(one.kind, ())}
        return tuple(one for one in found if one.kind not in implied)

    def close(self, one: Decimal, other: Decimal) -> bool:
        return abs(one - other) <= self.near

    def due(self, moment: datetime) -> bool:
        """Whether the connector has had its usual time to carry what happened then."""
        return self.now - moment >= self.grace

    def edit_due(self) -> bool:
        return self.edited and self.due(self.order.edited_at or self.order.updated_at)

    def due_at(self) -> list[datetime]:
        """From when each change of the order may be judged."""
        order = self.order
        changes = [refund.created_at for refund in order.refunds if refund.amount > ZERO]
        changes += [order.cancelled_at] if order.cancelled_at else []
        changes += [order.edited_at or order.updated_at] if self.edited else []
        return [moment + self.grace for moment in changes]

    def _nothing_live(self) -> tuple[Discrepancy, ...]:
        order = self.order
        if order.cancelled_at or (order.current_total == ZERO and (order.refunds or not self.any_cancelled)):
            return ()  # cancelled, or given back in full: nothing is left to be sold
        if self.any_cancelled:
            return (Discrepancy(kind=DiscrepancyKind.CANCEL, shopify="not cancelled", pos="cancelled"),)
        return (Discrepancy(kind=DiscrepancyKind.TOTAL, shopify=str(self._expected()), pos="0"),)  # a return, no sale

    def _cancel(self) -> list[Discrepancy]:
        cancelled_at = self.order.cancelled_at
        if cancelled_at is None or not self.due(cancelled_at) or self._nets_to_zero():
            return []
        left = "in force" if self.gross is None else str(self.gross - (self.given_back or ZERO))
        return [Discrepancy(kind=DiscrepancyKind.CANCEL, shopify=f"cancelled {cancelled_at.isoformat()}", pos=left)]

    def _nets_to_zero(self) -> bool:
        if self.gross is None or self.given_back is None:
            return bool(self.returned)
        return self.gross - self.given_back <= self.near and (self.gross > ZERO or bool(self.returned))

    # --- doubles ----------------------------------------------------------------------------------------------------

    def _duplicates(self) -> list[Discrepancy]:
        return [
            Discrepancy(
                kind=DiscrepancyKind.DUPLICATE, shopify=str(self.order.total), pos=f"{len(group)} × {group[0].total}",
                subject=", ".join(sale.sale_id for sale in group),
            )
            for group in self._alike()
            if self._too_much()
        ]  # fmt: skip

    def _alike(self) -> list[list[Sale]]:
        """Groups of two or more sales that are the same sale again."""
        groups: dict[tuple[object, ...], list[Sale]] = {}
        for sale in self.bases:
            groups.setdefault(self._likeness(sale), []).append(sale)
        return [group for group in groups.values() if len(group) > 1]

    def _likeness(self, sale: Sale) -> tuple[object, ...]:
        lines = None if sale.lines is None else tuple(sorted((line.sku or "", line.quantity) for line in sale.lines))
        whole = sale.total is not None and sale.total > ZERO and self.close(sale.total, self.order.total)
        # The whole order twice is a double wherever it was sold; a part of it only at the same location.
        where = None if whole else sale.location
        return (base_of((sale.reference or "").strip()), where, sale.total, lines)

    def _too_much(self) -> bool:
        most = max(self.order.total, self.order.current_total, self.after_edits)
        if self.gross is None or most == ZERO:
            return self.goods is not None and self.goods.doubled()
        if self.given_back is not None and self.close(self.gross - self.given_back, self.order.current_total):
            return False  # the double was taken back
        return self.gross - most > self.near

    # --- goods ------------------------------------------------------------------------------------------------------

    def _unmatched(self) -> list[Discrepancy]:
        return [
            Discrepancy(kind=DiscrepancyKind.UNMATCHED_PRODUCT, shopify=shopify, pos=pos, subject=sku)
            for sku, shopify, pos in (self.goods.unmatched() if self.goods else ())
        ]

    def _goods(self) -> list[Discrepancy]:
        found: list[Discrepancy] = []
        if self.goods is None:
            return found
        for sku, shopify, pos in self.goods.unequal(original=not self.edit_due()):
            kind = DiscrepancyKind.EDIT if self.edit_due() and self.goods.edited(sku) else DiscrepancyKind.QUANTITY
            found.append(Discrepancy(kind=kind, shopify=str(shopify), pos=str(pos), subject=sku))
        return found

    # --- money ------------------------------------------------------------------------------------------------------

    def _money(self) -> list[Discrepancy]:
        tax = self._tax()
        if self.gross is None or self._total_fits(self.gross):
            return tax
        if self.edit_due():
            pos = str(self.gross)
            return [Discrepancy(kind=DiscrepancyKind.EDIT, shopify=str(self.after_edits), pos=pos), *tax]
        off = self.gross - self.order.total
        if tax and self._explains(tax, off):
            return tax  # shipping that is a line, or a discount that is in the prices, is not the difference
        parts = [*tax, *self._part(DiscrepancyKind.SHIPPING), *self._part(DiscrepancyKind.DISCOUNT)]
        if parts and self._explains(parts, off):
            return parts
        return [Discrepancy(kind=DiscrepancyKind.TOTAL, shopify=str(self._expected()), pos=str(self.gross)), *tax]

    def _expected(self) -> Decimal:
        return self.after_edits if self.edited else self.order.total

    def _total_fits(self, gross: Decimal) -> bool:
        order = self.order
        wanted = {order.current_total, self.after_edits}
        if not self.edit_due():
            wanted.add(order.total)
        # Duties may be collected apart from the sale; both are seen.
        wanted |= {total - order.duties for total in wanted}
        if any(self.close(gross, total) for total in wanted):
            return True
        return self.given_back is not None and self.close(gross - self.given_back, order.current_total)

    def _tax(self) -> list[Discrepancy]:
        order = self.order
        said = sum_of(sale.tax for sale in self.sold)
        unclear = order.taxes_included or (self.edited and bool(order.refunds))
        if said is None or unclear or (self.edited and not self.edit_due()):
            return []
        wanted = [order.current_tax, order.tax]
        back = sum_of(abs(sale.tax) if sale.tax is not None else None for sale in self.returned)
        if any(self.close(said, tax) for tax in wanted):
            return []
        if back and self.close(said - back, order.current_tax):
            return []
        return [Discrepancy(kind=DiscrepancyKind.TAX, shopify=str(order.tax), pos=str(said))]

    def _part(self, kind: DiscrepancyKind) -> list[Discrepancy]:
        """Shipping or discount, where the POS says it: looked at only to say why a total is off.

        A connector that folds a discount into the prices, or shipping into a line, has made no mistake.
        """
        shipping = kind is DiscrepancyKind.SHIPPING
        said = sum_of(sale.shipping if shipping else sale.discount for sale in self.bases)
        wanted = self.order.shipping if shipping else self.order.discount
        if said is None or self.close(abs(said), wanted):
            return []
        return [Discrepancy(kind=kind, shopify=str(wanted), pos=str(abs(said)))]

    def _explains(self, parts: Sequence[Discrepancy], off: Decimal) -> bool:
        """Whether these differences add up to that of the total."""
        added = ZERO
        for part in parts:
            delta = Decimal(part.pos) - Decimal(part.shopify)
            added += -delta if part.kind is DiscrepancyKind.DISCOUNT else delta
        return self.close(added, off)

    # --- refunds ----------------------------------------------------------------------------------------------------

    def _refunds(self) -> list[Discrepancy]:
        due = [r for r in self.order.refunds if r.amount > ZERO and self.due(r.created_at)]
        if not due or (self.given_back is None and len(self.returned) >= len(due)):
            return []
        left, unused = self._paired(due)
        lowered = ZERO if self.gross is None else max(ZERO, self.after_edits - self.gross)
        owed = sum((refund.amount for refund in left), ZERO)
        if owed <= sum(unused, lowered) + self.near * len(due):
            return []
        return [
            Discrepancy(
                kind=DiscrepancyKind.REFUND, shopify=str(refund.amount),
                pos="none" if not self.returned else f"{sum(unused, lowered)} more", subject=str(refund.refund_id),
            )
            for refund in left
        ]  # fmt: skip

    def _paired(self, due: Sequence[Refund]) -> tuple[list[Refund], list[Decimal]]:
        """Refunds without a POS record of the same amount, and the records' amounts that are left."""
        unused = [abs(sale.total) for sale in self.returned if sale.total is not None]
        left = []
        for refund in due:
            match = next((amount for amount in unused if self.close(amount, refund.amount)), None)
            if match is None:
                left.append(refund)
            else:
                unused.remove(match)
        return left, unused


def sum_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when one of the amounts was not said."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _edited(order: Order, goods: Goods | None) -> bool:
    """Whether the order was changed by an edit; what a refund took off a line is no edit."""
    if order.edited_at is not None:
        return True
    taken = Counter[int]()
    for refund in order.refunds:
        for line in refund.lines:
            taken[line.line_id] += line.quantity
    return any(line.quantity - taken[line.line_id] > line.current_quantity for line in order.lines)
