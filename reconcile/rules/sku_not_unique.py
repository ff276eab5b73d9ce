"""Rule: the POS has several products under one SKU of the order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, pos, shopify
from reconcile.rules._set_up import items, overdue, read_fact, skus, stands_in


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.ORDER,
    title_fr="Le POS a plusieurs produits sous un même SKU de la commande.",
    fix_fr="POS > Produits : garder ce SKU (Heartland : Item # ; X-Series : Custom SKU) pour un seul produit actif ; "
    "renommer ou archiver les autres.",
    evidence_fr="La commande est absente, et les réglages lus à l'instant montrent deux produits actifs ou plus sous un SKU "
    "qu'elle porte encore : possible avec Mortar, probable avec un connecteur déclaré sous un autre nom.",
    then_fr="Une fois qu'une lecture suivante montre un seul produit sous chaque SKU, la commande est relancée là où le "
    "mode le permet.",
)
def sku_not_unique(ev: Evidence) -> Suspicion | None:
    """The POS has several products under one SKU of the order.

    A connector links a line only to exactly one product. Mortar puts No Product Found in place of one that it cannot
    link, so that the order arrives all the same; other connectors refuse it.

    Evidence: the order is absent, and the settings that were just read show two or more active products under a SKU
      that is still on it: possible with Mortar, likely with a connector that is declared under another name.
    Fix: POS > Products: keep this SKU (Heartland: Item #; X-Series: Custom SKU) for one active product; rename or
      archive the others.
    Then: once a later reading shows one product under every SKU, the order is touched where the mode allows it.
    Not this: one active product and archived ones beside it. When No Product Found is archived,
      `required_product_unusable` says so.
    Source: facts/connector-causes.md, A5 S2
    """
    several = {sku: count for sku in skus(ev) if (count := _active(ev, sku)) > 1} if overdue(ev) else {}
    if not several:
        return None
    seen = tuple(pos(f"active products under {sku}", count) for sku, count in several.items())
    connector = declared("connector", ev.shop.declared.name)
    certainty = Certainty.POSSIBLE if stands_in(ev) else Certainty.LIKELY
    facts = (shopify("ordered", listed(several)), *seen, connector, read_fact(ev))
    return Suspicion(certainty, facts, next(iter(several)))


def _active(ev: Evidence, sku: str) -> int:
    return sum(item.active for item in items(ev, sku) or ())
