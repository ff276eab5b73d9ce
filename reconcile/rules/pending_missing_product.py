"""Rule: a product of the Shopify order is not on the pending order."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos
from reconcile.rules._pending import held_sales
from reconcile.rules._present import both_sides, records, short


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="La commande reste en attente dans Heartland : un produit de la commande Shopify y manque.",
    fix_fr="Heartland > Sales > Orders : ouvrir la commande, ajouter le produit manquant, la passer à Open, puis la "
    "distribuer, la traiter et la facturer.",
    evidence_fr="Un enregistrement en attente depuis plus longtemps que `pending_after`, ses lignes telles que lues, et un "
    "SKU dont il a moins que ce qui a été commandé : certain. Ce que le POS a sous ce SKU est dit là où il a été cherché.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée et égale à celle de Shopify.",
)
def pending_missing_product(ev: Evidence) -> Suspicion | None:
    """Heartland holds the order as pending because a product of the Shopify order is not on it.

    The connector makes the order first and adds its products one by one. When one cannot be added it stops there, and
    leaves the order as pending. A pending order takes nothing out of stock until it is invoiced.

    Evidence: a record that has been pending for longer than `pending_after`, its lines as read, and a SKU of which it
      has fewer than were ordered: certain. What the POS has under that SKU is said where it was looked up.
    Fix: Heartland > Sales > Orders: open the order, add the missing product, set the order to Open, then distribute,
      fulfil and invoice it. When the product does not exist, make it under Items with the Shopify SKU as its Item #.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it finished and
      equal to Shopify's.
    Not this: a line `NO PRODUCT FOUND` in the product's place is `no_product_found_line`. A finished sale with fewer
      products is `lines_missing`. While the lines are unread nothing is said.
    Source: facts/connector-causes.md, A4 H2 and D1; facts/heartland-api.md, 3.3 (5)
    """
    missing = short(ev)
    if not held_sales(ev) or not missing:
        return None
    items = tuple(fact for one in missing for fact in _in_pos(ev, one.subject))
    return Suspicion(Certainty.CERTAIN, (*records(held_sales(ev)), *both_sides(missing), *items), missing[0].subject)


def _in_pos(ev: Evidence, sku: str) -> list[Fact]:
    known = ev.shop.set_up.items if ev.shop.set_up else None
    if known is None or sku not in known:
        return []
    return [pos(f"active products under {sku}", sum(item.active for item in known[sku]))]
