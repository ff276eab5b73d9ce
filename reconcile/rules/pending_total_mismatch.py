"""Rule: the payments of the pending order do not add up to its total."""

from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Sale, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos, shopify
from reconcile.rules._pending import held_sales, refunded_meanwhile, unsettled
from reconcile.rules._present import both_sides, differing, records, short

MONEY = (DiscrepancyKind.TOTAL, DiscrepancyKind.TAX, DiscrepancyKind.SHIPPING, DiscrepancyKind.DISCOUNT)
PAID = ("paid", "partially_refunded", "refunded")


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="La commande reste en attente dans Heartland : les paiements n'égalent pas son total.",
    fix_fr="Heartland > Sales > Orders : ouvrir la commande, comparer taxes, prix, livraison, remise et paiement à ceux "
    "de Shopify, corriger ce qui diffère, la passer à Open, puis la distribuer, la traiter et la facturer.",
    evidence_fr="Un enregistrement en attente depuis plus longtemps que `pending_after` et qui a un solde (ou un total que "
    "ses paiements n'atteignent pas) : certain ; probable tant que Shopify n'a pas non plus été payé en entier. Pas de "
    "solde, mais un total, des taxes, une expédition ou une remise qui ne sont pas ceux de Shopify : probable.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée et égale à celle de Shopify.",
)
def pending_total_mismatch(ev: Evidence) -> Suspicion | None:
    """Heartland holds the order as pending because its payments do not add up to its total.

    The commonest reason for a pending order: a tax, a price, the shipping, a discount or the payment is missing or not
    the one of the Shopify order. One cent is enough. A pending order takes nothing out of stock until it is invoiced.

    Evidence: a record that has been pending for longer than `pending_after` and has a balance (or a total that its
      payments do not reach): certain; likely while Shopify has not been paid in full either. No balance, but a total,
      tax, shipping or discount that is not Shopify's: likely.
    Fix: Heartland > Sales > Orders: open the order, compare tax, prices, shipping, discount and payment with the
      Shopify order, correct what differs, set the order to Open, then distribute, fulfil and invoice it. When the
      Shopify order is not paid yet, collect the payment first.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it finished and
      equal to Shopify's.
    Not this: a product that is not on the record makes its total differ too, that is `pending_missing_product`; so
      does a refund of an order that was still open, `pending_refund_on_open`. A finished record over another amount
      is `total_differs`.
    Source: facts/connector-causes.md, A4 H3 and D1; facts/heartland-api.md, 3.3 (1)
    """
    if not held_sales(ev) or short(ev) or refunded_meanwhile(ev):
        return None
    off = [(sale, left) for sale in held_sales(ev) if (left := unsettled(sale))]
    differences = differing(ev, *MONEY)
    if not off and not differences:
        return None
    paid = ev.order.financial_status in PAID
    balances = tuple(pos(f"balance of {sale.sale_id}", _balance(sale, left)) for sale, left in off)
    status = () if paid else (shopify("payment", ev.order.financial_status),)
    certainty = Certainty.CERTAIN if off and paid else Certainty.LIKELY
    return Suspicion(certainty, (*records(held_sales(ev)), *balances, *both_sides(differences), *status))


def _balance(sale: Sale, left: Decimal) -> str:
    return f"{left} of {sale.total}" if sale.total is not None else str(left)
