"""How a POS spells an order's reference, learned from one order that is known to be in it."""

from dataclasses import dataclass
from datetime import timedelta

from reconcile.config import Shop
from reconcile.errors import Unsupported
from reconcile.model import Order, Sale
from reconcile.pos.base import Pos
from reconcile.references import belongs, is_edit, spellings

CARRIED_WITHIN = timedelta(days=3)
BEFORE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """What was found; `pattern` is empty when no record bears the order's number. `same_total` speaks for it, or not."""

    pattern: str = ""
    reference: str = ""
    known: bool = False  # it is among the shop's spellings already
    same_total: bool = False
    looked_at: int = 0  # records that were read


def learn(order: Order, shop: Shop, pos: Pos) -> Spelling:
    """Look under the shop's spellings first; else through what was made since the order, for one that bears its number."""
    asked = spellings(order, shop.references)
    found = [sale for sale in pos.sales_by_reference(asked) if belongs(sale, order)]
    if found:
        return _spelling(order, found[0], known=True, looked_at=len(found))
    try:
        made = list(pos.sales_between(order.created_at - BEFORE, order.created_at + CARRIED_WITHIN))
    except Unsupported:
        return Spelling()
    ours = [sale for sale in made if belongs(sale, order) and not is_edit(sale)]
    bearing = [sale for sale in ours if pattern_of(order, sale.reference or "")]
    # A number may stand in another order's reference by chance; the total then is another one.
    bearing.sort(key=lambda sale: sale.total != order.total)
    return _spelling(order, bearing[0], looked_at=len(made)) if bearing else Spelling(looked_at=len(made))


def pattern_of(order: Order, reference: str) -> str:
    """The spelling that makes this reference of the order, such as `WEB-{number}`; empty when there is none."""
    text = reference.strip()
    number = str(order.number) if order.number is not None else order.name.lstrip("#")
    for word, hole in ((order.name, "{name}"), (number, "{number}")):
        before, found, after = text.partition(word)
        whole = not before[-1:].isdigit() and not after[:1].isdigit()  # 1001 is not in 21001
        if word and found and whole and not set("{}") & set(before + after):
            return before + hole + after
    return ""


def _spelling(order: Order, sale: Sale, *, known: bool = False, looked_at: int) -> Spelling:
    reference = (sale.reference or "").strip()
    return Spelling(
        pattern=pattern_of(order, reference), reference=reference, known=known, same_total=sale.total == order.total,
        looked_at=looked_at,
    )  # fmt: skip
