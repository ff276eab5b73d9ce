"""Rule: the connector leaves partially paid orders out."""

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._settings import PAGE_FR, PARTIALLY_PAID, unpaid


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes partiellement payées.",
    fix_fr="Encaisser le solde dans Shopify. Ou "
    f"{PAGE_FR} : désactiver « Do Not Download Partially Paid Orders » (ne pas télécharger les commandes partiellement "
    "payées), puis enregistrer (Save Settings).",
    evidence_fr="L'état du paiement de la commande est `partially_paid`. `do_not_download_partially_paid_orders` déclaré "
    "activé : certain. Sinon les autres commandes de la boutique : celles partiellement payées sont en retard de suite "
    "alors que d'autres arrivent : probable. Aucune pareille n'est arrivée depuis, et elle est en retard : possible.",
    then_fr="Quand le reste est payé, la commande est jugée à nouveau à partir de là. Quand une commande partiellement "
    "payée plus récente arrive, le réglage est vu désactivé, et les commandes qu'il retenait sont relancées.",
)
def partially_paid_excluded(ev: Evidence) -> Suspicion | None:
    """The connector does not download partially paid orders.

    Do Not Download Partially Paid Orders is an inverted switch: with it on, an order waits outside until the rest of
    its price has been collected.

    Evidence: the order's financial status is `partially_paid`. `do_not_download_partially_paid_orders` declared on:
      certain. Otherwise the shop's other orders: partially paid ones are late in a row while others arrive: likely. None
      like it has arrived since, and it is late: possible.
    Fix: collect the rest in Shopify (the payment makes the connector look again). Or Shopify > Mortar > Settings >
      Advanced settings > Orders: switch Do Not Download Partially Paid Orders off and press Save Settings.
    Then: when the rest is paid, the order is judged anew from that moment. When a later partially paid order arrives the
      switch is seen to be off, and the orders that it held back are touched.
    Not this: an order that is not paid at all is `manual_payments_off` or `payment_not_captured`. An order that was paid
      in full and partly refunded is `partially_refunded`, which this switch does not look at.
    Source: facts/connector-causes.md, A1 E7 and B1
    """
    if ev.order.financial_status != "partially_paid":
        return None
    return unpaid(ev, PARTIALLY_PAID, shopify("financial status", "partially_paid"))
