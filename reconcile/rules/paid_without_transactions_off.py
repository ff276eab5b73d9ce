"""Rule: the connector does not download paid orders that have no transactions."""

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._settings import NO_TRANSACTIONS, PAGE_FR, held_by
from reconcile.traits import paid_without_transactions


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les commandes payées sans transaction.",
    fix_fr=f"{PAGE_FR} : activer « Download Paid Orders With No Transactions » (commandes payées sans transaction), puis "
    "enregistrer (Save Settings).",
    evidence_fr="La commande est payée, coûte quelque chose, et n'a ni vente ni capture réussie. "
    "`download_paid_orders_with_no_transactions` déclaré désactivé : certain. Sinon les autres commandes de la boutique : "
    "celles sans transaction sont en retard de suite alors que d'autres arrivent : probable ; trop peu pour une suite, et "
    "rien de déclaré : possible.",
    then_fr="Les réglages ne sont pas rétroactifs. Dès qu'une commande plus récente de cette sorte arrive, la cause est vue "
    "disparue, et les commandes qu'elle retenait sont relancées : une d'abord, les autres quand celle-ci est arrivée.",
)
def paid_without_transactions_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download paid orders that have no transactions.

    Orders of a marketplace, and imported ones, are often marked as paid while Shopify holds no payment for them: the
    money was taken elsewhere. With Download Paid Orders With No Transactions off the connector passes them by.

    Evidence: the order is paid, costs something, and has no successful sale or capture.
      `download_paid_orders_with_no_transactions` declared off: certain. Otherwise the shop's other orders: those without
      transactions are late in a row while others arrive: likely; too few for a row, and nothing declared: possible.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Paid Orders With No Transactions on and
      press Save Settings.
    Then: settings are not retroactive. Once a later order of the kind arrives the cause is seen gone, and the orders that
      it held back are touched: one first, the others when that one has arrived.
    Not this: an order over nothing (a full discount) needs no transaction. While Shopify has not been asked for an
      order's payments, one that names a payment provider is not suspected.
    Source: facts/connector-causes.md, A1 E6 and B1
    """
    if not paid_without_transactions(ev.order):
        return None
    amount = f"{ev.order.total} {ev.order.currency}".strip()
    return held_by(ev, NO_TRANSACTIONS, shopify("paid", amount), shopify("successful payments", _payments(ev)))


def _payments(ev: Evidence) -> str:
    return "none" if ev.order.payments is not None else "not read; no payment provider named"
