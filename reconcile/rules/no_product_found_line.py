"""Rule: a line "No Product Found" stands in the place of a product."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos
from reconcile.rules._present import both_sides, differing


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="La vente porte une ligne « No Product Found » à la place d'un produit.",
    fix_fr="Une seule des trois : remplacer la ligne par le bon produit avant de facturer ; ou échanger le produit dans "
    "le POS ; ou ajuster son stock. Puis donner au produit du POS le SKU de Shopify, à un seul produit.",
    evidence_fr="Une ligne de la vente avec le SKU `NO PRODUCT FOUND`, et le SKU de la commande qui manque à la vente : "
    "certain. Là où le SKU a été cherché, combien de produits actifs du POS le portent : aucun, ou plus d'un.",
    then_fr="La commande n'est jamais relancée : un second téléchargement pourrait faire une seconde vente. Le cas se ferme "
    "quand un regard suivant trouve le produit à la place de la ligne, ou quand une personne le ferme après avoir corrigé "
    "le stock.",
)
def no_product_found_line(ev: Evidence) -> Suspicion | None:
    """A line "No Product Found" stands on the POS's sale in the place of a product.

    The connector could not link a product of the order to exactly one product of the POS, and put its placeholder
    there. The money is right; the stock is not, since the placeholder has none.

    Evidence: a line of the sale with the SKU `NO PRODUCT FOUND`, and the SKU of the order that the sale lacks:
      certain. Where the SKU was looked up, how many active products of the POS have it: none, or more than one.
    Fix: choose one, never two: replace the line by the right product before the sale is invoiced; or exchange it in
      the POS; or adjust the product's inventory. For the orders to come give one product of the POS, and only one,
      Shopify's SKU (Heartland: Item #; R-Series: System ID, UPC, EAN or Custom SKU; X-Series: SKU code).
    Then: the order is never touched: a second download could make a second sale. The case closes when a later look
      finds the product in the line's place, or when a person closes it after adjusting the inventory.
    Not this: an order that is absent because its SKU is unknown is `sku_unknown`, with several products `sku_not_unique`.
      A product that is simply not there is `lines_missing`.
    Source: facts/connector-causes.md, A5 S1 to S4
    """
    found = differing(ev, DiscrepancyKind.UNMATCHED_PRODUCT)
    if not found:
        return None
    items = tuple(fact for one in found for fact in _in_pos(ev, one.subject))
    return Suspicion(Certainty.CERTAIN, (*both_sides(found), *items), found[0].subject)


def _in_pos(ev: Evidence, sku: str) -> list[Fact]:
    known = ev.shop.set_up.items if ev.shop.set_up else None
    if not sku:
        return [pos("which product it stands for", "not known: the order has a line without a SKU")]
    if known is None or sku not in known:
        return []
    return [pos(f"active products under {sku}", sum(item.active for item in known[sku]))]
