"""Rule: the order is assigned to a location that the connector does not know."""

from reconcile.evidence import Evidence
from reconcile.inference import held_back
from reconcile.model import Certainty, Fact, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, moment, shop, shopify
from reconcile.rules._set_up import overdue
from reconcile.runs import arrived_later


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="La commande est assignée à un emplacement que le connecteur ne connaît pas.",
    fix_fr="Mortar > Settings > Locations : associer l'emplacement nommé à un emplacement du POS et à sa caisse ; ou "
    "Mortar > Settings > Advanced settings : choisir un Backorder Location, puis enregistrer.",
    evidence_fr="La commande est absente, et aucun des emplacements auxquels ses lignes sont assignées n'est parmi les "
    "déclarés : certain. Non déclaré, ou déclaré associé : trois commandes en retard de suite ou plus de cet emplacement, "
    "alors que des commandes d'autres emplacements arrivent : probable.",
    then_fr="Les réglages ne sont pas rétroactifs. Une fois qu'une commande plus récente de cet emplacement est arrivée, ou "
    "que l'emplacement est déclaré associé, une commande retenue est relancée, et les autres suivent une fois qu'elle est "
    "arrivée.",
)
def location_unmapped(ev: Evidence) -> Suspicion | None:
    """The order is assigned to a location that is not mapped in the connector.

    The connector leaves out, without a word, the lines that Shopify has assigned to a location that is not mapped,
    unless a Backorder Location is set. An order all of whose lines are there does not arrive at all.

    Evidence: the order is absent, and none of the locations that its lines are assigned to is among the declared ones:
      certain. Not declared, or declared as mapped: three or more late orders of that location in a row, while orders
      of other locations arrive: likely.
    Fix: Mortar > Settings > Locations: map the location named above to one of the POS and to its register; or Mortar >
      Settings > Advanced settings: set a Backorder Location, and press Save Settings.
    Then: settings are not retroactive. Once a later order of this location has arrived, or the location is declared
      as mapped, one held order is touched, and the others follow after it has arrived.
    Not this: an order of which some lines are at a mapped location arrives with these, which is `lines_missing`. A
      later order of the location has arrived. Shopify's assignments were not read.
    Source: facts/connector-causes.md, A5 L1 and B2
    """
    names = sorted(ev.order.assigned_locations or ())
    if not ev.absent or not names or any(_open(ev, name) for name in names):
        return None
    mapped = {name.strip().casefold() for name in ev.shop.declared.locations or ()}
    assigned = shopify("assigned to", listed(names))
    said = declared("mapped locations", listed(ev.shop.declared.locations or ()) or None)
    if mapped and not any(name.strip().casefold() in mapped for name in names) and overdue(ev):
        return Suspicion(Certainty.CERTAIN, (assigned, said), names[0])
    return _seen(ev, names[0], (assigned, said)) if len(names) == 1 else None


def _open(ev: Evidence, name: str) -> bool:
    return arrived_later(ev.shop.outcomes, f"location:{name}", ev.eligible_at, ev.grace)


def _seen(ev: Evidence, name: str, said: tuple[Fact, ...]) -> Suspicion | None:
    """What the other orders say: those of this location are late in a row, those of others arrive."""
    run = held_back(ev.shop.outcomes, f"location:{name}", ev.eligible_at, ev.grace)
    if run is None or ev.eligible_at < run.since:
        return None
    late = shop(f"orders of {name} that are late in a row", f"{run.late}, since {moment(run.since)}")
    return Suspicion(Certainty.LIKELY, (*said, late, shop("others that arrived", run.arrived_without)), name)
