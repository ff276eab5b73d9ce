"""Rule: a product of the order is archived in the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos, shopify
from reconcile.rules._set_up import is_archived, items, overdue, read_fact, skus


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Un produit de la commande est archivé dans le POS.",
    fix_fr="POS > Produits (Heartland > Items ; Lightspeed R > Inventory > Items ; Lightspeed X > Catalogue > "
    "Produits) : rétablir le produit du SKU nommé.",
    evidence_fr="La commande est absente, et les produits que le POS a sous un SKU de ses lignes sont tous archivés, dans "
    "les réglages qui viennent d'être lus : certain.",
    then_fr="Une fois qu'une lecture suivante montre le produit actif, une commande retenue est relancée, et les autres "
    "suivent une fois qu'elle est arrivée.",
)
def item_archived(ev: Evidence) -> Suspicion | None:
    """A product of the order is archived in the POS.

    Its SKU is still known there, so that the connector may link the line to a product that cannot be sold any more.
    The POS then refuses the whole order.

    Evidence: the order is absent, and the products that the POS has under a SKU of its lines are all archived, in the
      settings that were just read: certain.
    Fix: POS > Products (Heartland > Items; Lightspeed R > Inventory > Items; Lightspeed X > Catalog > Products):
      restore the product of the SKU named above.
    Then: once a later reading shows the product active, one held order is touched, and the others follow after it has
      arrived.
    Not this: the SKU has an active product as well; the line was taken off the order; or the SKU was not looked up. An
      archived product of the connector's own is `required_product_unusable`.
    Source: facts/connector-causes.md, A3 P5 (a peer connector documents it); facts/heartland-api.md, 2.6
    """
    found = [sku for sku in skus(ev) if is_archived(items(ev, sku))] if overdue(ev) else []
    if not found:
        return None
    seen = tuple(pos(f"products under {sku}", f"{len(items(ev, sku) or ())}, all archived") for sku in found)
    return Suspicion(Certainty.CERTAIN, (shopify("ordered", listed(found)), *seen, read_fact(ev)), found[0])
