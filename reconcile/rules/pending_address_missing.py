"""Rule: the pending order has no address."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos, shopify
from reconcile.rules._pending import held_sales, refunded_meanwhile, seen, unsettled, without_address
from reconcile.rules._present import records

ADDRESS = {"address1", "city", "province", "zip"}


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="La commande reste en attente dans Heartland : il y manque une adresse.",
    fix_fr="Heartland > Sales > Orders : ouvrir la commande, ajouter l'adresse de livraison ou de facturation (prénom, "
    "nom, adresse, ville, état, code postal), la passer à Open, puis la distribuer, la traiter et la facturer.",
    evidence_fr="Un enregistrement en attente depuis plus longtemps que `pending_after`, et dont on voit qu'il n'a pas "
    "d'adresse : certain. Si l'enregistrement ne le dit pas, une adresse incomplète dans Shopify, et rien d'autre qui "
    "l'explique : probable.",
    then_fr="La commande n'est jamais relancée, puisque le POS l'a. Le cas se ferme quand un regard suivant la trouve "
    "terminée et égale à celle de Shopify.",
)
def pending_address_missing(ev: Evidence) -> Suspicion | None:
    """Heartland holds the order as pending because it has no shipping or billing address.

    Heartland's own order form requires first and last name, address, city, state and zip. An order whose address it
    has not accepted stays pending. A pending order takes nothing out of stock until it is invoiced.

    Evidence: a record that has been pending for longer than `pending_after` and is seen to have no address: certain.
      When the record does not say, an address in Shopify that lacks a part, and nothing else that explains it: likely.
    Fix: Heartland > Sales > Orders: open the order, add the shipping or billing address (first and last name, address,
      city, state, zip), set the order to Open, then distribute, fulfil and invoice it. For the orders to come, check
      addresses at the checkout in Shopify.
    Then: the order is never touched, since the POS has it. The case closes when a later look finds it finished and
      equal to Shopify's.
    Not this: an order that never came, with a part of its buyer's address missing, is `customer_incomplete`.
    Source: facts/connector-causes.md, A4 H4; facts/heartland-api.md, 2.1 and 3.3 (4)
    """
    bare = without_address(ev)
    parts = _missing_parts(ev)
    if bare:
        return Suspicion(Certainty.CERTAIN, (*records(bare), pos("address", "none"), *parts))
    silent = [sale for sale in held_sales(ev) if sale.has_address is None]
    explained = seen(ev) or ev.discrepancies or refunded_meanwhile(ev) or any(unsettled(s) for s in held_sales(ev))
    if not silent or not parts or explained:
        return None
    return Suspicion(Certainty.LIKELY, (*records(silent), *parts))


def _missing_parts(ev: Evidence) -> tuple[Fact, ...]:
    missing = sorted(ADDRESS & (ev.order.customer.missing_parts or frozenset()))
    return (shopify("missing in the address", listed(missing)),) if missing else ()
