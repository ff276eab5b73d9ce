"""Rule: an edit of the order has not reached the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Scope
from reconcile.references import is_edit
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos, shopify
from reconcile.rules._present import added_by_edit, both_sides, differing, settled, short


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="Une modification de la commande Shopify n'est pas dans le POS.",
    fix_fr="Reporter la modification à la main dans le POS. Un changement de quantité d'une ligne existante n'est pas "
    "repris par Mortar : ajouter plutôt une ligne. Les modifications demandent la formule Grow ou au-dessus.",
    evidence_fr="Une commande dont la modification est plus vieille que le délai, et des ventes dont les quantités ou le "
    "total sont ceux d'avant : certain quand Shopify dit l'heure de la modification, probable quand seules les quantités "
    "montrent qu'il y en a eu une. Un produit qu'aucune vente n'a, alors que toutes datent d'avant la modification : "
    "probable, car elle a pu l'ajouter.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant trouve les "
    "quantités et le total modifiés, ou quand une personne le ferme.",
)
def edit_not_carried(ev: Evidence) -> Suspicion | None:
    """An edit of the Shopify order has not reached the POS.

    The connector carries added and removed lines as a further sale, `-E001`, `-E002` and so on, or into an order that
    is still open at Heartland. It does not carry a raised or lowered quantity of a line that was there before, and on
    a plan below Grow it carries no edit at all.

    Evidence: an order whose edit is older than the grace, and sales whose quantities or total are those from before:
      certain when Shopify names the time of the edit, likely when only the quantities show that there was one. A
      product that no sale has, while all of them are from before the edit: likely, since it may have been added by it.
    Fix: make the change by hand in the POS. Later edits should add or remove a line instead of changing the quantity
      of one. Mortar carries edits on the plan Grow and above.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds the edited
      quantities and total, or when a person closes it.
    Not this: lines taken off by a refund are `refund_not_carried`. An order that was never edited and has fewer
      products in the POS is `lines_missing`.
    Source: facts/connector-causes.md, A5 D1 and D2, C4 and D1
    """
    added = added_by_edit(ev) if settled(ev) else ()
    changed = differing(ev, DiscrepancyKind.EDIT)
    if len(added) < len(short(ev)) and not any(one.subject for one in changed):
        return None  # the total differs by what is missing
    if not changed and not added:
        return None
    carried = listed(sale.reference or sale.sale_id for sale in ev.sales if is_edit(sale)) or "none"
    edited = shopify("edited", ev.order.edited_at or "by its quantities")
    certainty = Certainty.CERTAIN if ev.order.edited_at and not added else Certainty.LIKELY
    return Suspicion(certainty, (edited, *both_sides((*changed, *added)), pos("sales for edits", carried)))
