"""Rule: the order has none of the tags that the connector asks for."""

from reconcile.eligibility import own_tags
from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, shopify
from reconcile.rules._left_out import WITHOUT_TAG, left_out_by
from reconcile.rules._tags import same

SETTING = "Allow Orders only with these tags"


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    inferable=True,
    title_fr="La commande ne porte aucune des étiquettes que le connecteur demande.",
    fix_fr="Ajouter l'étiquette dans Shopify (à la main ou par Shopify Flow) quand la commande est approuvée : cet ajout la "
    "fait examiner de nouveau. Si personne ne le voulait : vider « Allow Orders only with these tags » dans Shopify > Mortar "
    "> Paramètres > Paramètres avancés > Commandes ; si c'est voulu, déclarer l'étiquette dans allow_tags.",
    evidence_fr="Des `allow_tags` sont déclarées, et la commande n'en porte aucune, quelle que soit la casse : certain. Non "
    "déclarées : les commandes sans une étiquette sont en retard de suite alors que celles qui la portent arrivent : "
    "probable. Plusieurs étiquettes demandées ne se distinguent pas de l'extérieur.",
    then_fr="Déclarée, la commande est exclue ; quand elle reçoit l'étiquette, elle est attendue à partir de là et jugée à "
    "nouveau. Ce qui n'est que déduit n'exclut rien : une fois qu'une commande plus récente sans l'étiquette est arrivée, "
    "celles qu'elle retenait sont relancées, une d'abord.",
)
def allow_tag_missing(ev: Evidence) -> Suspicion | None:
    """The order has none of the tags that the connector asks for.

    With Allow Orders only with these tags a shop approves its orders one by one, by hand or with Shopify Flow: an order
    without such a tag is not downloaded. Adding the tag automatically would defeat the approval.

    Evidence: `allow_tags` are declared, and none of them is on the order, in any case of letters: certain. Not declared:
      orders without one tag are late in a row while those that have it arrive: likely. Several tags that are asked for
      cannot be told from outside.
    Fix: add the tag in Shopify when the order is approved; that makes the connector look again. If nobody meant it:
      Shopify > Mortar > Settings > Advanced settings > Orders: empty Allow Orders only with these tags and press Save
      Settings; if it is meant, declare the tag in `allow_tags`.
    Then: declared, the order is excluded; when it gets the tag it counts as eligible from then on and is judged anew. What
      was only inferred excludes nothing: once a later order without the tag has arrived, those that it held back are
      touched, one first.
    Not this: an order with a tag that is to be ignored is `ignore_tag_present`, which wins. An empty list allows every
      order, unless the orders show otherwise.
    Source: facts/connector-causes.md, A1 E11 and B1
    """
    allowed = [tag for tag in ev.shop.declared.allow_tags or () if tag.strip()]
    tags = own_tags(ev.order)
    if not ev.absent or same(tags, allowed) or same(tags, ev.shop.declared.ignore_tags):
        return None
    facts = (shopify("tags", listed(sorted(tags)) or "none"), declared(SETTING, listed(allowed) or None))
    return Suspicion(Certainty.CERTAIN, facts) if allowed else left_out_by(ev, WITHOUT_TAG, SETTING, *facts)
