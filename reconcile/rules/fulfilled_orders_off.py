"""Rule: the connector does not download orders that were fulfilled at once."""

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._settings import AT_ONCE, FULFILLED, PAGE_FR, held_by


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes déjà traitées.",
    fix_fr=f"{PAGE_FR} : activer « Télécharger les commandes traitées » (Download Fulfilled Orders), puis enregistrer "
    "(Save Settings). Ou, dans Shopify, ne plus traiter automatiquement les articles (cartes-cadeaux exceptées).",
    evidence_fr="La commande a été traitée dans les deux minutes après être devenue éligible. `download_fulfilled_orders` "
    "déclaré désactivé : certain. Sinon les autres commandes de la boutique : celles traitées aussitôt sont en retard de "
    "suite alors que d'autres arrivent : probable ; trop peu pour une suite, et rien de déclaré, ou deux réglages pour "
    "lesquels parlent les mêmes commandes : possible.",
    then_fr="Les réglages ne sont pas rétroactifs. Dès qu'une commande plus récente de cette sorte arrive, la cause est vue "
    "disparue, et les commandes qu'elle retenait sont relancées : une d'abord, les autres quand celle-ci est arrivée.",
)
def fulfilled_orders_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download fulfilled orders.

    When Shopify fulfils a shop's orders automatically, they are fulfilled before the connector first looks at them. With
    Download Fulfilled Orders off it passes them by.

    Evidence: the order was fulfilled within two minutes of becoming eligible. `download_fulfilled_orders` declared off:
      certain. Otherwise the shop's other orders: those fulfilled at once are late in a row while others arrive: likely;
      too few of them for a row, and nothing declared, or
      two settings that the same orders speak for: possible.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Fulfilled Orders on and press Save
      Settings. Or stop fulfilling automatically: Shopify > Settings > Checkout > Order processing: do not fulfil the
      order's line items automatically, or only its gift cards.
    Then: settings are not retroactive. Once a later order of the kind arrives the cause is seen gone, and the orders that
      it held back are touched: one first, the others when that one has arrived.
    Not this: an order that was shipped later than that, or only in part. When orders that were fulfilled at once do
      arrive, unless they are archived as well, it is `archived_orders_off`.
    Source: facts/connector-causes.md, A1 E2 and B1
    """
    order = ev.order
    if order.fulfilled_at is None or order.fulfillment_status in ("partial", "unfulfilled"):
        return None
    if order.fulfilled_at > ev.eligible_at + AT_ONCE:
        return None
    return held_by(ev, FULFILLED, shopify("fulfilled at", order.fulfilled_at), shopify("eligible at", ev.eligible_at))
