"""Rule: the order has none of the tags that the connector asks for."""

from reconcile.eligibility import own_tags
from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, shopify
from reconcile.rules._tags import same


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande ne porte aucune des étiquettes que le connecteur demande.",
    fix_fr="Ajouter l'étiquette dans Shopify (à la main ou par Shopify Flow) quand la commande est approuvée : cet ajout la "
    "fait examiner de nouveau.",
)
def allow_tag_missing(ev: Evidence) -> Suspicion | None:
    """The order has none of the tags that the connector asks for.

    With Allow Orders only with these tags a shop approves its orders one by one, by hand or with Shopify Flow: an order
    without such a tag is not downloaded. Adding the tag automatically would defeat the approval.

    Evidence: `allow_tags` are declared, and none of them is on the order, in any case of letters: certain.
    Fix: add the tag in Shopify when the order is approved; that makes the connector look again.
    Then: the order is excluded. When it gets the tag it counts as eligible from then on and is judged anew.
    Not this: an order with a tag that is to be ignored is `ignore_tag_present`, which wins. An empty list allows every
      order.
    Source: facts/connector-causes.md, A1 E11 and B1
    """
    allowed = [tag for tag in ev.shop.declared.allow_tags or () if tag.strip()]
    tags = own_tags(ev.order)
    if not ev.absent or not allowed or same(tags, allowed) or same(tags, ev.shop.declared.ignore_tags):
        return None
    said = declared("Allow Orders only with these tags", listed(allowed))
    return Suspicion(Certainty.CERTAIN, (shopify("tags", listed(sorted(tags)) or "none"), said))
