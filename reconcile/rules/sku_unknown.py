"""Rule: the POS has no product under a SKU of the order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, pos, shopify
from reconcile.rules._set_up import items, overdue, read_fact, skus, stands_in


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.ORDER,
    title_fr="Le POS n'a aucun produit sous un SKU de la commande.",
    fix_fr="POS > Produits : créer le produit avec exactement ce SKU (Heartland : Item #), ou corriger le SKU dans "
    "Shopify > Produits.",
    evidence_fr="La commande est absente, et les réglages lus à l'instant ne montrent aucun produit, actif ou archivé, sous "
    "un SKU qu'elle porte encore : possible avec Mortar, probable avec un connecteur déclaré sous un autre nom.",
    then_fr="Une fois qu'une lecture suivante montre un produit sous chaque SKU, la commande est relancée là où le mode le "
    "permet.",
)
def sku_unknown(ev: Evidence) -> Suspicion | None:
    """The POS has no product under a SKU of the order.

    A connector links a line to the product with the same SKU (Heartland: Item #). Mortar puts the product No Product
    Found in place of one that it cannot link, so that the order arrives all the same; other connectors refuse it.

    Evidence: the order is absent, and the settings that were just read show no product, active or archived, under a
      SKU that is still on it: possible with Mortar, likely with a connector that is declared under another name.
    Fix: POS > Products: make the product with exactly this SKU (Heartland: Item #), or correct the SKU in Shopify >
      Products.
    Then: once a later reading shows a product under every SKU, the order is touched where the mode allows it.
    Not this: the order is there with a line No Product Found, which is `no_product_found_line`. Lines without a SKU,
      and lines that were taken off the order. When No Product Found is archived, `required_product_unusable` says so.
    Source: facts/connector-causes.md, A4 H7 and A5 S1; facts/heartland-api.md, 2.6
    """
    unknown = [sku for sku in skus(ev) if items(ev, sku) == ()] if overdue(ev) else []
    if not unknown:
        return None
    facts = (shopify("ordered", listed(unknown)), pos("products under them", "none"))
    connector = declared("connector", ev.shop.declared.name)
    certainty = Certainty.POSSIBLE if stands_in(ev) else Certainty.LIKELY
    return Suspicion(certainty, (*facts, connector, read_fact(ev)), unknown[0])
