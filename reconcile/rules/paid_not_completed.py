"""Rule: paid in Shopify, never completed in the POS."""

from decimal import Decimal

from reconcile.evidence import Evidence
from reconcile.model import Certainty, DiscrepancyKind, Remedy, Sale, SaleKind, SaleStatus, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, pos, shopify
from reconcile.rules._pending import held_sales, unsettled
from reconcile.rules._present import records, unfinished

ZERO = Decimal(0)
PAID = ("paid", "partially_refunded")
UNPAID, OVERPAID, NOT_COMPLETED = "unpaid", "overpaid", "paid but not completed"
BALANCING = set(DiscrepancyKind) - {DiscrepancyKind.REFUND}  # what leaves a balance by itself


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    title_fr="La commande est payée dans Shopify, mais sa vente n'est pas terminée dans le POS.",
    fix_fr="Heartland > Sales > Orders : distribuer, traiter et facturer la commande. Lightspeed R > Sales : ouvrir la "
    "vente, régler ce qui reste dû (ou rendre le trop-perçu), puis la terminer. Lightspeed X > Sell > Sales History : "
    "reprendre la vente et la terminer.",
    evidence_fr="Heartland : payée et traitée dans Shopify, `automatically_invoice` déclaré activé, et la commande toujours "
    "ouverte, sans rien à payer, `pending_after` plus tard : probable. Lightspeed : payée dans Shopify, et une vente "
    "inachevée depuis plus longtemps que `pending_after` : certain quand son solde est connu (au-dessus de zéro elle est "
    "impayée, au-dessous trop payée), sinon probable.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée.",
)
def paid_not_completed(ev: Evidence) -> Suspicion | None:
    """The order is paid in Shopify, but its sale was never completed in the POS.

    At Heartland an order that has shipped is still open, although the connector is declared to invoice by itself: its
    goods have left the shop and are still in stock. At Lightspeed a sale that is not completed is no sale yet: it is
    in no report. R-Series knows three kinds: unpaid, overpaid, and paid but not completed.

    Evidence: Heartland: paid and fulfilled in Shopify, `automatically_invoice` declared on, and the order still open,
      with nothing left to pay, `pending_after` later: likely. Lightspeed: paid in Shopify, and a sale that has been
      unfinished for longer than `pending_after`: certain when its balance is known (above zero it is unpaid, below
      zero overpaid), otherwise likely.
    Fix: Heartland > Sales > Orders: distribute, fulfil and invoice the order; for the orders to come see Mortar >
      Settings > Automatically invoice. Lightspeed R > Sales: open the sale, settle what is due (or give back what was
      paid too much), then complete it. Lightspeed X > Sell > Sales History: continue the sale and complete it.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it completed.
    Not this: open and not shipped is normal at Heartland, for want of stock or because Automatically invoice is off; so
      is a pickup or a delivery at X-Series. A pending order at Heartland has rules of its own. A balance that comes
      from another total or other products is told by the rule on these.
    Source: facts/connector-causes.md, A4 H8 and H9, D1, D2, D3; facts/lightspeed-api.md, A9
    """
    if ev.order.financial_status not in PAID or ev.order.cancelled_at:
        return None
    return _left_open(ev) if ev.shop.pos == "heartland" else _left_incomplete(ev)


def _left_open(ev: Evidence) -> Suspicion | None:
    order, invoices = ev.order, ev.shop.declared.automatically_invoice
    shipped = order.fulfilled_at or order.updated_at
    if not invoices or order.financial_status != "paid":
        return None
    if order.fulfillment_status != "fulfilled" or ev.now - shipped < ev.pending_after:
        return None
    still_open = [s for s in ev.sales if s.status is SaleStatus.OPEN and s.kind is SaleKind.SALE and not s.balance]
    if not still_open or unfinished(ev):
        return None
    facts = (*records(still_open), shopify("fulfilled", shipped), declared("Automatically invoice", invoices))
    return Suspicion(Certainty.LIKELY, facts, NOT_COMPLETED)


def _left_incomplete(ev: Evidence) -> Suspicion | None:
    sales = held_sales(ev)
    if not sales:
        return None
    kinds = {sale.sale_id: _kind(sale) for sale in sales}
    unbalanced = {UNPAID, OVERPAID} & {kind for kind in kinds.values() if kind}
    if unbalanced and any(one.kind in BALANCING for one in ev.discrepancies):
        return None
    known = all(kinds.values())
    balances = tuple(pos(f"balance of {s.sale_id}", "not said" if (b := unsettled(s)) is None else b) for s in sales)
    facts = (*records(sales), *balances, shopify("payment", ev.order.financial_status))
    first = next((kind for kind in kinds.values() if kind), "")
    return Suspicion(Certainty.CERTAIN if known else Certainty.LIKELY, facts, first)


def _kind(sale: Sale) -> str:
    left = unsettled(sale)
    if left is None:
        return ""
    if left == ZERO:
        return NOT_COMPLETED
    return UNPAID if left > ZERO else OVERPAID
