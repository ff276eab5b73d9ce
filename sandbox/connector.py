"""The connector between the shop and the POS: it hears every change, and carries what its settings let through.

It has no memory of what it left out: settings are not retroactive, and an order is looked at again only when it is
updated in Shopify (support.accumula.com 115010360248). What an update by a tag alone does is documented nowhere: that
is the scenario's switch `touch`.
"""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from math import log
from random import Random
from statistics import NormalDist
from typing import Final

from sandbox.carry import Carrier, counts
from sandbox.connector_settings import SettingsBook, kept_out
from sandbox.fates import Fate
from sandbox.planting import Planting
from sandbox.pos_refusals import refused
from sandbox.scenario import EXCLUDED, Scenario
from sandbox.shop import ShopOrder
from sandbox.timeline import Timeline

LATE: Final = (20 * 60, 40 * 60)
QUEUE: Final = (2, 90)  # seconds in which a queue that stood is worked off
UNTOLD: Final = frozenset({"tags", "updated_at"})
Heard = Callable[[Fate], None]


class Connector:
    """`arrived` and `left_out` are told what became of an order."""

    def __init__(self, scenario: Scenario, planting: Planting, settings: SettingsBook, carrier: Carrier) -> None:
        self.arrived: list[Heard] = []
        self.left_out: list[Heard] = []
        self._touch = scenario.touch
        self._planting = planting
        self._settings = settings
        self._carrier = carrier
        self._chance = Random(f"{scenario.seed} connector")
        self._median_s = scenario.latency.median_s
        quantile = NormalDist().inv_cdf(0.99)
        self._spread = log(scenario.latency.p99_s / scenario.latency.median_s) / quantile

    def attach(self, timeline: Timeline, fates: dict[int, Fate]) -> Callable[[str, ShopOrder], None]:
        """Answers the listener that hears the shop."""
        self._timeline = timeline
        self._fates = fates
        self._known: dict[int, tuple[str, frozenset[str]]] = {}
        return self.hear

    def hear(self, topic: str, order: ShopOrder) -> None:
        """A change in the shop; every one of them is told as one of these two topics, whatever else it is told as."""
        fate = self._fates.get(order.id)
        if fate is None or topic not in ("orders/create", "orders/updated"):
            return
        tags, before = frozenset(order.tags), self._known.get(order.id)
        self._known[order.id] = (_content(order), tags)
        is_touch = before is not None and before[0] == self._known[order.id][0] and tags > before[1]
        if is_touch and not self._settings.at(self._timeline.now).minds(tags - (before[1] if before else tags)):
            self._touched(fate)
        else:
            self._plan(fate, max(self._latency(), fate.errand.latest_s if before is None else 0), touched=False)

    def _touched(self, fate: Fate) -> None:
        if self._touch == "no_effect" or (fate.arrived_at is not None and self._touch != "doubles"):
            return
        wait = self._chance.uniform(*LATE) if self._touch == "late" else self._latency()
        self._plan(fate, wait, touched=True)

    def _latency(self) -> float:
        return self._median_s * self._chance.lognormvariate(0, self._spread)

    def _plan(self, fate: Fate, seconds: float, *, touched: bool) -> None:
        asked_at = self._timeline.now
        self._timeline.at(
            asked_at + timedelta(seconds=round(seconds, 3)), lambda: self._look(fate, asked_at, touched=touched)
        )

    def _look(self, fate: Fate, asked_at: datetime, *, touched: bool) -> None:
        """Carry the order, bring its records up to date, or leave it out."""
        now = self._timeline.now
        if self._stands(fate, asked_at, touched=touched):
            return
        if fate.arrived_at is not None:
            self._look_again(fate, asked_at, touched=touched)
            return
        cause = self._held_by(fate)
        if cause is None and self._carrier.carry(fate):
            fate.arrived_at = now
            fate.unaided_at = None if touched else now
            self._spoil(fate, now)
            if touched and self._touch == "doubles":
                self._carrier.carry(fate)
            for tell in self.arrived:
                tell(fate)
        elif cause is not None:
            fate.hold(cause)
            for tell in self.left_out:
                tell(fate)

    def _look_again(self, fate: Fate, asked_at: datetime, *, touched: bool) -> None:
        if touched:
            if self._touch == "doubles":
                self._carrier.carry(fate)
            return
        came = fate.arrived_at
        if fate.unaided_at is None and came is not None and asked_at < came and self._held_by(fate) is None:
            fate.unaided_at = self._timeline.now  # a touch was only quicker
        self._bring_up_to_date(fate)

    def _held_by(self, fate: Fate) -> str | None:
        now = self._timeline.now
        cause = kept_out(fate.order, self._settings.at(now), fate.planted)
        cause = cause or refused(fate, self._carrier.till, self._planting, now)
        if cause is None and fate.planted in ("unexplained", "entered_by_hand") and not fate.was_dropped:
            fate.was_dropped = True
            return "unexplained"
        return cause

    def _stands(self, fate: Fate, asked_at: datetime, *, touched: bool) -> bool:
        """Whether the queue stands, or the order waits in it; it is looked at when that is over."""
        now = self._timeline.now
        kinds = ["connector_stalled", "pos_down"]
        if fate.arrived_at is None and kept_out(fate.order, self._settings.at(now)) is None:
            kinds.append("payment_type_missing")  # orders wait, and come by themselves
        if fate.arrived_at is not None and self._carrier.till.refuses_seller():
            kinds.append(
                "employee_archived"
            )  # what follows an order that is there waits; an order that is not, is left out
        window = next((w for w in self._planting.of(*kinds) if w.holds(now)), None)
        if window is None:
            return False
        if (
            window.kind in ("connector_stalled", "payment_type_missing")
            and fate.arrived_at is None
            and not touched
            and kept_out(fate.order, self._settings.at(now)) not in EXCLUDED
        ):
            fate.hold(window.kind)
        if window.until is not None:
            wake = window.until + timedelta(seconds=round(self._chance.uniform(*QUEUE), 3))
            self._timeline.at(wake, lambda: self._look(fate, asked_at, touched=touched))
        return True

    def _spoil(self, fate: Fate, now: datetime) -> None:
        if fate.planted in SPOILT_AT_ONCE:
            fate.spoil(fate.planted, now)
        records = self._carrier.records(fate)
        if self._carrier.till.leaves_unfinished and any(sale.status == "pending" for sale in records):
            fate.spoil("paid_not_completed", now)  # whatever has left it unfinished
        if fate.planted == "duplicate_sale":
            self._timeline.at(now + timedelta(seconds=self._chance.uniform(2, 40)), lambda: self._double(fate))

    def _double(self, fate: Fate) -> None:
        if self._carrier.carry(fate):
            fate.spoil("duplicate_sale", self._timeline.now)

    # what follows an order that is there

    def _bring_up_to_date(self, fate: Fate) -> None:
        order, now = fate.order, self._timeline.now
        if any(sale.status == "pending" for sale in self._carrier.records(fate)):
            return  # it stopped half-way; only a person finishes it
        if order.cancelled_at is not None:
            self._cancelled(fate, now)
            return
        if counts(order) != fate.counts:
            self._edited(fate, now)
        self._refunded(fate, now)
        self._shipped(fate, now)

    def _cancelled(self, fate: Fate, now: datetime) -> None:
        """The switch for refunds is that for cancellations too (help.accumula.com 7133236)."""
        if not self._settings.at(now).download_refunds:
            fate.spoil("refunds_off", now)
        elif fate.planted == "cancel_not_carried":
            fate.spoil("cancel_not_carried", now)
        else:
            self._carrier.cancel(fate)

    def _edited(self, fate: Fate, now: datetime) -> None:
        if fate.planted == "edit_not_carried":
            fate.spoil("edit_not_carried", now)
        else:
            self._carrier.edit(fate)

    def _refunded(self, fate: Fate, now: datetime) -> None:
        new = fate.order.refunds[fate.refunds_carried :]
        fate.refunds_carried = len(fate.order.refunds)
        for refund in new:
            if not self._settings.at(now).download_refunds:
                fate.spoil("refunds_off", now)
            elif fate.planted == "refund_not_carried":
                fate.spoil("refund_not_carried", now)
            elif fate.planted == "pending_refund_on_open":
                for sale in self._carrier.records(fate):
                    self._carrier.till.change(sale.id, status="pending")
                fate.spoil("pending_refund_on_open", now)
            else:
                self._carrier.refund(fate, refund)

    def _shipped(self, fate: Fate, now: datetime) -> None:
        order = fate.order
        if order.financial_status not in ("paid", "partially_refunded", "refunded"):
            return
        has_shipped = order.fulfillment_status == "fulfilled"
        invoices = has_shipped and fate.planted != "paid_not_completed"
        if fate.planted != "pending_refund_on_open":
            self._carrier.settle(fate, invoice=invoices)
        if has_shipped and not invoices:
            fate.spoil("paid_not_completed", now)


SPOILT_AT_ONCE: Final = frozenset(
    {
        "pending_required_field", "pending_total_mismatch", "pending_missing_product", "pending_address_missing",
        "no_product_found_line", "lines_missing", "total_differs", "tax_differs",
    }
)  # fmt: skip


def _content(order: ShopOrder) -> str:
    """All of an order but its tags and the time of its update."""
    return repr([getattr(order, field.name) for field in fields(order) if field.name not in UNTOLD])
