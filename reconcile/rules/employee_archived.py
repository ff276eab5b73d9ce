"""Rule: the employee whom the connector sells as is not active in the POS."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Employee, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._employee import gone, named, perhaps_gone, since, title_of, unknown_name, why
from reconcile.rules._facts import declared, moment, pos, shop
from reconcile.rules._set_up import overdue, passed_overdue, read_fact, stops_all, without_employee
from reconcile.runs import stalled_since

SETTING = "Employee assigned to POS transactions"


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    pos=("lightspeed_r", "lightspeed_x"),
    title_fr="L'employé assigné aux transactions POS n'est pas actif.",
    fix_fr="Shopify > Mortar > Paramètres > panneau des commandes > Employé assigné aux transactions POS : choisir un "
    "employé actif, de préférence réservé aux commandes en ligne (« Commandes eCom », « Commandes en ligne », « Ventes "
    "Shopify »), puis enregistrer.",
    evidence_fr="La commande est absente, aucune devenue éligible plus tard n'est arrivée depuis qu'elle est en retard, et "
    "celui au nom de qui le connecteur vend est vu archivé, verrouillé ou supprimé dans le POS : l'employé "
    "déclaré, ou, si personne n'y porte ce nom, ceux de ses dernières ventes : certain. Cinq commandes en retard "
    "de suite ou plus, aucune arrivée depuis, et personne n'est déclaré, ou le POS n'a personne du nom déclaré, "
    "ou l'employé de ses dernières ventes ou de notre propre accès n'est pas actif : probable. La même chose tant"
    " qu'on ne sait pas qui est assigné, ni s'il est actif : possible, à côté de `connector_stalled`.",
    then_fr="Une fois qu'une commande plus récente est arrivée, une commande retenue est relancée, et les autres suivent "
    "une fois qu'elle est arrivée.",
)
def employee_archived(ev: Evidence) -> Suspicion | None:
    """The employee assigned to POS transactions is not active.

    The connector writes sales as an employee of the POS, with the access of the one who installed it. When that
    employee is archived, the access is lost and no order is carried any more.

    Evidence: the order is absent, none that became eligible later has arrived since it is overdue, and whoever the
      connector sells as is seen archived, locked out or deleted in the POS: the declared employee, or, when none of that
      name is there, those of its latest sales: certain. Five or more late orders in a row, none arrived later, and nobody
      is declared as assigned, or the POS has nobody of the declared name, or the employee of its latest sales or of our
      own access is not active: likely. The same while it is not known who is assigned, or whether that employee is
      active: possible, beside `connector_stalled`.
    Fix: Shopify > Mortar > Settings > orders panel > Employee assigned to POS transactions: choose an active one, best
      one kept for online orders (eCom Orders, Online Orders, Shopify Sales), and save.
    Then: once a later order has arrived, one held order is touched, and the others follow after it has arrived.
    Not this: Heartland Retail has no such setting. An order that became eligible later has arrived, so that the access
      is there. The assigned employee was read and is active. Anything else that stops every order and is seen.
    Source: facts/connector-causes.md, A2 X1 and X2; facts/lightspeed-api.md, A9
    """
    if not ev.absent or stops_all(ev):
        return None
    one = gone(ev)
    if one is not None:
        return _seen(ev, one)
    run = stalled_since(ev.shop.outcomes)
    if run is None or ev.eligible_at < run.since:
        return None
    stalled = shop("late orders in a row", f"{run.late}, none arrived since {moment(run.since)}")
    return _assumed(ev, stalled)


def _seen(ev: Evidence, one: Employee) -> Suspicion | None:
    """What the POS itself shows of the employee."""
    if not overdue(ev) or passed_overdue(ev):
        return None
    facts = (
        pos(f"employee {title_of(one)}", why(one)),
        declared(SETTING, ev.shop.declared.employee),
        shop("nothing has arrived of what became eligible since", since(ev)),
        read_fact(ev),
    )
    return Suspicion(Certainty.CERTAIN, facts, title_of(one))


def _assumed(ev: Evidence, stalled: Fact) -> Suspicion | None:
    """What a standing connector and a setting in doubt say together."""
    said = declared(SETTING, "nobody" if without_employee(ev) else ev.shop.declared.employee)
    if without_employee(ev):
        return Suspicion(Certainty.LIKELY, (said, stalled), SETTING)
    suspect = perhaps_gone(ev)
    if suspect is not None:
        seen = "there is none of this name" if unknown_name(ev) else why(suspect)
        return Suspicion(
            Certainty.LIKELY, (said, pos(f"employee {title_of(suspect)}", seen), stalled), title_of(suspect)
        )
    if named(ev):
        return None  # the assigned employee is there, and active
    return Suspicion(Certainty.POSSIBLE, (said, pos("whether the employee is active", "not read"), stalled), SETTING)
