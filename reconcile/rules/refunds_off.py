"""Rule: the connector does not download refunds."""

from dataclasses import replace

from reconcile.evidence import Evidence
from reconcile.model import Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._present import both_sides
from reconcile.rules._refunds import switched_off, uncarried_cancel, uncarried_refunds


@rule(
    remedy=Remedy.FLAG,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge pas les remboursements.",
    fix_fr="Shopify > Mortar > Settings > Advanced settings > Orders : activer Download Refunds, puis Save Settings. "
    "Saisir à la main dans le POS les remboursements déjà faits.",
    evidence_fr="`download_refunds` déclaré désactivé, et un remboursement ou une annulation plus vieux que le délai que le "
    "POS n'a pas : certain. Sinon les autres remboursements et annulations de deux jours : trois de suite ou plus manquent, "
    "dont celui-ci, aucun n'est venu entre eux, alors que trois ou plus avant ou après eux sont venus : probable.",
    then_fr="Une commande que le POS a n'est jamais relancée. Chaque cas se ferme quand un regard suivant trouve son "
    "remboursement dans le POS, ou quand une personne le ferme.",
)
def refunds_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download refunds, so that none reaches the POS.

    One switch carries refunds, returns and cancellations. With it off the POS keeps the whole sale: its takings are
    too high, and what came back is not in stock.

    Evidence: `download_refunds` declared off, and a refund or a cancellation older than the grace that the POS does not
      have: certain. Otherwise the shop's other refunds and cancellations of two days: three or more in a row are missing,
      this one among them, and none in between came, while three or more before or after them did: likely.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Refunds on and press Save Settings.
      Enter the refunds that were made meanwhile by hand in the POS: settings are not retroactive.
    Then: an order that the POS has is never touched. Each case closes when a later look finds its refund in the POS, or
      when a person closes it.
    Not this: a single refund that did not come although the switch is on, or not declared, is `refund_not_carried`. A
      later refund that the POS has got shows that the switch is on, whatever is declared.
    Source: facts/connector-causes.md, A5 D3 and B1
    """
    off = switched_off(ev)
    if off is None:
        return None
    return replace(off, facts=(*off.facts, *both_sides((*uncarried_refunds(ev), *uncarried_cancel(ev)))))
