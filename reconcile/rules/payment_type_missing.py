"""Rule: X-Series has no payment type with the name that the connector pays with."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import listed, pos
from reconcile.rules._set_up import PAYMENT_TYPE, overdue, passed_fact, passed_overdue, read_fact, without_payment_type


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    pos=("lightspeed_x",),
    title_fr="Lightspeed X n'a pas de type de paiement nommé Shopify.",
    fix_fr="Lightspeed X > Configuration > Types de paiement : ajouter un autre moyen de paiement nommé exactement "
    "Shopify et choisir tous les points de vente.",
    evidence_fr="La commande est absente, et aucun des types de paiement lus à l'instant ne se nomme exactement Shopify : "
    "certain.",
    then_fr="Les commandes qui attendent arrivent d'elles-mêmes. Ce qui est toujours absent après qu'une lecture suivante a "
    "montré le type de paiement est relancé, une commande d'abord.",
)
def payment_type_missing(ev: Evidence) -> Suspicion | None:
    """Lightspeed X has no payment type named Shopify.

    The connector pays every web order with a payment type of that name, to the letter. Until the POS has it, all
    orders wait; afterwards they come by themselves.

    Evidence: the order is absent, and none of the payment types that were just read is named exactly Shopify: certain.
    Fix: Lightspeed X > Setup > Payment types: add an Other payment method named exactly Shopify, and select all
      outlets.
    Then: the waiting orders arrive by themselves. What is still absent after a later reading has shown the payment
      type is touched, one order first.
    Not this: orders that became eligible later have arrived without it, when this one was overdue. A payment type that
      exists, but not at every outlet, cannot be seen here.
    Source: facts/connector-causes.md, A3 P1 and C1
    """
    if not overdue(ev) or not without_payment_type(ev) or passed_overdue(ev):
        return None
    types = (ev.shop.set_up.payment_types if ev.shop.set_up else None) or ()
    near = [name for name in types if PAYMENT_TYPE.casefold() in name.casefold()]
    facts = [pos("payment types", listed(types) or "none"), read_fact(ev), passed_fact(ev)]
    if near:
        facts.insert(1, pos("near to the name, but not it", listed(near)))
    return Suspicion(Certainty.CERTAIN, tuple(facts), PAYMENT_TYPE)
