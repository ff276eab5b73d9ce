"""Rule: a cancellation is on one side only."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._present import both_sides, differing, records
from reconcile.rules._refunds import switched_off


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="La commande est annulée d'un côté, et pas de l'autre.",
    fix_fr="Annulée dans Shopify : annuler ou rembourser la vente dans le POS, et remettre en stock. Annulée dans le POS "
    "seulement : annuler la commande dans Shopify, ou saisir de nouveau la vente dans le POS.",
    evidence_fr="Annulée dans Shopify depuis plus longtemps que le délai, et les ventes et remboursements du POS ne "
    "s'annulent pas ; ou toutes les ventes annulées dans le POS alors que la commande est en vigueur dans Shopify et pas "
    "remboursée en entier : certain.",
    then_fr="La commande n'est jamais relancée, puisque le POS en a un enregistrement, annulé ou non. Le cas se ferme quand "
    "un regard suivant trouve les deux côtés pareils.",
)
def cancel_not_carried(ev: Evidence) -> Suspicion | None:
    """The order is cancelled on one side and in force on the other.

    The connector carries a cancellation as a refund ticket or a return sale. Without it the POS counts a sale that
    never was, and keeps its goods out of stock. The other way round, a sale that staff voided in the POS leaves an
    order in Shopify that is still to be shipped.

    Evidence: cancelled in Shopify for longer than the grace, and the POS's sales and refunds do not come to zero; or
      every sale cancelled in the POS while the order is in force in Shopify and not refunded in full: certain.
    Fix: cancelled in Shopify: void the sale in the POS or refund it there, and put the goods back into stock.
      Cancelled in the POS only: cancel the order in Shopify, or enter the sale again in the POS.
    Then: the order is never touched, since the POS has a record of it, voided or not. The case closes when a later look
      finds both sides alike.
    Not this: an order that was cancelled before the connector downloaded it is `cancelled_before_download`. With
      Download Refunds declared off it is `refunds_off`. A voided sale beside a good one is a correction.
    Source: facts/connector-causes.md, A1 E15, B1 and D1; facts/heartland-api.md, 2.3
    """
    found = differing(ev, DiscrepancyKind.CANCEL)
    if not found or switched_off(ev):
        return None
    return Suspicion(Certainty.CERTAIN, (*both_sides(found), *records(ev.sales)))
