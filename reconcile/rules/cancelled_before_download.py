"""Rule: the order was cancelled before it reached the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos, shopify


@rule(
    remedy=Remedy.NONE,
    scope=Scope.ORDER,
    excludes=True,
    title_fr="La commande a été annulée avant d'arriver dans le POS.",
    fix_fr="Rien à corriger : il n'y a plus rien à vendre.",
    evidence_fr="Aucun enregistrement dans le POS, et Shopify dit quand la commande a été annulée, ou que son paiement l'a "
    "été : certain.",
    then_fr="La commande est exclue ; un cas qui était ouvert sur elle se ferme comme disparue.",
)
def cancelled_before_download(ev: Evidence) -> Suspicion | None:
    """The order was cancelled before it reached the POS.

    A cancelled order, and one whose payment was voided, leaves nothing to sell: that the POS knows nothing of it is as
    it should be. When it was missing before, the cancellation has settled that.

    Evidence: no POS record, and Shopify says when the order was cancelled, or that its payment was voided: certain.
    Fix: nothing to fix: there is nothing left to sell.
    Then: the order is excluded; a case that was open on it closes as gone.
    Not this: a cancelled order whose sale stands in the POS is `cancel_not_carried`. A refund alone is no cancellation.
    Source: facts/connector-causes.md, A1 E15
    """
    order = ev.order
    if not ev.absent or (order.cancelled_at is None and order.financial_status != "voided"):
        return None
    said = ("payment", "voided") if order.cancelled_at is None else ("cancelled at", order.cancelled_at)
    return Suspicion(Certainty.CERTAIN, (shopify(*said), pos("records under its number", "none")))
