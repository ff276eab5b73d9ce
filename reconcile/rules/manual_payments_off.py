"""Rule: the connector leaves orders out that are to be paid by hand."""

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, shopify
from reconcile.rules._settings import MANUAL, PAGE_FR, unpaid
from reconcile.traits import paid_by_hand


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes à paiement manuel avant qu'elles soient payées.",
    fix_fr="Marquer la commande comme payée dans Shopify dès que l'argent est reçu. Ou "
    f"{PAGE_FR} : activer « Allow Manual Payments » (paiements manuels), puis enregistrer (Save Settings).",
    evidence_fr="L'état du paiement est `pending`, et son moyen de paiement est manuel, ou elle n'en a pas. "
    "`allow_manual_payments` déclaré désactivé : certain. Sinon les autres commandes de la boutique : celles à paiement "
    "manuel sont en retard de suite alors que d'autres arrivent : probable. Aucune pareille n'est arrivée depuis, et elle "
    "est en retard : possible.",
    then_fr="La marquer comme payée fait regarder le connecteur de lui-même ; la commande est jugée à nouveau à partir de "
    "là. Quand une commande impayée plus récente arrive, le réglage est vu activé, et les commandes qu'il retenait sont "
    "relancées.",
)
def manual_payments_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download orders with a manual payment before they are paid.

    Cash on delivery, a bank deposit, a money order: Shopify keeps such an order `pending` until somebody marks it as
    paid. With Allow Manual Payments off (formerly Orders with Pending Payments) the connector waits for that.

    Evidence: the financial status is `pending`, and its payment method is a manual one, or it has none.
      `allow_manual_payments` declared off: certain. Otherwise the shop's other orders: those with a manual payment are
      late in a row while others arrive: likely. None like it has arrived since, and it is late: possible.
    Fix: mark the order as paid in Shopify once the money is there. Or Shopify > Mortar > Settings > Advanced settings >
      Orders: switch Allow Manual Payments on and press Save Settings.
    Then: marking it as paid makes the connector look again by itself; the order is judged anew from that moment. When a
      later unpaid order arrives the switch is seen to be on, and the orders that it held back are touched.
    Not this: a payment that is under way at a payment provider is `payment_not_captured`.
    Source: facts/connector-causes.md, A1 E8 and E9, B1
    """
    if ev.order.financial_status != "pending" or not paid_by_hand(ev.order):
        return None
    method = listed(name for name in ev.order.gateways if name.strip()) or "none"
    return unpaid(ev, MANUAL, shopify("financial status", "pending"), shopify("payment method", method))
