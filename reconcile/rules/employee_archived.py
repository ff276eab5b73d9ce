"""Rule: the employee whom the connector sells as is not active in the POS."""

from reconcile.evidence import Evidence
from reconcile.inference import stalled_since
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, moment, pos, shop
from reconcile.rules._set_up import stops_all, without_employee

SETTING = "Employee assigned to POS transactions"


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    pos=("lightspeed_r", "lightspeed_x"),
    title_fr="L'employé assigné aux transactions POS n'est pas actif.",
    fix_fr="Shopify > Mortar > Paramètres > panneau des commandes > Employé assigné aux transactions POS : choisir un "
    "employé actif, de préférence réservé aux commandes en ligne (« Commandes eCom », « Commandes en ligne », « Ventes "
    "Shopify »), puis enregistrer.",
)
def employee_archived(ev: Evidence) -> Suspicion | None:
    """The employee assigned to POS transactions is not active.

    The connector writes sales as an employee of the POS, with the access of the one who installed it. When that
    employee is archived, the access is lost and no order is carried any more.

    Evidence: five or more late orders in a row, this one among them, and no later order of any kind has arrived, while
      it is declared that no employee is assigned: likely. While an employee is declared, or nothing is: possible,
      beside `connector_stalled`, since whether that employee is active was not read.
    Fix: Shopify > Mortar > Settings > orders panel > Employee assigned to POS transactions: choose an active one, best
      one kept for online orders (eCom Orders, Online Orders, Shopify Sales), and save.
    Then: once a later order has arrived, one held order is touched, and the others follow after it has arrived.
    Not this: Heartland Retail has no such setting. Orders of any kind arrive, so that the access is there. A single
      absent order never speaks for it, nor anything else that stops every order and is seen.
    Source: facts/connector-causes.md, A2 X1 and X2; facts/lightspeed-api.md, A9
    """
    run = stalled_since(ev.shop.outcomes) if ev.absent and not stops_all(ev) else None
    if run is None or ev.eligible_at < run.since:
        return None
    said = declared(SETTING, "nobody" if without_employee(ev) else ev.shop.declared.employee)
    stalled = shop("late orders in a row", f"{run.late}, none arrived since {moment(run.since)}")
    if without_employee(ev):
        return Suspicion(Certainty.LIKELY, (said, stalled), SETTING)
    return Suspicion(Certainty.POSSIBLE, (said, pos("whether the employee is active", "not read"), stalled), SETTING)
