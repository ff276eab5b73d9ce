"""Rule: the order has no customer, and the connector has none to put in."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, shopify
from reconcile.rules._set_up import overdue

SETTING = "Default Customer ID"


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.ORDER,
    title_fr="La commande n'a pas de client, et le connecteur n'a pas de client par défaut.",
    fix_fr="Shopify > Mortar > Paramètres > Paramètres avancés > Général > Clients : saisir le Default Customer ID et "
    "enregistrer ; ou donner un client à la commande dans Shopify.",
    evidence_fr="La commande est absente et n'a pas de client dans Shopify, et le client par défaut (Default Customer ID) "
    "est déclaré non défini : certain ; non déclaré : possible.",
    then_fr="Les réglages ne sont pas rétroactifs. Une fois le réglage déclaré, ou la commande dotée d'un client, elle est "
    "relancée là où le mode le permet.",
)
def no_customer(ev: Evidence) -> Suspicion | None:
    """The order has no customer, and the connector has none to put in its place.

    The connector enters an order without a customer under its Default Customer ID. Without that setting such an order
    is not carried.

    Evidence: the order is absent and has no customer in Shopify, and the Default Customer ID is declared unset:
      certain; not declared: possible.
    Fix: Shopify > Mortar > Settings > Advanced settings > General > Customers: enter the Default Customer ID and press
      Save Settings; or give the order a customer in Shopify.
    Then: settings are not retroactive. Once the setting is declared, or the order has a customer, it is touched where
      the mode allows it.
    Not this: a default customer is declared. A customer whose e-mail or address is incomplete is
      `customer_incomplete`.
    Source: facts/connector-causes.md, A5 C1 and B2
    """
    default = ev.shop.declared.default_customer
    if not overdue(ev) or ev.order.customer.present or default:
        return None
    certainty = Certainty.POSSIBLE if default is None else Certainty.CERTAIN
    said = declared(SETTING, default if default is None else "unset")
    return Suspicion(certainty, (shopify("customer", "none"), said), SETTING)
