"""Rule: a custom field that web orders cannot fill is required in the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Remedy, RequiredField, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import pos
from reconcile.rules._set_up import (
    met,
    of_items,
    of_sales,
    overdue,
    passed,
    passed_fact,
    read_fact,
    stops_sales,
)

ENOUGH_PASSED = 5  # later orders that arrived although the field was required: the connector fills it


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    pos=("heartland",),
    title_fr="Un champ personnalisé est requis dans Heartland, et le connecteur ne peut pas le remplir.",
    fix_fr="Heartland > Paramètres > Champs personnalisés : mettre « requis » sur Non pour le champ nommé. Conseillé "
    "pour tous les champs.",
    evidence_fr="La commande est absente, et un champ personnalisé est obligatoire dans les réglages lus à l'instant. Sur "
    "les ventes : certain quand le champ a été vu obligatoire avant que la commande devienne éligible, probable quand il "
    "l'a été pendant qu'elle était en route ; possible après l'arrivée d'une commande plus récente. Sur les clients : "
    "probable, et possible après l'arrivée de commandes plus récentes, dont les acheteurs sont peut-être déjà connus. Un "
    "champ qui était obligatoire quand la commande est devenue éligible, et qui ne l'est plus, est nommé tout de même.",
    then_fr="Les réglages ne sont pas rétroactifs. Une fois qu'une lecture suivante montre que le champ n'est plus "
    "obligatoire, une commande retenue est relancée, et les autres suivent une fois qu'elle est arrivée.",
)
def required_custom_field(ev: Evidence) -> Suspicion | None:
    """A custom field is required in Heartland, and the connector cannot fill it.

    A field that staff fill in at the till is unknown to a web order. Heartland then refuses the order altogether, or
    keeps it as pending. A field on sales, their lines or their payments stops every order; one on customers stops the
    orders of buyers that are new to the POS.

    Evidence: the order is absent, and a custom field is required in the settings that were just read. On sales:
      certain when the field was seen required before the order became eligible, likely when it was first seen so while
      the order was on its way; possible after a later order has arrived. On customers: likely, and possible after
      later orders have arrived, since theirs may be known buyers. A field that was required when the order became
      eligible, and is mended by now, is named all the same.
    Fix: Heartland > Settings > Custom Fields: set Required to No on the field named above. It is advised for all of
      them.
    Then: settings are not retroactive. Once a later reading shows the field no longer required, one held order is
      touched, and the others follow after it has arrived.
    Not this: a field that was first seen required when the order was overdue already did not hold it back. An order
      that became eligible while the field was seen required, and arrived, shows that the connector
      fills it: it stops nothing. A field on
      items stops the making of a product, which is `required_product_unusable`. An order that is there, but
      pending, is `pending_required_field`.
    Source: facts/connector-causes.md, A4 H1; facts/heartland-api.md, 2.5 and 3.3
    """
    if not overdue(ev):
        return None
    later = passed(ev)
    on_sales = stops_sales(ev)
    if on_sales and later == 0:
        sure = any(_was_required(ev, field) for field in on_sales)
        return _suspicion(ev, Certainty.CERTAIN if sure else Certainty.LIKELY, on_sales)
    of_buyers = [field for field in met(ev) if not of_sales(field) and not of_items(field)]
    if of_buyers and later == 0:
        return _suspicion(ev, Certainty.LIKELY, of_buyers)
    suspected = (on_sales if later < ENOUGH_PASSED else []) + of_buyers
    return _suspicion(ev, Certainty.POSSIBLE, suspected) if suspected and ev.late else None


def _was_required(ev: Evidence, field: RequiredField) -> bool:
    """Whether the field was seen required before the order came; something else may hold back one that came earlier."""
    return field.since is None or field.since <= ev.eligible_at


def _suspicion(ev: Evidence, certainty: Certainty, fields: list[RequiredField]) -> Suspicion:
    facts = (*(_required(field) for field in fields), read_fact(ev), passed_fact(ev))
    return Suspicion(certainty, facts, _name(fields[0]))


def _required(field: RequiredField) -> Fact:
    only = ", only values of its list are taken" if field.list_restricted else ""
    return pos(f"custom field {_name(field)}", f"required{only}")


def _name(field: RequiredField) -> str:
    return f"{field.group}: {field.name}"
