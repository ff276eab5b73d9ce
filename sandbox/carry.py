"""How the connector writes a Shopify order into the POS: sales, one per location, and what follows them.

Source: Mortar's pages on finding orders and refunds (help.accumula.com 6852993), on edits (8481872) and on the products
it needs (8471186). How it spreads discounts and taxes over two locations is not documented: by goods, to the cent.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sandbox.baskets import CENT, TAX
from sandbox.connector_settings import is_money
from sandbox.fates import Fate
from sandbox.goods import DUTIES, FEES, GIFT_CARD, LOCATIONS, NOT_FOUND, REFUND, REQUIRED, SHIPPING
from sandbox.heartland.records import Line
from sandbox.shop import ZERO, ShopLine, ShopOrder, ShopRefund
from sandbox.till import Entry, NotTaken, Slip, Till

PENDING: Final = frozenset(
    {"pending_required_field", "pending_total_mismatch", "pending_missing_product", "pending_address_missing"}
)
OFF_BY: Final = Decimal("3.50")


class Carrier:
    """Writes one order's records; what a planted cause spoils is spoilt here."""

    def __init__(self, till: Till) -> None:
        self.till = till

    def carry(self, fate: Fate) -> bool:
        """Enter the order's sales. Answers False when the account refuses a second one of its number."""
        order = fate.order
        places = self._places(order)
        try:
            sales = [self._enter(fate, place, first=place == places[0], places=places) for place in places]
        except NotTaken:
            return False
        fate.sales += sales
        fate.counts = counts(order)
        fate.carried += 1
        fate.refunds_carried = len(order.refunds)
        return True

    def _places(self, order: ShopOrder) -> list[str]:
        mapped = [place for place in order.locations if place in LOCATIONS] or [LOCATIONS[0]]
        one_only = self.till.takes_one_only or len(order.lines) < len(mapped)
        return mapped[:1] if one_only else mapped

    def _enter(self, fate: Fate, place: str, *, first: bool, places: list[str]) -> int:
        order, spoilt = fate.order, fate.planted
        share = [line for number, line in enumerate(order.lines) if places[number % len(places)] == place]
        lines = [self.line(line, line.current_quantity) for line in share if line.current_quantity]
        if first:
            lines += self._extras(order)
        discount = sum((line.discount for line in share), ZERO)
        tax = self._tax(order, share, first=first)
        wrong = self._spoil(spoilt, lines)
        tax += wrong.get("tax", ZERO)
        total = sum((line.qty * line.unit_price for line in lines), ZERO) - discount + tax + wrong.get("total", ZERO)
        return self.till.enter(
            Slip(
                number=order.name,
                status=self._status(fate),
                lines=lines,
                total=total,
                tax=tax,
                discount=discount,
                balance=wrong.get("balance", ZERO) + self._owed(order, total, first=first),
                location_id=self.till.place(place),
                filled=spoilt != "pending_required_field",
                has_address=order.buyer is not None and spoilt != "pending_address_missing",
                customer_id=self._customer(order),
            )
        )

    def _status(self, fate: Fate) -> str:
        if fate.planted in PENDING or self.spoils_at_once(fate, "paid_not_completed"):
            return "pending"
        return "complete" if fate.order.fulfillment_status == "fulfilled" else "open"

    def spoils_at_once(self, fate: Fate, cause: str) -> bool:
        """Whether a cause that shows at Heartland when the order has shipped shows here when it is carried."""
        return fate.planted == cause and self.till.leaves_unfinished

    def packed(self, fate: Fate) -> bool:
        """Whether staff see the order as one that may be shipped."""
        ready = "complete" if self.till.finishes_at_once else "open"
        return all(sale.status == ready for sale in self.records(fate))

    def _spoil(self, spoilt: str | None, lines: list[Line]) -> dict[str, Decimal]:
        """Change the lines as the planted cause does; answers what it adds to tax, total or balance."""
        if spoilt in ("lines_missing", "pending_missing_product"):
            gone = lines.pop(0)
            return {"balance": -gone.qty * gone.unit_price} if spoilt == "pending_missing_product" else {}
        if spoilt == "no_product_found_line":
            lines[0] = replace(lines[0], sku=NOT_FOUND, item_id=self._item(NOT_FOUND), description=REQUIRED[NOT_FOUND])
        if spoilt == "total_differs":
            lines[0] = replace(lines[0], unit_price=lines[0].unit_price + OFF_BY)
        if spoilt == "pending_total_mismatch":
            return {"total": OFF_BY, "balance": OFF_BY}
        return {"tax": -CENT * 37} if spoilt == "tax_differs" else {}

    def _extras(self, order: ShopOrder) -> list[Line]:
        extras = ((SHIPPING, order.shipping), (DUTIES, order.duties), (FEES, order.fees))
        return [self._own(sku, Decimal(1), amount) for sku, amount in extras if amount]

    def _own(self, sku: str, quantity: Decimal, amount: Decimal) -> Line:
        """A line of one of the connector's own products."""
        return Line(sku=sku, item_id=self._item(sku), description=REQUIRED[sku], qty=quantity, unit_price=amount)

    def line(self, line: ShopLine, quantity: int) -> Line:
        """A product line; a gift card is sold under the connector's own product."""
        sku = GIFT_CARD if line.gift_card else line.sku or NOT_FOUND
        return Line(
            sku=sku, item_id=self._item(sku), description=line.title, qty=Decimal(quantity), unit_price=line.price
        )

    def _item(self, sku: str) -> int | None:
        found = self.till.goods(sku)
        return found[0].id if found else None

    def _tax(self, order: ShopOrder, share: list[ShopLine], *, first: bool) -> Decimal:
        """The share's part of the order's tax; the first location gets what rounding leaves."""
        tax = order.tax if order.current_tax is None else order.current_tax
        if not first:
            return sum((tax_on(order, line, line.current_quantity) for line in share), ZERO)
        others = [line for line in order.lines if line not in share]
        return tax - sum((tax_on(order, line, line.current_quantity) for line in others), ZERO)

    def _owed(self, order: ShopOrder, total: Decimal, *, first: bool) -> Decimal:
        """What is still to be paid: the first location's record carries the deposit."""
        if order.financial_status not in ("pending", "authorized", "partially_paid"):
            return ZERO
        paid = sum((one.amount for one in order.transactions if is_money(one.kind, one.status)), ZERO)
        return max(total - paid, ZERO) if first else total

    def _customer(self, order: ShopOrder) -> int | None:
        buyer = order.buyer
        if buyer is None or not buyer.email:
            return None
        return self.till.customer(buyer.email, buyer.first_name, buyer.last_name)

    # what follows

    def records(self, fate: Fate) -> list[Entry]:
        return [self.till.entry(number) for number in fate.sales]

    def settle(self, fate: Fate, *, invoice: bool) -> None:
        """Record that the order was paid, and invoice what has shipped."""
        for sale in self.records(fate):
            changes: dict[str, Any] = {} if sale.balance == ZERO else {"balance": ZERO}
            if invoice and sale.status == "open":
                changes["status"] = "complete"
            if changes:
                self.till.change(sale.id, **changes)

    def refund(self, fate: Fate, refund: ShopRefund) -> None:
        """Enter a refund as a ticket under the same number; goods that are not restocked go to the product for it."""
        by_id = {line.id: line for line in fate.order.lines}
        lines = []
        for part in refund.lines:
            line = by_id[part.line_id]
            if part.restock_type == "no_restock":
                lines.append(self._own(REFUND, Decimal(-part.quantity), line.price))
            else:
                lines.append(self.line(line, -part.quantity))
        tax = sum((tax_on(fate.order, by_id[part.line_id], part.quantity) for part in refund.lines), ZERO)
        self._return(fate, lines, refund.amount, tax)

    def _return(self, fate: Fate, lines: list[Line], amount: Decimal, tax: Decimal) -> None:
        place = self.records(fate)[0].location_id
        self.till.give_back(
            Slip(number=fate.order.name, status="complete", lines=lines, total=-amount, tax=-tax, location_id=place)
        )

    def edit(self, fate: Fate) -> None:
        """Change an open order in place; what was invoiced already gets an order of its own, `-E001` and on."""
        order = fate.order
        for number, line in enumerate(order.lines):
            change = counts(order)[number] - fate.counts[number]
            if change:
                self._edit_line(fate, line, change)
        fate.counts = counts(order)

    def _edit_line(self, fate: Fate, line: ShopLine, change: int) -> None:
        sale = next((s for s in self.records(fate) if any(one.sku == line.sku for one in s.lines)), None)
        if sale is None:
            return
        tax = tax_on(fate.order, line, change)
        amount = line.price * change + tax
        if sale.status == "open":
            kept = [replace(one, qty=one.qty + change) if one.sku == line.sku else one for one in sale.lines]
            self.till.change(
                sale.id, lines=[one for one in kept if one.qty], total=sale.total + amount, tax=sale.tax + tax
            )
            return
        fate.edits += 1
        self.till.enter(
            Slip(
                number=f"{fate.order.name}-E{fate.edits:03d}", status="complete", lines=[self.line(line, change)],
                total=amount, tax=tax, location_id=sale.location_id, filled=False,
            )
        )  # fmt: skip

    def cancel(self, fate: Fate) -> None:
        """Cancel what is not invoiced; the rest is given back by a ticket."""
        for sale in self.records(fate):
            if sale.status in ("open", "pending"):
                self.till.change(sale.id, status="canceled")
            elif sale.status == "complete":
                self._return(fate, [replace(line, qty=-line.qty) for line in sale.lines], sale.total, sale.tax)

    def key_in(self, fate: Fate) -> None:
        """What staff ring up at the till when an order does not come: the goods and the money, no number."""
        order = fate.order
        lines = [self.line(line, line.current_quantity) for line in order.lines] + self._extras(order)
        place = self.till.place(self._places(order)[0])
        self.till.ring_up(
            Slip(number=None, status="complete", lines=lines, total=order.total, tax=order.tax, location_id=place)
        )


def counts(order: ShopOrder) -> tuple[int, ...]:
    """Each line's quantity without what edits removed; a refund removes nothing here."""
    back = {part.line_id: part.quantity for refund in order.refunds for part in refund.lines}
    return tuple(line.current_quantity + back.get(line.id, 0) for line in order.lines)


def tax_on(order: ShopOrder, line: ShopLine, quantity: int) -> Decimal:
    """The tax on some of a line's goods; gift cards carry none."""
    if not order.tax or line.gift_card or not line.quantity:
        return ZERO
    discount = line.discount * quantity / line.quantity
    return ((line.price * quantity - discount) * TAX).quantize(CENT)
