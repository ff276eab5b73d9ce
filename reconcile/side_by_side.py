"""One order as Shopify and the POS each have it, amount by amount and SKU by SKU. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from reconcile.compare import Comparison
from reconcile.model import Order, Sale

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both sides say of one thing; None: that side did not say."""

    what: str  # "sold", "refunded", "tax", "shipping", "discount", or a SKU
    shopify: Decimal | None
    pos: Decimal | None

    @property
    def same(self) -> bool | None:
        """Whether they agree; None when one of them did not say."""
        return None if self.shopify is None or self.pos is None else self.shopify == self.pos


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    amounts: tuple[Pair, ...]
    lines: tuple[Pair, ...] | None  # quantities per SKU; None: the POS's lines were not read


def side_by_side(order: Order, sales: Sequence[Sale]) -> Sides:
    """Both sides; the POS's records are summed, cancelled ones left out."""
    seen = Comparison(order, sales, order.updated_at, timedelta())
    sold = seen.sold
    amounts = (
        Pair(what="sold", shopify=seen.after_edits, pos=seen.gross if sold else None),
        Pair(
            what="refunded", shopify=seen.refunded, pos=seen.given_back if seen.returned else (ZERO if sold else None)
        ),
        Pair(what="tax", shopify=order.tax, pos=_sum(sale.tax for sale in sold)),
        Pair(what="shipping", shopify=order.shipping, pos=_sum(sale.shipping for sale in sold)),
        Pair(what="discount", shopify=order.discount, pos=_sum(sale.discount for sale in sold)),
    )
    return Sides(amounts=amounts, lines=_lines(seen) if sold else None)


def _lines(seen: Comparison) -> tuple[Pair, ...] | None:
    goods = seen.goods
    if goods is None:
        return None
    keys = dict.fromkeys([*goods.ordered, *goods.after_edits, *goods.sold])
    return tuple(
        Pair(what=goods.names.get(key, key), shopify=goods.after_edits.get(key, ZERO), pos=goods.sold.get(key, ZERO))
        for key in keys
    )


def _sum(parts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, unless the POS left one of them out or there is none."""
    found = list(parts)
    known = [part for part in found if part is not None]
    return sum(known, ZERO) if found and len(known) == len(found) else None
