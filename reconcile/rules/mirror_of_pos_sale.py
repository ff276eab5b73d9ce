"""Rule: the order is a sale of the POS itself, mirrored into Shopify."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Order, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, shopify
from reconcile.runs import last_open

USUAL_PREFIX = "POS-"
CONNECTORS = frozenset({"mortar", "accumula"})


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande est une vente du POS que le connecteur a recopiée dans Shopify.",
    fix_fr="Rien à corriger : la vente est déjà dans le POS, sous son propre numéro.",
    evidence_fr="Le nom commence par le préfixe de magasin déclaré, ou la commande a été créée par le connecteur : certain. "
    "Le préfixe n'est pas déclaré, le nom commence par l'habituel POS-, et une application a créé la commande archivée et "
    "traitée : probable. Créée et traitée aussitôt dans la caisse de Shopify, absente au-delà du délai, et aucune commande "
    "de ce canal n'est vue arriver : probable.",
    then_fr="La commande est exclue et n'est plus cherchée.",
)
def mirror_of_pos_sale(ev: Evidence) -> Suspicion | None:
    """The order is a sale of the POS itself, which the connector has mirrored into Shopify.

    The connector writes the sales of the till into Shopify as orders: their name begins with a prefix of their own,
    and they are archived and fulfilled from the start. They come from the POS, so they are never carried to it; a touch
    would at best do nothing.

    Evidence: the name begins with the declared in-store prefix, or the order was made by the connector: certain. The
      prefix is not declared, the name begins with the usual POS-, and an app made the order archived and fulfilled:
      likely. Made and fulfilled at once in Shopify's own till, absent beyond the grace, and no order of that channel is
      seen to arrive: likely.
    Fix: nothing to fix: the sale is in the POS already, under a number of its own.
    Then: the order is excluded and not looked for any more.
    Not this: an order of the online shop whose name happens to begin like the prefix, when another prefix is declared.
      Where orders of Shopify's till do arrive in the POS, one that is missing has another cause.
    Source: facts/connector-causes.md, A1 E21 and B2; facts/shopify-api.md, 2.2 (source_name)
    """
    if not ev.absent:
        return None
    prefix = ev.shop.declared.in_store_prefix
    if prefix and _begins(ev.order, prefix):
        facts = (shopify("name", ev.order.name), declared("In-store order number prefix", prefix))
        return Suspicion(Certainty.CERTAIN, facts)
    if (ev.order.source_name or "").lower() in {*CONNECTORS, ev.shop.declared.name.lower()}:
        return Suspicion(Certainty.CERTAIN, (_source(ev.order),))
    if prefix is None and _begins(ev.order, USUAL_PREFIX) and ev.order.source_name != "web" and _done_at_once(ev.order):
        return Suspicion(Certainty.LIKELY, (shopify("name", ev.order.name), *_done(ev.order), _source(ev.order)))
    return Suspicion(Certainty.LIKELY, (_source(ev.order), *_done(ev.order))) if _from_the_till(ev) else None


def _begins(order: Order, prefix: str) -> bool:
    return order.name.lstrip("#").lower().startswith(prefix.lstrip("#").lower())


def _done_at_once(order: Order) -> bool:
    return order.closed_at is not None and order.fulfillment_status == "fulfilled"


def _from_the_till(ev: Evidence) -> bool:
    sold = ev.order.source_name == "pos" and ev.order.fulfillment_status == "fulfilled"
    return sold and ev.late and last_open(ev.shop.outcomes, "channel:pos") is None


def _source(order: Order) -> Fact:
    return shopify("made by", order.source_name or "unknown")


def _done(order: Order) -> tuple[Fact, ...]:
    return shopify("archived at", order.closed_at), shopify("fulfilment", order.fulfillment_status)
