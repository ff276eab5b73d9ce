"""Rule: a refund has not reached the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, moment, shopify
from reconcile.rules._pending import refunded_meanwhile
from reconcile.rules._present import both_sides
from reconcile.rules._refunds import SETTING, switched_off, uncarried_refunds


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="Un remboursement fait dans Shopify n'est pas dans le POS.",
    fix_fr="Saisir le retour à la main dans le POS. Pour les suivants : dans Shopify, créer le retour, remettre en stock, "
    "puis rembourser ; Mortar > Settings > Advanced settings > Orders : Download Refunds et Download Archived Orders "
    "activés.",
    evidence_fr="Un remboursement d'argent plus vieux que le délai, aucun enregistrement de son montant dans le POS, et "
    "aucune vente abaissée à sa place : certain. La remise en stock, et les réglages qui comptent pour lui, sont nommés.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant trouve le "
    "remboursement dans le POS, ou quand une personne le ferme.",
)
def refund_not_carried(ev: Evidence) -> Suspicion | None:
    """A refund made in Shopify has not reached the POS.

    A refund comes in as a record of its own under the order's number: a ticket at Heartland, a return sale at
    Lightspeed. Without it the takings are too high and what came back is not in stock.

    Evidence: a refund of money that is older than the grace, no record of its amount in the POS, and no sale that was
      lowered by it instead: certain. How it was restocked, and the settings that bear on it, are named.
    Fix: enter the return by hand in the POS. For the refunds to come, in Shopify: create the return, restock, then
      refund; and see that Download Refunds is on (for archived orders Download Archived Orders as well) under Mortar >
      Settings > Advanced settings > Orders.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds the refund in the
      POS, or when a person closes it.
    Not this: with Download Refunds declared off it is `refunds_off`. A refund younger than the grace may still come. A
      refund without money changes nothing in the till. One made while Heartland held the order as pending is
      `pending_refund_on_open`.
    Source: facts/connector-causes.md, A1 E4, A5 D3 and D4
    """
    found = uncarried_refunds(ev)
    if not found or switched_off(ev) or (ev.shop.pos == "heartland" and refunded_meanwhile(ev)):
        return None
    left = {one.subject for one in found}
    return Suspicion(Certainty.CERTAIN, (*both_sides(found), *_circumstances(ev, left)))


def _circumstances(ev: Evidence, left: set[str]) -> tuple[Fact, ...]:
    facts = [declared(SETTING, ev.shop.declared.download_refunds)]
    for refund in ev.order.refunds:
        if str(refund.refund_id) in left:
            facts.append(shopify(f"refund {refund.refund_id} made", moment(refund.created_at)))
            restocked = sorted({line.restock_type for line in refund.lines if line.restock_type})
            facts += [shopify(f"refund {refund.refund_id} restocked", listed(restocked))] if restocked else []
    if ev.order.closed_at is not None:
        facts += [
            shopify("archived", ev.order.closed_at),
            declared("Download Archived Orders", ev.shop.declared.download_archived_orders),
        ]
    return tuple(facts)
