"""Rule: the sale has fewer products than the order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, SaleStatus, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, shopify
from reconcile.rules._present import added_by_edit, both_sides, records, settled, short


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="Des produits de la commande manquent dans la vente du POS.",
    fix_fr="Saisir dans le POS ce qui manque (ou ajuster le stock). Pour les suivantes : Mortar > Settings > Locations, "
    "associer l'emplacement et sa caisse, ou choisir un Backorder Location dans Advanced settings.",
    evidence_fr="La somme de toutes ses ventes, et un SKU dont elles ont moins que ce qui a été commandé, modifications et "
    "remboursements compris : certain. Les emplacements assignés qui ne sont pas parmi les déclarés, et les ventes "
    "annulées, sont nommés.",
    then_fr="La commande n'est jamais relancée : elle viendrait une seconde fois. Le cas se ferme quand un regard suivant "
    "trouve tous ses produits, ou quand une personne le ferme.",
)
def lines_missing(ev: Evidence) -> Suspicion | None:
    """Products of the order are missing from the POS's sale.

    An order comes in as one sale per location. A line whose location is not mapped in the connector is left out
    without a word, unless a Backorder Location is set: the order arrives in part, and money and stock are short.

    Evidence: the sum of all its sales, and a SKU of which they have fewer than were ordered, edits and refunds
      considered: certain. Assigned locations that are not among the declared ones, and voided sales, are named.
    Fix: enter what is missing in the POS (or adjust the inventory). For the orders to come: Mortar > Settings >
      Locations, map the location and its register; or Advanced settings > Backorder Location.
    Then: the order is never touched: it would come a second time. The case closes when a later look finds all its
      products, or when a person closes it.
    Not this: several sales, one per location, are normal and are summed. A line `NO PRODUCT FOUND` in its place is
      `no_product_found_line`; a change by an edit is `edit_not_carried`; a pending order is `pending_missing_product`.
    Source: facts/connector-causes.md, A5 L1 and D1
    """
    added = added_by_edit(ev)
    missing = tuple(one for one in short(ev) if one not in added)
    if not missing or not settled(ev):
        return None
    voided = records(sale for sale in ev.sales if sale.status is SaleStatus.CANCELLED)
    return Suspicion(Certainty.CERTAIN, (*both_sides(missing), *voided, *_unmapped(ev)))


def _unmapped(ev: Evidence) -> tuple[Fact, ...]:
    mapped, assigned = ev.shop.declared.locations, ev.order.assigned_locations
    outside = sorted((assigned or frozenset()) - set(mapped or ()))
    if not mapped or not outside:
        return ()
    return (shopify("assigned to", listed(outside)), declared("mapped locations", listed(mapped)))
