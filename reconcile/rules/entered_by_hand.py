"""Rule: staff may have rung the absent order up themselves."""

from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Sale, SaleKind, SaleStatus, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos, shopify
from reconcile.rules._present import records


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="Le personnel a peut-être saisi la commande à la main dans le POS.",
    fix_fr="Comparer la vente nommée ci-dessus à la commande. Si c'est bien elle : fermer le cas, « saisie à la main ». "
    "Sinon : remettre la commande en file.",
    evidence_fr="Aucun enregistrement sous le numéro de la commande, et une vente sans numéro de commande faite depuis, "
    "avec son total au centime et au moins la moitié de ses SKU : probable. Avec le même total, mais des produits qui ne se "
    "comparent pas (lignes non lues, ou commande sans SKU) : possible.",
    then_fr="Le service demande, et ne relance jamais la commande de lui-même tant qu'une telle vente est là. Une fois "
    "qu'une personne l'a confirmée, le cas est fermé et la commande n'est plus jamais relancée.",
)
def entered_by_hand(ev: Evidence) -> Suspicion | None:
    """Staff may have keyed the order into the POS by hand.

    An order that does not arrive is often rung up by whoever has to ship it, without Shopify's number. A touch would
    then bring it in a second time.

    Evidence: no record under the order's number, and a sale without any order's number that was made since the order,
      with its total to the cent and at least half of its SKUs: likely. With the same total, but products that cannot
      be compared (lines unread, or an order without SKUs): possible.
    Fix: compare the sale named above with the order. When it is the order: close the case as entered by hand. When it
      is not: re-queue the order.
    Then: the reconciler asks, and never touches the order by itself while such a sale is there. Once a person has
      confirmed it, the case is closed and the order is never touched again.
    Not this: a sale under the order's number, in any spelling, is the order itself. A sale from before the order, over
      another amount or a voided one proves nothing.
    Source: facts/connector-causes.md, C4 (4)
    """
    if not ev.absent:
        return None
    alike = [(sale, shared) for sale in ev.shop.unreferenced if (shared := _shared(ev, sale)) is not None]
    if not alike:
        return None
    sale, skus = max(alike, key=lambda one: len(one[1]))
    facts = (*records([sale]), shopify("total", ev.order.total), pos("total", sale.total))
    if skus:
        return Suspicion(Certainty.LIKELY, (*facts, pos("products in common", listed(sorted(skus)))))
    return Suspicion(Certainty.POSSIBLE, (*facts, pos("products in common", "cannot be compared")))


def _shared(ev: Evidence, sale: Sale) -> set[str] | None:
    """The SKUs that a sale has in common with the order, none when they cannot be compared; None: not this order."""
    order = ev.order
    since = sale.created_at is None or sale.created_at >= order.created_at
    live = sale.kind is SaleKind.SALE and sale.status is not SaleStatus.CANCELLED
    if not live or not since or sale.total not in {order.total, order.current_total} or sale.total == Decimal(0):
        return None
    skus = [(line.sku or "").strip() for line in order.lines]
    wanted = {sku.casefold(): sku for sku in skus if sku}
    if not wanted or sale.lines is None:
        return set()
    shared = {(line.sku or "").strip().casefold() for line in sale.lines} & set(wanted)
    return {wanted[key] for key in shared} if 2 * len(shared) >= len(wanted) else None
