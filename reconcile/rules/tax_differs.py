"""Rule: the sale has another tax than the order, and nothing else differs."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._present import both_sides, differing, settled

LEADING = (
    DiscrepancyKind.TOTAL,
    DiscrepancyKind.SHIPPING,
    DiscrepancyKind.DISCOUNT,
    DiscrepancyKind.UNMATCHED_PRODUCT,
)


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="La vente du POS porte une autre taxe que la commande Shopify.",
    fix_fr="Corriger la taxe de la vente dans le POS. Donner à chaque taxe le même nom, unique, dans Shopify et dans le "
    "POS ; vérifier que le POS a une taxe à 0 % nommée No Tax.",
    evidence_fr="La somme des taxes de toutes ses ventes à côté des taxes de la commande, à plus d'un centime, alors que le "
    "total, l'expédition et la remise ne donnent aucune autre raison : certain.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant trouve les "
    "taxes égales, ou quand une personne le ferme.",
)
def tax_differs(ev: Evidence) -> Suspicion | None:
    """The POS's sale has another tax than the Shopify order.

    The connector finds the POS's tax by its name, or carries the tax as a line. With a name that the POS does not
    have, or has twice, a sale may come in without its tax or with another one: the tax return would be wrong.

    Evidence: the sum of the taxes of all its sales beside the order's tax, more than a cent apart, while total,
      shipping and discount give no other reason: certain.
    Fix: correct the tax of the sale in the POS. For the orders to come give every tax one and the same name in Shopify
      and in the POS, used once; see that the POS has a tax of 0 % named No Tax.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds the taxes equal, or
      when a person closes it.
    Not this: a wrong price or a missing shipping charge moves the tax too, that is `total_differs`. Prices that
      include the tax are not compared, nor a sale that does not say its tax.
    Source: facts/connector-causes.md, A3 P6 to P8
    """
    found = differing(ev, DiscrepancyKind.TAX)
    if not found or not settled(ev) or differing(ev, *LEADING):
        return None
    return Suspicion(Certainty.CERTAIN, both_sides(found))
