"""Rule: the order is older than the connector's start date."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, shopify
from reconcile.rules._left_out import left_out_by
from reconcile.traits import CREATED_LONG_BEFORE

SETTING = "Order Minimum Created Date Time"


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    inferable=True,
    title_fr="La commande est antérieure à la date de départ du connecteur.",
    fix_fr="Rien à corriger si c'est voulu. Sinon : Shopify > Mortar > Paramètres > Paramètres avancés > Commandes : reculer "
    "« Order Minimum Created Date Time », puis enregistrer (Save Settings).",
    evidence_fr="La création de la commande précède la date `order_minimum_created` déclarée : certain. Non déclarée, ou "
    "déclarée plus ancienne : les commandes créées un jour ou plus avant de devenir éligibles (payées, libérées) sont en "
    "retard de suite alors que de plus jeunes arrivent : probable. Une date à venir écarte toute commande : c'est "
    "`connector_stalled`.",
    then_fr="Déclarée, la commande est exclue et n'est plus cherchée ; un changement de la commande la fait juger à "
    "nouveau. Ce qui n'est que déduit n'exclut rien : une fois qu'une commande plus récente de cet âge est arrivée, celles "
    "qu'elle retenait sont relancées, une d'abord.",
)
def before_minimum_date(ev: Evidence) -> Suspicion | None:
    """The order was created before the date from which the connector downloads orders.

    Order Minimum Created Date Time keeps the orders out that were placed before the connector was put to use; they are
    usually in the POS by another way.

    Evidence: the order's creation is before the declared `order_minimum_created`: certain. Not declared, or declared as
      earlier: orders that were created a day or more before they became eligible (paid, released) are late in a row while
      younger ones arrive: likely. A date that lies ahead keeps every order out, which is `connector_stalled`.
    Fix: nothing to fix if that is intended. If not: Shopify > Mortar > Settings > Advanced settings > Orders: move Order
      Minimum Created Date Time back and press Save Settings.
    Then: declared, the order is excluded and not looked for any more; a change of the order has it judged anew. What was
      only inferred excludes nothing: once a later order of that age has arrived, those that it held back are touched, one
      first.
    Not this: an order created at that very moment, or paid or changed later than it was created: only the creation
      counts. The connector reads the date in the time zone of its account: declare it with its offset.
    Source: facts/connector-causes.md, A1 E5 and B1
    """
    minimum = ev.shop.declared.order_minimum_created
    if not ev.absent:
        return None
    created, said = shopify("created at", ev.order.created_at), declared(SETTING, minimum)
    if minimum is None or ev.order.created_at >= minimum:
        return left_out_by(ev, CREATED_LONG_BEFORE, SETTING, created, shopify("eligible at", ev.eligible_at), said)
    return Suspicion(Certainty.CERTAIN, (created, said))
