"""Rule: the order is older than the connector's start date."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, shopify


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande est antérieure à la date de départ du connecteur.",
    fix_fr="Rien à corriger si c'est voulu. Sinon : Shopify > Mortar > Paramètres > Paramètres avancés > Commandes : reculer "
    "« Order Minimum Created Date Time », puis enregistrer (Save Settings).",
)
def before_minimum_date(ev: Evidence) -> Suspicion | None:
    """The order was created before the date from which the connector downloads orders.

    Order Minimum Created Date Time keeps the orders out that were placed before the connector was put to use; they are
    usually in the POS by another way.

    Evidence: the order's creation is before the declared `order_minimum_created`: certain.
    Fix: nothing to fix if that is intended. If not: Shopify > Mortar > Settings > Advanced settings > Orders: move Order
      Minimum Created Date Time back and press Save Settings.
    Then: the order is excluded and not looked for any more; a change of the order has it judged anew.
    Not this: an order created at that very moment, or paid or changed later than it was created: only the creation
      counts. The connector reads the date in the time zone of its account: declare it with its offset.
    Source: facts/connector-causes.md, A1 E5 and B1
    """
    minimum = ev.shop.declared.order_minimum_created
    if not ev.absent or minimum is None or ev.order.created_at >= minimum:
        return None
    facts = (shopify("created at", ev.order.created_at), declared("Order Minimum Created Date Time", minimum))
    return Suspicion(Certainty.CERTAIN, facts)
