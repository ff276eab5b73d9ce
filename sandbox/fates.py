"""What became of each order: the truth that the product's verdicts are measured against."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.baskets import Errand
from sandbox.shop import ShopOrder

TOUCH_TAG = "reconciler-retry-"


@dataclass(slots=True, kw_only=True)
class Fate:
    """One order's story; `cause` is set when the planted cause has really held it back or spoiled it."""

    errand: Errand
    eligible_at: datetime
    cause: str | None = None
    arrived_at: datetime | None = None  # the first POS record under its reference
    unaided_at: datetime | None = None  # when it came, or would have come, without any touch
    wrong_since: datetime | None = None
    carried: int = 0
    keyed_at: datetime | None = None  # rung up by staff, without its reference
    was_dropped: bool = False  # the connector lost it once
    sales: list[int] = field(default_factory=list)  # the POS's order ids
    edits: int = 0
    refunds_carried: int = 0
    counts: tuple[int, ...] = ()  # the quantities of its lines as they were last carried, refunds aside

    @property
    def order(self) -> ShopOrder:
        return self.errand.order

    @property
    def planted(self) -> str | None:
        return self.errand.cause

    def hold(self, cause: str) -> None:
        """Say why it did not come; the first reason stays."""
        if self.cause is None:
            self.cause = cause

    def spoil(self, cause: str, now: datetime) -> None:
        """Say that the POS has it, but wrong."""
        self.hold(cause)
        if self.cause == cause and self.wrong_since is None:
            self.wrong_since = now

    def release(self, now: datetime) -> None:
        """It may be expected in the POS from now on, unless it is there already."""
        if self.arrived_at is None:
            self.eligible_at = now

    @property
    def touches(self) -> int:
        return sum(tag.startswith(TOUCH_TAG) for tag in self.order.tags)

    @property
    def is_doubled(self) -> bool:
        return self.cause != "duplicate_sale" and self.carried + (self.keyed_at is not None) > 1

    def as_json(self) -> dict[str, Any]:
        order = self.order
        return {
            "order_id": order.id,
            "name": order.name,
            "cause": self.cause,
            "created_at": order.created_at.isoformat(),
            "eligible_at": self.eligible_at.isoformat(),
            "arrived_at": _iso(self.arrived_at),
            "unaided_at": _iso(self.unaided_at),
            "wrong_since": _iso(self.wrong_since),
            "keyed_at": _iso(self.keyed_at),
            "touches": self.touches,
            "sales": self.carried,
        }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
