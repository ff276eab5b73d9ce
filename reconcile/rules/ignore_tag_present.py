"""Rule: the order has a tag that makes the connector ignore it."""

from reconcile.eligibility import own_tags
from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, shopify
from reconcile.rules._left_out import TAG, left_out_by
from reconcile.rules._tags import same

SETTING = "Ignore Orders with these tags"


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    inferable=True,
    title_fr="La commande porte une étiquette que le connecteur ignore.",
    fix_fr="Retirer l'étiquette dans Shopify quand la commande doit passer : ce retrait la fait examiner de nouveau. Si "
    "personne ne la voulait : l'ôter de « Ignore Orders with these tags » dans Shopify > Mortar > Paramètres > Paramètres "
    "avancés > Commandes ; si c'est voulu, la déclarer dans ignore_tags.",
    evidence_fr="Une des étiquettes de la commande est parmi les `ignore_tags` déclarées, quelle que soit la casse : "
    "certain. Non déclarée : les commandes avec cette étiquette sont en retard de suite alors que d'autres arrivent : "
    "probable ; ou celles d'une autre étiquette ou d'un canal aussi, tout autant : possible.",
    then_fr="Déclarée, la commande est exclue ; quand l'étiquette est ôtée, elle est attendue à partir de là et jugée à "
    "nouveau. Ce qui n'est que déduit n'exclut rien : une fois qu'une commande plus récente avec l'étiquette est arrivée, "
    "celles qu'elle retenait sont relancées, une d'abord.",
)
def ignore_tag_present(ev: Evidence) -> Suspicion | None:
    """The order has a tag that makes the connector ignore it.

    Ignore Orders with these tags keeps orders out until somebody has looked at them. It wins over the list of allowed
    tags. Taking the tag off automatically would defeat the review that the shop wants.

    Evidence: one of the order's tags is among the declared `ignore_tags`, in any case of letters: certain. Not declared:
      orders with that tag are late in a row while others arrive: likely; or those of another tag or of a channel as well,
      just as likely: possible.
    Fix: take the tag off in Shopify when the order may pass; that makes the connector look again. If nobody meant it:
      Shopify > Mortar > Settings > Advanced settings > Orders: take the tag out of Ignore Orders with these tags and press
      Save Settings; if it is meant, declare it in `ignore_tags`.
    Then: declared, the order is excluded; when the tag is gone it counts as eligible from then on and is judged anew. What
      was only inferred excludes nothing: once a later order with the tag has arrived, those that it held back are
      touched, one first.
    Not this: a tag that nobody declared, while orders with it arrive; and the tags that a touch leaves.
    Source: facts/connector-causes.md, A1 E12 and B1
    """
    found = same(own_tags(ev.order), ev.shop.declared.ignore_tags)
    if not ev.absent:
        return None
    said = declared(SETTING, listed(ev.shop.declared.ignore_tags or ()) or None)
    if not found:
        return left_out_by(ev, TAG, SETTING, shopify("tags", listed(sorted(own_tags(ev.order)))), said)
    return Suspicion(Certainty.CERTAIN, (shopify("tag", listed(found)), said), found[0])
