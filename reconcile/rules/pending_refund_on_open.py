"""Rule: the order was refunded before the POS had finished it."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import moment, shopify
from reconcile.rules._pending import held_sales, refunded_meanwhile, seen
from reconcile.rules._present import records


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="La commande reste en attente dans Heartland : elle a été remboursée avant d'y être terminée.",
    fix_fr="Heartland > Sales > Orders : ouvrir la commande, enlever ce qui a été remboursé (ou l'annuler si tout l'a "
    "été), la passer à Open, puis la distribuer, la traiter et la facturer.",
    evidence_fr="Un enregistrement en attente depuis plus longtemps que `pending_after`, et un remboursement d'argent dans "
    "Shopify fait après lui : probable.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée et égale à celle de Shopify.",
)
def pending_refund_on_open(ev: Evidence) -> Suspicion | None:
    """Heartland holds the order as pending because it was refunded before it was finished there.

    A refund is a ticket of its own and needs an order that has been invoiced. On one that is still open, the money
    given back leaves an order that no longer adds up, and the connector stops there.

    Evidence: a record that has been pending for longer than `pending_after`, and a refund of money in Shopify that was
      made after the record: likely.
    Fix: Heartland > Sales > Orders: open the order, take off what was refunded (or void it when all of it was), set
      the order to Open, then distribute, fulfil and invoice it.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it finished and
      equal to Shopify's.
    Not this: a refund that was made before the order came into the POS is `refund_not_carried`. An empty required
      field, a missing address or a missing product is seen on the record itself, and comes before this.
    Source: facts/connector-causes.md, A5 D3; facts/heartland-api.md, 3.3 (3)
    """
    refunds = refunded_meanwhile(ev)
    if not refunds or seen(ev) or ev.shop.declared.download_refunds is False:
        return None
    facts = tuple(shopify("refund", f"{one.amount} on {moment(one.created_at)}") for one in refunds)
    return Suspicion(Certainty.LIKELY, (*records(held_sales(ev)), *facts))
