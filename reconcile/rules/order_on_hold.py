"""Rule: the order is on hold."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos, shopify


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande est en attente dans Shopify.",
    fix_fr="Lever la mise en attente dans Shopify quand la commande peut partir : Commandes > la commande > Lever la mise "
    "en attente.",
    evidence_fr="Une des exécutions de la commande est `ON_HOLD`, et aucun enregistrement dans le POS : probable.",
    then_fr="La libération n'envoie aucun avis sur la commande : son attente est donc relue à chaque regard. Une fois "
    "levée, la commande est attendue à partir de là et jugée à nouveau.",
)
def order_on_hold(ev: Evidence) -> Suspicion | None:
    """The order is on hold in Shopify.

    A person, a fraud check or an app has put the order's fulfilment on hold. Several connectors wait for the release;
    which do is not always documented, so what is said here is likely, not certain. Nobody ships the order meanwhile.

    Evidence: one of the order's fulfilment orders is `ON_HOLD`, and no POS record: likely.
    Fix: release the hold in Shopify once the order may go: Shopify > Orders > the order > Release fulfillment.
    Then: the release sends no notification of the order, so its hold is read again at each look. Once it is gone the
      order counts as eligible from then on and is judged anew.
    Not this: an order that its tags hold back is `ignore_tag_present` or `allow_tag_missing`. An order on hold that is in
      the POS is compared like any other.
    Source: facts/connector-causes.md, A1 E17; facts/shopify-api.md, 3.4 (on_hold)
    """
    if not ev.absent or ev.order.on_hold is not True:
        return None
    return Suspicion(Certainty.LIKELY, (shopify("fulfilment", "on hold"), pos("records under its number", "none")))
