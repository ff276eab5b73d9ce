"""Rule: a product of the connector's own cannot be used in the POS."""

from collections.abc import Iterator
from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Order, OrderLine, Remedy, Scope
from reconcile.required_products import TITLES
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos, shopify
from reconcile.rules._set_up import is_archived, items, of_items, overdue, read_fact, required_fields, skus

ZERO = Decimal(0)
STAND_IN = "NO PRODUCT FOUND"
Need = tuple[str, str, Certainty]  # SKU, what of the order needs it, how surely it is needed
SURE = tuple(Certainty)  # from the surest to the least sure


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Un produit dont le connecteur a besoin pour la commande est inutilisable dans le POS.",
    fix_fr="POS > Produits (Heartland > Items) : rétablir le produit nommé, avec exactement ce SKU. S'il n'a jamais "
    "existé : autoriser toutes les valeurs des champs personnalisés un moment, laisser le connecteur le créer, puis "
    "remettre tout sur Non.",
    evidence_fr="La commande absente a besoin du produit, et le POS n'a son SKU que sous un produit archivé : certain pour "
    "l'expédition, les droits, les frais, une ligne à laquelle aucun produit ne convient, et une remise qui n'est pas sur "
    "les lignes ; probable pour un remboursement ou une carte-cadeau ; possible pour une remise sur les lignes. Le produit "
    "est absent, et un champ personnalisé est obligatoire sur les articles, de sorte que le connecteur ne peut pas le créer "
    ": probable.",
    then_fr="Une fois qu'une lecture suivante montre le produit de nouveau utilisable, une commande retenue est relancée, "
    "et les autres suivent une fois qu'elle est arrivée.",
)
def required_product_unusable(ev: Evidence) -> Suspicion | None:
    """A product that the connector needs for the order cannot be used in the POS.

    The connector enters shipping, discounts, refunds, duties, fees and gift cards as products of its own, under fixed
    SKUs. It makes each of them when an order first needs it. Archived later, such a product stops every order that
    needs it. The one titled Shopify Return has the SKU `Shopify Refund`.

    Evidence: the absent order needs the product, and the POS has its SKU only under an archived product: certain for
      shipping, duties, fees, a line that no product fits, and a discount that is not on the lines; likely for a
      refund or a gift card; possible for a discount that is on the lines. The product is absent, and a custom field is
      required on items, so that the connector cannot make it: likely.
    Fix: POS > Products (Heartland > Items): restore the product named above with exactly this SKU. If it was never
      made: allow all values on custom fields for a time, let the connector create it, then set every switch back to No.
    Then: once a later reading shows the product in use again, one held order is touched, and the others follow after
      it has arrived.
    Not this: a product that does not exist and whose making nothing stops is made when an order needs it. Nor one that
      this order does not need.
    Source: facts/connector-causes.md, A3 P4 and A3a; facts/heartland-api.md, 2.7
    """
    found = list(_unusable(ev)) if overdue(ev) else []
    if not found:
        return None
    sku, _, certainty, _ = min(found, key=lambda one: SURE.index(one[2]))
    facts = (fact for of, why, _, state in found for fact in (shopify(f"needs {of}", why), pos(f"product {of}", state)))
    return Suspicion(certainty, (*facts, read_fact(ev)), sku)


def _unusable(ev: Evidence) -> Iterator[tuple[str, str, Certainty, str]]:
    fields = [field.name for field in required_fields(ev) if of_items(field)]
    for sku, why, certainty in (*_needs(ev.order), *_stand_in(ev)):
        products = items(ev, sku)
        if is_archived(products):
            yield sku, why, certainty, f"there as {TITLES[sku]}, but archived"
        elif products == () and fields and certainty is not Certainty.POSSIBLE:
            yield sku, why, Certainty.LIKELY, f"absent, and items require {listed(fields)}"


def _needs(order: Order) -> Iterator[Need]:
    for sku, amount in (
        ("Shopify Shipping", order.shipping),
        ("Shopify: Duties", order.duties),
        ("Shopify: Additional Fees", order.fees),
    ):
        if amount > ZERO:
            yield sku, f"{amount}", Certainty.CERTAIN
    if order.discount > ZERO:
        spread = order.discount <= sum((line.discount for line in order.lines), ZERO)
        yield "Shopify Discount", f"discount of {order.discount}", Certainty.POSSIBLE if spread else Certainty.CERTAIN
    if any(not one.lines or any(line.restock_type == "no_restock" for line in one.lines) for one in order.refunds):
        yield "Shopify Refund", "a refund without restock", Certainty.LIKELY
    if any(line.gift_card for line in order.lines):
        yield "Shopify Gift Card", "a gift card was sold", Certainty.LIKELY


def _stand_in(ev: Evidence) -> Iterator[Need]:
    """What the connector enters in place of a line that it cannot link to exactly one product."""
    unlinked = [sku for sku in skus(ev) if (found := items(ev, sku)) is not None and sum(i.active for i in found) != 1]
    nameless = [line.title for line in ev.order.lines if _nameless(line)]
    if unlinked or nameless:
        yield STAND_IN, f"no product fits {listed(unlinked or nameless)}", Certainty.CERTAIN


def _nameless(line: OrderLine) -> bool:
    return line.current_quantity > 0 and not line.gift_card and not (line.sku or "").strip()
