"""Rule: nothing that is known explains it."""

from collections.abc import Iterator
from dataclasses import fields

from reconcile.evidence import Declared, Evidence
from reconcile.model import Certainty, Fact, Remedy, Scope, Standing
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, moment, pos, shop, shopify, span
from reconcile.rules._present import both_sides, records, unfinished

FILTERS = ("download_", "do_not_download_", "allow_", "ignore_", "order_minimum_created")


@rule(
    remedy=Remedy.RETRY,
    scope=Scope.ORDER,
    title_fr="Aucune cause connue n'explique l'état de la commande.",
    fix_fr="Absente du POS : l'action resync order de Mortar sur la commande, puis le support du connecteur avec le "
    "rapport de la commande. Présente, mais différente : comparer et corriger dans le POS.",
    evidence_fr="Absente depuis plus longtemps que le délai, et aucune cause ne convient : probable. Présente, mais "
    "inachevée ou différente d'une façon qu'aucune règle ne connaît : possible. Ce qui a été écarté, et ce qui n'a pas pu "
    "être regardé, est énuméré.",
    then_fr="Une commande absente est relancée une fois son absence prouvée, là où le mode le permet, et regardée à "
    "nouveau. Une commande que le POS a n'est jamais relancée.",
)
def unexplained(ev: Evidence) -> Suspicion | None:
    """No known cause explains where the order stands.

    Every other rule was asked and is silent. Most such orders were lost on their way once: a notification that never
    came, or a POS that did not answer just then. They arrive when the connector looks at them again.

    Evidence: absent for longer than the grace, and no cause fits: likely. There, but unfinished or different in a way
      that no rule knows: possible. What was ruled out, and what could not be looked at, is listed.
    Fix: absent from the POS: Mortar's action resync order on the Shopify order, then the connector's support with the
      order's report. There, but different: compare the two sides and correct the POS.
    Then: an absent order is touched once its absence is proven, where the mode allows it, and looked at again. An
      order that the POS has is never touched.
    Not this: an order younger than the grace is not late yet. A POS that could not be read proves nothing.
    Source: facts/connector-causes.md, section 7 (8), C1 and C2
    """
    if ev.absent:
        return Suspicion(Certainty.LIKELY, tuple(_ruled_out(ev))) if ev.late else None
    if ev.standing is Standing.PENDING and _may_still_be_completed(ev):
        return None
    return Suspicion(Certainty.POSSIBLE, (*records(ev.sales), *both_sides(ev.discrepancies)))


def _may_still_be_completed(ev: Evidence) -> bool:
    made = [sale.created_at for sale in unfinished(ev) if sale.created_at is not None]
    return bool(made) and ev.now - max(made) < ev.pending_after


def _ruled_out(ev: Evidence) -> Iterator[Fact]:
    yield pos("records under its number", "none")
    late = f"{moment(ev.eligible_at)}, {span(ev.now - ev.eligible_at)} ago"
    yield shopify("eligible since", f"{late}; usually here within {span(ev.grace)}")
    yield shopify("state", f"{ev.order.financial_status or 'payment unknown'}, {ev.order.fulfillment_status}")
    later = sum(o.arrived_at is not None and o.eligible_at > ev.eligible_at for o in ev.shop.outcomes)
    yield shop("later orders that arrived", later)
    yield from _set_up(ev)
    unknown = [field.name for field in fields(Declared) if _is_unknown(ev.shop.declared, field.name)]
    if unknown:
        yield declared("settings not declared, so not ruled out", listed(unknown))


def _set_up(ev: Evidence) -> Iterator[Fact]:
    if ev.shop.set_up is None:
        yield pos("settings", "not read, so not ruled out")
        return
    yield pos("settings read", ev.shop.set_up.read_at)
    for part, why in sorted(ev.shop.set_up.unread.items()):
        yield pos(f"{part} not read, so not ruled out", why)


def _is_unknown(settings: Declared, name: str) -> bool:
    return name.startswith(FILTERS) and getattr(settings, name) is None
