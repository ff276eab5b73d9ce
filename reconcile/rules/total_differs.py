"""Rule: the sale is over another amount than the order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._present import both_sides, differing, over, settled, short

AMOUNTS = (DiscrepancyKind.TOTAL, DiscrepancyKind.SHIPPING, DiscrepancyKind.DISCOUNT)


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="La vente du POS n'a pas les mêmes montants que la commande Shopify.",
    fix_fr="Comparer prix, livraison, remise et quantités de la vente à ceux de Shopify, puis corriger dans le POS ce "
    "qui diffère.",
    evidence_fr="La somme de toutes ses ventes à côté du total de la commande, à plus d'un centime (deux sur plusieurs "
    "ventes), modifications, remboursements et droits compris : certain. Quand l'expédition ou la remise seule l'explique, "
    "ce montant est nommé à la place du total.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant trouve les "
    "montants égaux, ou quand une personne le ferme.",
)
def total_differs(ev: Evidence) -> Suspicion | None:
    """The POS's sale has other amounts than the Shopify order: its total, shipping, discount or quantities.

    A shipping charge or a discount that was not carried, another price, or more of a product than was ordered. The
    day's takings of the two sides do not agree by this difference.

    Evidence: the sum of all its sales beside the order's total, more than a cent apart (two cents over several
      sales), edits, refunds and duties considered: certain. When shipping or discount alone accounts for it, that
      amount is named instead of the total.
    Fix: compare prices, shipping, discount and quantities of the sale with the Shopify order, and correct in the POS
      what differs. See that the required products (Shopify Shipping, Shopify Discount) are as the connector made them.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds the amounts equal,
      or when a person closes it.
    Not this: another tax and nothing else is `tax_differs`; a missing product is `lines_missing`; the whole order
      twice is `duplicate_sale`; a pending order is `pending_total_mismatch`. A discount spread over the lines, or
      shipping as a line, is no difference.
    Source: facts/connector-causes.md, A4 H3, A3a and D4; facts/heartland-api.md, 3.3
    """
    amounts = differing(ev, *AMOUNTS) if settled(ev) else ()
    more = () if short(ev) else over(ev)
    if not amounts and not more:
        return None
    tax = differing(ev, DiscrepancyKind.TAX)
    return Suspicion(Certainty.CERTAIN, both_sides((*amounts, *more, *tax)))
