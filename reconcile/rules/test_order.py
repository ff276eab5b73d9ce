"""Rule: the order is a test."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, shopify


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="C'est une commande de test.",
    fix_fr="Rien à corriger : une commande de test n'a pas à entrer dans le POS.",
    evidence_fr="La marque `test` de Shopify sur la commande : certain.",
    then_fr="La commande est exclue et n'est plus cherchée.",
)
def test_order(ev: Evidence) -> Suspicion | None:
    """The order is a test order.

    Shopify marks an order that was paid through its test gateway or in a payment provider's test mode. No goods were
    sold and no money was taken.

    Evidence: Shopify's `test` flag on the order: certain.
    Fix: nothing to fix: a test order does not belong in the POS.
    Then: the order is excluded and not looked for any more.
    Not this: a real order over nothing, or one with the word test in its tags. A test order that the POS has is
      compared like any other.
    Source: facts/connector-causes.md, A1 E15; facts/shopify-api.md, 2.2 (test)
    """
    if not ev.absent or not ev.order.test:
        return None
    gateways = listed(name for name in ev.order.gateways if name) or "none"
    return Suspicion(Certainty.CERTAIN, (shopify("test order", "yes"), shopify("payment provider", gateways)))
