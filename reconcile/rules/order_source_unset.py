"""Rule: web orders have no location and till in Heartland to be entered at."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Fact, Location, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import declared, listed, pos, shopify
from reconcile.rules._set_up import location, locations_read, overdue, passed, passed_fact, read_fact, without_tills
from reconcile.runs import arrived_later

SETTING = "order source"


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    pos=("heartland",),
    title_fr="Les commandes web n'ont ni emplacement ni caisse dans Heartland.",
    fix_fr="Mortar > Apps > Shopify > Routing : choisir la source des commandes (Order source) et enregistrer. Mortar > "
    "Settings > Locations : associer l'emplacement ET sa caisse. Heartland > Paramètres > Emplacements : une caisse "
    "active par emplacement.",
    evidence_fr="La commande est absente, aucune plus récente n'est arrivée, et la source des commandes est déclarée non "
    "définie : certain ; ou déclarée comme un emplacement lu à l'instant fermé ou sans caisse active : certain ; ou comme "
    "un emplacement que le POS ne montre pas : probable. Non déclarée : aucun emplacement n'a de caisse active, ou aucun de "
    "ceux auxquels la commande est assignée : probable.",
    then_fr="Une fois le réglage déclaré, ou qu'une lecture suivante montre une caisse active, une commande retenue est "
    "relancée, et les autres suivent une fois qu'elle est arrivée.",
)
def order_source_unset(ev: Evidence) -> Suspicion | None:
    """Web orders have no location and till in Heartland to be entered at.

    Heartland takes an order only at a location and one of its stations. The connector takes both from its order
    source and from the mapped locations.

    Evidence: the order is absent, no later order has arrived, and the order source is declared unset: certain; or it
      is declared as a location that was just read as closed or without an active station: certain; or as one that the
      POS does not show: likely. Not declared: no location has an active station, or none of those that the order is
      assigned to: likely.
    Fix: Mortar > Apps > Shopify > Routing: choose the Order source and save. Mortar > Settings > Locations: map the
      location and its register. Heartland > Settings > Locations: give the location an active station.
    Then: once the setting is declared, or a later reading shows an active station, one held order is touched, and the
      others follow after it has arrived.
    Not this: later orders arrive; or the locations could not be read and nothing is declared. A location that is not
      mapped in the connector is `location_unmapped`.
    Source: facts/connector-causes.md, A3 P9 and B2; facts/heartland-api.md, 2.3 and 2.9
    """
    if not overdue(ev):
        return None
    source = ev.shop.declared.order_source
    if source is None:
        return _undeclared(ev)
    if passed(ev):
        return None
    if source == "":
        return Suspicion(Certainty.CERTAIN, (declared(SETTING, "unset"), passed_fact(ev)), SETTING)
    return _declared(ev, source)


def _declared(ev: Evidence, source: str) -> Suspicion | None:
    place = location(ev, source)
    if not locations_read(ev) or (place and place not in without_tills(ev)):
        return None
    said = (declared(SETTING, source), pos(f"location {source}", _state(place)), read_fact(ev), passed_fact(ev))
    return Suspicion(Certainty.CERTAIN if place else Certainty.LIKELY, said, source)


def _undeclared(ev: Evidence) -> Suspicion | None:
    closed = without_tills(ev)
    if not closed:
        return None
    names = sorted(ev.order.assigned_locations or ())
    mine = [location(ev, name) for name in names]
    here = bool(mine) and all(place in closed for place in mine) and not _overtaken(ev, names)
    everywhere = all(place in closed for place in (ev.shop.set_up.locations or ())) if ev.shop.set_up else False
    if not here and (not everywhere or passed(ev)):
        return None
    seen: list[Fact] = [pos(f"location {place.name}", _state(place)) for place in closed]
    assigned = [shopify("assigned to", listed(names))] if names else []
    facts = (*assigned, *seen, declared(SETTING, None), read_fact(ev), passed_fact(ev))
    return Suspicion(Certainty.LIKELY, facts, names[0] if here else SETTING)


def _overtaken(ev: Evidence, names: list[str]) -> bool:
    return any(arrived_later(ev.shop.outcomes, f"location:{name}", ev.eligible_at, ev.grace) for name in names)


def _state(place: Location | None) -> str:
    if place is None:
        return "not among those that the token sees"
    return "no active station" if place.active else "closed"
