"""Rule: the order has a tag that makes the connector ignore it."""

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
    title_fr="La commande porte une étiquette que le connecteur ignore.",
    fix_fr="Retirer l'étiquette dans Shopify quand la commande doit passer : ce retrait la fait examiner de nouveau.",
)
def ignore_tag_present(ev: Evidence) -> Suspicion | None:
    """The order has a tag that makes the connector ignore it.

    Ignore Orders with these tags keeps orders out until somebody has looked at them. It wins over the list of allowed
    tags. Taking the tag off automatically would defeat the review that the shop wants.

    Evidence: one of the order's tags is among the declared `ignore_tags`, in any case of letters: certain.
    Fix: take the tag off in Shopify when the order may pass; that makes the connector look again.
    Then: the order is excluded. When the tag is gone it counts as eligible from then on and is judged anew.
    Not this: a tag that nobody declared, and the tags that a touch leaves.
    Source: facts/connector-causes.md, A1 E12 and B1
    """
    found = same(own_tags(ev.order), ev.shop.declared.ignore_tags)
    if not ev.absent or not found:
        return None
    said = declared("Ignore Orders with these tags", listed(ev.shop.declared.ignore_tags or ()))
    return Suspicion(Certainty.CERTAIN, (shopify("tag", listed(found)), said), found[0])
