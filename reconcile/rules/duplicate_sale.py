"""Rule: the POS has the order twice."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, shopify
from reconcile.rules._present import both_sides, differing, records

TOUCHED = "reconciler-retry-"


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="Le POS a la même commande deux fois.",
    fix_fr="Dans le POS, comparer les ventes nommées ci-dessus, garder celle qui est payée et traitée, annuler ou "
    "rembourser l'autre, et vérifier le stock de ses produits.",
    evidence_fr="Deux ventes ou plus sous le numéro de la commande, aucune annulée, avec le même total et les mêmes lignes "
    "(pour une partie de la commande, aussi au même emplacement), qui ensemble dépassent la commande : certain.",
    then_fr="La commande n'est jamais relancée. Si une relance a précédé la seconde vente, la boutique retient que les "
    "relances y font des doublons, et aucune n'est plus envoyée tant qu'un administrateur ne l'a pas réinitialisé. Le cas "
    "se ferme quand une des ventes est annulée ou remboursée.",
)
def duplicate_sale(ev: Evidence) -> Suspicion | None:
    """The POS has the same order twice.

    Two sales with the same number, products and amount: takings and stock are counted twice. A connector that works
    through an order a second time makes one, and so does staff who key in an order that then arrives after all.

    Evidence: two or more sales under the order's number, neither cancelled, with the same total and the same lines
      (those of a part of the order also at the same location), that together come to more than the order: certain.
    Fix: compare the sales named above in the POS, keep the one that is paid and fulfilled, void or refund the other,
      and check the inventory of its products.
    Then: the order is never touched. When a touch came before the second sale, the shop learns that touches double
      there, and none is sent any more until an admin resets it. The case closes when one sale is voided or refunded.
    Not this: one sale per location, a sale `-E001` for an edit, and a refund are further records of one order: they
      are summed, and a duplicate is only what exceeds it.
    Source: facts/connector-causes.md, section 1 (2), C4 and section 8 (1)
    """
    found = differing(ev, DiscrepancyKind.DUPLICATE)
    if not found:
        return None
    alike = {sale_id for one in found for sale_id in one.subject.split(", ")}
    touched = sorted(tag for tag in ev.order.tags if tag.startswith(TOUCHED))
    tags = (shopify("touched with", listed(touched)),) if touched else ()
    facts = (*both_sides(found), *records(sale for sale in ev.sales if sale.sale_id in alike), *tags)
    return Suspicion(Certainty.CERTAIN, facts)
