"""Rule: the connector carries nothing at all."""

from reconcile.accounts import NOTHING_COMES
from reconcile.evidence import Evidence
from reconcile.inference import ENOUGH_LATE, LIKELY, POSSIBLE, beliefs
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._employee import gone, perhaps_gone
from reconcile.rules._facts import moment, shop, span
from reconcile.rules._set_up import overdue, stops_all, without_employee
from reconcile.rules._settings import accounts_for
from reconcile.runs import ANY, Run, outrun, stalled_since


@rule(
    remedy=Remedy.WAIT,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne transmet plus rien : aucune commande récente n'est arrivée.",
    fix_fr="Mortar > Status : regarder l'état des services et les heures des derniers échanges ; si rien ne bouge, "
    "écrire au support du connecteur avec une commande en exemple.",
    evidence_fr="Cinq commandes de suite ou plus, dont celle-ci, sont absentes alors que la plupart sont arrivées à leur "
    "âge, et aucune commande plus récente, de quelque sorte que ce soit, n'est arrivée : probable. Dès trois commandes, "
    "quand les temps d'arrivée de cette boutique rendent probable à 95 % qu'elles sont retenues (docs/inference.md). Une "
    "commande devenue éligible moins d'un délai avant elles, et en retard, peut être dans la même file bien que d'autres "
    "l'aient dépassée : possible.",
    then_fr="Rien n'est relancé tant que cela dure, car une relance dans une file arrêtée est le plus sûr moyen d'un "
    "doublon. Des commandes ne sont relancées qu'une fois qu'une plus récente est arrivée.",
)
def connector_stalled(ev: Evidence) -> Suspicion | None:
    """The connector carries nothing at all: none of the latest orders has arrived.

    It stands still, or cannot reach Shopify or the POS. What waits in its queue usually arrives by itself when it goes
    on.

    Evidence: five or more orders in a row, this one among them, are absent although most orders have arrived at their
      age, and no later order of any kind has arrived: likely. From three orders on, when this shop's own arrival times
      make it 95 % probable that they are held back (docs/inference.md).
      An order that became eligible less than a grace before they did, and is overdue, may be in the same queue although
      some have overtaken it: possible.
    Fix: Mortar > Status: look at the services and at the times of the last exchanges; when nothing moves, write to the
      connector's support with one order as the example.
    Then: nothing is touched as long as it stands, since a touch into a standing queue is the likeliest way to a double.
      Orders are touched again only after a later one has arrived.
    Not this: orders of some kind do arrive, so that a setting holds back the others, even when those others have been
      the only ones for a while. Something that is seen or declared stops every order: a required custom field, the
      missing payment type, no order source, downloads switched off,
      or an employee of the connector's who is archived, locked out or gone.
    Source: facts/connector-causes.md, A2 X5 and section 7 (4)
    """
    if not ev.absent or stops_all(ev) or without_employee(ev) or gone(ev) or perhaps_gone(ev):
        return None
    run = _standing(ev)
    if run is None or ev.eligible_at < run.since - ev.grace:
        return None
    overtaken = ev.eligible_at < run.since
    if overtaken and not overdue(ev):
        return None
    facts = (
        shop("orders in a row that have not arrived", run.late),
        shop("nothing since", moment(run.since)),
        shop("last arrival", max((o.arrived_at for o in ev.shop.outcomes if o.arrived_at), default=None)),
    )
    if not overtaken:
        return Suspicion(Certainty.LIKELY, facts)
    return Suspicion(
        Certainty.POSSIBLE,
        (*facts, shop("eligible before it stood, within the usual time", span(run.since - ev.eligible_at))),
    )


def _standing(ev: Evidence) -> Run | None:
    """The standing run; in a row, orders that most others outran at their age say as much as late ones."""
    opened = max((o.eligible_at for o in ev.shop.outcomes if o.arrived_at is not None), default=None)
    absent = [o for o in ev.shop.outcomes if opened is None or o.eligible_at > opened]
    return None if accounts_for(ev, absent) else stalled_since(outrun(absent, ev.now, ev.grace)) or _probably(ev)


def _probably(ev: Evidence) -> Run | None:
    """A shorter run, when this shop's own arrival times make chance improbable, and no filter is much likelier."""
    found = beliefs(ev.shop.outcomes, ev.grace)
    nothing, stop = found.get(NOTHING_COMES), found.get(ANY)
    if nothing is None or stop is None or nothing.since is None or nothing.orders < ENOUGH_LATE:
        return None
    if nothing.probability < LIKELY or stop.probability < POSSIBLE:
        return None
    return Run(late=nothing.orders, arrived_without=0, since=nothing.since)
