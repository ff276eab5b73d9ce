"""Rule: the connector downloads no order before it is fulfilled."""

from reconcile.evidence import Evidence
from reconcile.model import Order, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._settings import AT_ONCE, PAGE_FR, UNFULFILLED, held_by


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes non traitées.",
    fix_fr=f"{PAGE_FR} : activer « Télécharger les commandes non traitées » (Download Unfulfilled Orders), puis "
    "enregistrer (Save Settings).",
    evidence_fr="La commande n'est pas traitée, ou ne l'est qu'en partie. `download_unfulfilled_orders` déclaré désactivé : "
    "certain. Sinon les autres commandes de la boutique : celles non traitées sont en retard de suite alors que celles "
    "traitées aussitôt arrivent : probable ; trop peu pour une suite, et rien de déclaré : possible.",
    then_fr="Les réglages ne sont pas rétroactifs. Dès qu'une commande non traitée plus récente arrive, la cause est vue "
    "disparue, et les commandes qu'elle retenait sont relancées. Une commande expédiée entre-temps est regardée par le "
    "connecteur pour cela seul.",
)
def unfulfilled_orders_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download unfulfilled orders.

    With Download Unfulfilled Orders off, an order reaches the POS only once it was shipped. Until then the POS does not
    reserve its stock, and a shop that ships from the POS never sees it.

    Evidence: the order is unfulfilled, or fulfilled only in part. `download_unfulfilled_orders` declared off: certain.
      Otherwise the shop's other orders: unfulfilled ones are late in a row while those fulfilled at once arrive: likely;
      too few for a row, and nothing declared: possible.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Unfulfilled Orders on and press Save
      Settings.
    Then: settings are not retroactive. Once a later unfulfilled order arrives the cause is seen gone, and the orders that
      it held back are touched. An order that is shipped meanwhile is looked at by the connector for that alone.
    Not this: an order that arrived when it was shipped says nothing about this switch. When nothing arrives at all it is
      `connector_stalled` or `download_orders_off`.
    Source: facts/connector-causes.md, A1 E3 and B1
    """
    if not _unfulfilled(ev.order) and not _just_shipped(ev):
        return None
    return held_by(ev, UNFULFILLED, shopify("fulfilment", ev.order.fulfillment_status))


def _unfulfilled(order: Order) -> bool:
    return order.fulfillment_status in ("unfulfilled", "partial")


def _just_shipped(ev: Evidence) -> bool:
    """Shipped so recently that the connector may still be about to carry it for that."""
    shipped_at = ev.order.fulfilled_at
    return shipped_at is not None and shipped_at > ev.eligible_at + AT_ONCE and ev.now - shipped_at < ev.grace
