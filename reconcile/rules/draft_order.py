"""Rule: the order was made from a draft, which this connector does not carry."""

from reconcile.evidence import Declared, Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, shopify
from reconcile.runs import arrived_later

SOURCE_NAME = "shopify_draft_order"
WITHOUT_DRAFTS = ("heartland",)  # connectors whose makers say that drafts are not supported


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande vient d'un brouillon, que ce connecteur ne transmet pas.",
    fix_fr="La saisir à la main dans le POS si elle doit y être : le connecteur ne prend pas les brouillons.",
    evidence_fr="Le `source_name` de la commande est `shopify_draft_order`, et soit le connecteur déclaré ne prend pas les "
    "brouillons, soit ce canal est déclaré exclu : certain. Les arrivées l'emportent sur la déclaration : si une commande "
    "plus récente issue d'un brouillon est arrivée, ce n'est pas cela.",
    then_fr="La commande est exclue et n'est plus cherchée.",
)
def draft_order(ev: Evidence) -> Suspicion | None:
    """The order was made from a draft order, and this connector does not carry those.

    Staff can write an order as a draft in Shopify and complete it later. Heartland's own Shopify integration does not
    support such orders; Mortar is not known to treat them differently from others.

    Evidence: the order's `source_name` is `shopify_draft_order`, and either the declared connector is one that does not
      support drafts, or that channel is declared as excluded: certain. Arrivals beat the declaration: when a later order
      made from a draft has arrived, it is not this.
    Fix: enter the order by hand in the POS if it belongs there.
    Then: the order is excluded and not looked for any more.
    Not this: with Mortar, and nothing declared, an order made from a draft is expected like any other.
    Source: facts/connector-causes.md, A1 E14; facts/shopify-api.md, 2.2 (source_name)
    """
    trait = f"channel:{SOURCE_NAME}"
    if not ev.absent or ev.order.source_name != SOURCE_NAME:
        return None
    left_out = without_drafts(ev.shop.declared)
    if left_out is None or arrived_later(ev.shop.outcomes, trait, ev.eligible_at, ev.grace):
        return None
    return Suspicion(Certainty.CERTAIN, (shopify("made by", SOURCE_NAME), declared(*left_out)))


def without_drafts(settings: Declared) -> tuple[str, str] | None:
    """What is declared that keeps drafts out, or None when nothing is."""
    if settings.name.strip().lower().startswith(WITHOUT_DRAFTS):
        return "connector", settings.name
    if SOURCE_NAME in {channel.strip().lower() for channel in settings.channels_excluded or ()}:
        return "channels left out", SOURCE_NAME
    return None
