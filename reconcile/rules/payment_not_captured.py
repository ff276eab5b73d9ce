"""Rule: the order waits for its payment to be captured or confirmed."""

from reconcile.evidence import Evidence
from reconcile.model import Order, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, shopify
from reconcile.rules._settings import CAPTURE, PROCESSING, Filter, unpaid
from reconcile.traits import paid_by_hand


@rule(
    remedy=Remedy.WAIT,
    scope=Scope.SHOP,
    title_fr="La commande attend que son paiement soit capturé ou confirmé.",
    fix_fr="Capturer le paiement dans Shopify (Commandes > la commande > Capturer le paiement), ou attendre que le "
    "prestataire de paiement le confirme. Si le connecteur ne doit plus exiger la capture, le demander à son support.",
    evidence_fr="Autorisée, et `require_capture` déclaré activé ; ou en attente chez un fournisseur de paiement, et "
    "`allow_manual_payments` déclaré désactivé : certain. Sinon les autres commandes de la boutique : ses semblables sont "
    "en retard de suite alors que d'autres arrivent : probable. Aucune pareille n'est arrivée depuis, et elle est en retard "
    ": possible.",
    then_fr="Rien n'est relancé. C'est la capture qui fait regarder le connecteur à nouveau ; la commande est jugée à "
    "nouveau à partir de là.",
)
def payment_not_captured(ev: Evidence) -> Suspicion | None:
    """The order waits for its payment to be captured or confirmed.

    An authorised payment is a promise: the money is taken when it is captured, often only on shipping. Some accounts of
    the connector are set to require the capture. A payment that is still under way at a payment provider keeps the
    order `pending` in the same way.

    Evidence: authorised, and `require_capture` declared on; or pending at a payment provider, and
      `allow_manual_payments` declared off: certain. Otherwise the shop's other orders: those like it are late in a row
      while others arrive: likely. None like it has arrived since, and it is late: possible.
    Fix: capture the payment: Shopify > Orders > the order > Capture payment; or wait until the provider confirms it. If
      the connector is not to require a capture any more, ask its support to drop the requirement.
    Then: nothing is touched. The capture is what makes the connector look again; the order is judged anew from that
      moment.
    Not this: a manual payment method is `manual_payments_off`. Where authorised orders do arrive, an authorised order
      that is missing has another cause. A voided payment leaves nothing to carry.
    Source: facts/connector-causes.md, A1 E8 and E10, B1
    """
    this = _waits_at(ev.order)
    if this is None:
        return None
    providers = listed(name for name in ev.order.gateways if name.strip()) or "none named"
    seen = (shopify("financial status", ev.order.financial_status), shopify("payment provider", providers))
    return unpaid(ev, this, *seen)


def _waits_at(order: Order) -> Filter | None:
    if order.financial_status in ("authorized", "expired"):
        return CAPTURE
    return PROCESSING if order.financial_status == "pending" and not paid_by_hand(order) else None
