"""What people do with an order after it was placed: buyers pay, staff ship what the POS shows, refund, edit, cancel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from sandbox.baskets import payment
from sandbox.carry import Carrier, tax_on
from sandbox.fates import Fate
from sandbox.planting import HOLDING, Planting
from sandbox.scenario import Scenario
from sandbox.shop import ZERO, RefundedLine, Shop, ShopLine, ShopOrder, ShopRefund
from sandbox.struck import ALLOW_TAG, IGNORE_TAG
from sandbox.timeline import Timeline

CHANGED_MIND: Final = timedelta(seconds=12)  # a buyer who cancels before any connector has looked
KEYED_AFTER: Final = timedelta(hours=1)
KEYED_SOON: Final = (45, 150)  # seconds: staff who miss the order at once, before anybody can have touched it
PAID: Final = ("paid", "partially_refunded")


class Life:
    """Plans what follows; everything is done in the shop, and the connector hears it there."""

    def __init__(
        self, scenario: Scenario, planting: Planting, shop: Shop, timeline: Timeline, carrier: Carrier
    ) -> None:
        self._shop = shop
        self._timeline = timeline
        self._carrier = carrier
        self._planting = planting
        self._chance = Random(f"{scenario.seed} life")
        self._margin = timedelta(seconds=max(300, 2 * scenario.latency.p99_s))

    def placed(self, fate: Fate) -> None:
        errand, created_at = fate.errand, fate.order.created_at
        if errand.pays_after is not None:
            self._at(created_at + errand.pays_after, lambda: self._pay(fate))
        if errand.released_after is not None:
            self._at(created_at + errand.released_after, lambda: self._release(fate))
        if fate.planted == "cancelled_before_download":
            self._timeline.at(created_at + CHANGED_MIND, lambda: self._cancel(fate))

    def arrived(self, fate: Fate) -> None:
        """It is in the POS: what staff and buyers do next with it."""
        errand, now = fate.errand, self._timeline.now
        if fate.cause not in (None, fate.planted):
            # One cause is enough: nothing more comes of an order that was held back but that it is shipped.
            errand.edited_after = errand.cancelled_after = errand.refunded_after = None
        if errand.edited_after is not None:
            self._at(now + errand.edited_after, lambda: self._edit(fate))
        if errand.cancelled_after is not None:
            self._at(now + errand.cancelled_after, lambda: self._cancel(fate))
        if fate.planted == "pending_refund_on_open" or fate.order.fulfillment_status == "fulfilled":
            self._plan_refund(fate)
        elif errand.ships_after is not None:
            self._at(now + errand.ships_after, lambda: self._ship(fate))

    def left_out(self, fate: Fate) -> None:
        """It did not come: now and then staff ring it up themselves."""
        if fate.planted == "entered_by_hand":
            soon = timedelta(seconds=self._chance.uniform(*KEYED_SOON))
            self._timeline.at(self._timeline.now + soon, lambda: self._key_in(fate))
        elif fate.cause in HOLDING and self._is_keyed():
            self._timeline.at(self._timeline.now + KEYED_AFTER, lambda: self._key_in(fate))

    def _is_keyed(self) -> bool:
        now = self._timeline.now
        windows = [window for window in self._planting.of("keyed_by_hand") if window.holds(now)]
        return any(window.share is None or self._chance.random() < window.share for window in windows)

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Plan an act for when the connector can follow it; never, when it does not wake again."""
        for window in self._planting.of("connector_stalled", "pos_down", "employee_archived"):
            if moment > window.since - self._margin and (window.until is None or moment < window.until + self._margin):
                if window.until is None:
                    return
                moment = window.until + self._margin + timedelta(minutes=self._chance.uniform(0, 20))
        self._timeline.at(moment, act)

    # the acts

    def _pay(self, fate: Fate) -> None:
        order = fate.order
        if order.cancelled_at is not None:
            return
        kind = "capture" if order.financial_status == "authorized" else "sale"
        paid = sum((one.amount for one in order.transactions if one.kind == "sale" and one.status == "success"), ZERO)
        order.updated_at = self._timeline.now
        coming = payment(order, kind, order.total - paid)
        fate.release(self._timeline.now)
        self._shop.change(order.id, "orders/paid", financial_status="paid", transactions=[*order.transactions, coming])

    def _release(self, fate: Fate) -> None:
        order = fate.order
        fate.release(self._timeline.now)
        if fate.planted is None:
            fate.cause = None  # what comes of it now has a cause of its own, or none
        if order.on_hold:
            self._shop.change(order.id, on_hold=False)
        elif IGNORE_TAG in order.tags:
            self._shop.change(order.id, tags=[tag for tag in order.tags if tag != IGNORE_TAG])
        else:
            self._shop.change(order.id, tags=[*order.tags, ALLOW_TAG])

    def _ship(self, fate: Fate) -> None:
        order, now = fate.order, self._timeline.now
        packed = self._carrier.packed(fate)
        if order.cancelled_at is not None or order.financial_status not in PAID or not packed:
            return
        self._shop.change(order.id, "orders/fulfilled", fulfillment_status="fulfilled", fulfilled_at=now)
        self._plan_refund(fate)

    def _plan_refund(self, fate: Fate) -> None:
        if fate.errand.refunded_after is not None:
            self._at(self._timeline.now + fate.errand.refunded_after, lambda: self._refund(fate))

    def _refund(self, fate: Fate) -> None:
        """One line comes back whole: the first one that was sold at its price."""
        order, now = fate.order, self._timeline.now
        line = plain_line(order)
        if line is None or order.cancelled_at is not None or order.financial_status != "paid":
            return
        tax = tax_on(order, line, line.quantity)
        restock = "return" if order.fulfilled_at is not None and self._chance.random() < 0.7 else "no_restock"
        refund = ShopRefund(
            id=order.id + 400,
            created_at=now,
            amount=line.price * line.quantity + tax,
            lines=[RefundedLine(id=order.id + 500, line_id=line.id, quantity=line.quantity, restock_type=restock)],
        )
        order.updated_at = now
        whole = refund.amount >= order.current_total
        self._shop.change(
            order.id,
            "refunds/create",
            refunds=[*order.refunds, refund],
            lines=[replace(one, current_quantity=0) if one.id == line.id else one for one in order.lines],
            current_tax=(order.tax if order.current_tax is None else order.current_tax) - tax,
            financial_status="refunded" if whole else "partially_refunded",
            transactions=[*order.transactions, payment(order, "refund", refund.amount)],
        )

    def _edit(self, fate: Fate) -> None:
        """A line is taken off; the money is settled apart."""
        order = fate.order
        line = plain_line(order)
        if line is None or len(order.lines) < 2 or order.cancelled_at is not None or order.refunds:
            return
        tax = tax_on(order, line, line.current_quantity)
        self._shop.change(
            order.id,
            "orders/edited",
            lines=[replace(one, current_quantity=0) if one.id == line.id else one for one in order.lines],
            current_tax=order.tax - tax,
        )

    def _cancel(self, fate: Fate) -> None:
        """All is given back, nothing has shipped."""
        order, now = fate.order, self._timeline.now
        if order.fulfillment_status is not None or order.refunds or order.cancelled_at is not None:
            return
        back = [
            RefundedLine(id=order.id + 500 + number, line_id=line.id, quantity=line.quantity, restock_type="cancel")
            for number, line in enumerate(order.lines)
        ]
        refund = ShopRefund(id=order.id + 400, created_at=now, amount=order.total, lines=back)
        order.updated_at = now
        self._shop.change(
            order.id,
            "orders/cancelled",
            cancelled_at=now,
            closed_at=now,
            financial_status="refunded",
            refunds=[refund],
            lines=[replace(line, current_quantity=0) for line in order.lines],
            current_tax=ZERO,
            transactions=[*order.transactions, payment(order, "refund", order.total)],
        )

    def _key_in(self, fate: Fate) -> None:
        if fate.arrived_at is not None or fate.order.cancelled_at is not None:
            return
        self._carrier.key_in(fate)
        fate.keyed_at = self._timeline.now
        if fate.planted == "entered_by_hand":
            fate.cause = "entered_by_hand"


def plain_line(order: ShopOrder) -> ShopLine | None:
    """The first line that is still on the order and was sold without a discount."""
    return next(
        (line for line in order.lines if line.current_quantity and not line.discount and not line.gift_card), None
    )
