"""Rule: the connector does not download orders that were archived at once."""

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._settings import ARCHIVED, AT_ONCE, PAGE_FR, held_by


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes archivées.",
    fix_fr=f"{PAGE_FR} : activer « Télécharger les commandes archivées » (Download Archived Orders), puis enregistrer "
    "(Save Settings).",
    evidence_fr="La commande a été archivée (`closed_at`) dans les deux minutes après être devenue éligible. "
    "`download_archived_orders` déclaré désactivé : certain. Sinon les autres commandes de la boutique : celles archivées "
    "aussitôt sont en retard de suite alors que d'autres arrivent : probable ; trop peu pour une suite, et rien de déclaré, "
    "ou deux réglages pour lesquels parlent les mêmes commandes : possible.",
    then_fr="Les réglages ne sont pas rétroactifs. Dès qu'une commande archivée plus récente arrive, la cause est vue "
    "disparue, et les commandes qu'elle retenait sont relancées : une d'abord, les autres quand celle-ci est arrivée.",
)
def archived_orders_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download archived orders.

    Shopify can archive an order the moment it is paid and fulfilled, and some shops have it archive every order at once.
    With Download Archived Orders off the connector passes such an order by. The same switch lets refunds of archived
    orders through.

    Evidence: the order was archived (`closed_at`) within two minutes of becoming eligible. `download_archived_orders`
      declared off: certain. Otherwise the shop's other orders: those archived at once are late in a row while others
      arrive: likely; too few of them for a row, and nothing declared, or
      two settings that the same orders speak for: possible.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Archived Orders on and press Save
      Settings.
    Then: settings are not retroactive. Once a later archived order arrives the cause is seen gone, and the orders that it
      held back are touched: one first, the others when that one has arrived.
    Not this: an order that was archived later, after the connector had its time to download it. When archived orders do
      arrive, unless they were fulfilled at once as well, it is `fulfilled_orders_off`.
    Source: facts/connector-causes.md, A1 E4 and B1
    """
    closed_at = ev.order.closed_at
    if closed_at is None or closed_at > ev.eligible_at + AT_ONCE:
        return None
    return held_by(ev, ARCHIVED, shopify("archived at", closed_at), shopify("eligible at", ev.eligible_at))
