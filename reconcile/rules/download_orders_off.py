"""Rule: the connector downloads no orders at all."""

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import moment, shop, shopify
from reconcile.rules._settings import EVERY_ORDER, PAGE_FR, held_by
from reconcile.runs import left_behind


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.SHOP,
    title_fr="Le connecteur ne télécharge aucune commande.",
    fix_fr=f"{PAGE_FR} : activer « Télécharger les commandes » (Download Orders), puis enregistrer (Save Settings).",
    evidence_fr="`download_orders` déclaré désactivé, et aucune commande devenue éligible plus tard n'est arrivée : "
    "certain. Tant que des commandes arrivaient peu avant, il faut une commande plus vieille que le délai pour croire la "
    "déclaration. Cinq commandes de suite ou plus sont restées absentes, de plus récentes sont venues, aussi des sortes "
    "dont elles sont toutes, et dix minutes après elles manquent toujours : probable, et passé.",
    then_fr="Les réglages ne sont pas rétroactifs. Dès qu'une commande plus récente arrive, la cause est vue disparue, et "
    "les commandes qu'elle retenait sont relancées : une d'abord, les autres quand celle-ci est arrivée.",
)
def download_orders_off(ev: Evidence) -> Suspicion | None:
    """The connector does not download orders.

    Download Orders is the master switch: with it off, none of the other settings matters and nothing new reaches the
    POS. It is often switched off for a stocktaking or a move, and forgotten.

    Evidence: `download_orders` declared off, and no order that became eligible later has arrived: certain. While orders
      were still arriving shortly before, it takes an order older than the grace to believe the declaration. Five or
      more orders in a row stayed away, later ones came, also of the kinds that all of them are, and ten minutes after
      that these have not: likely, and over.
    Fix: Shopify > Mortar > Settings > Advanced settings > Orders: switch Download Orders on and press Save Settings.
    Then: settings are not retroactive. Once a later order arrives the cause is seen gone, and the orders that it held
      back are touched: one first, the others when that one has arrived.
    Not this: nothing arrives although the switch is declared on, or not declared, is `connector_stalled`: seen from
      outside the two look alike. A later order that arrived shows that the switch is on, whatever is declared.
    Source: facts/connector-causes.md, A1 E1 and B1
    """
    if EVERY_ORDER.declared_off(ev.shop.declared):
        return held_by(ev, EVERY_ORDER, shopify("eligible since", ev.eligible_at))
    run = left_behind(ev.shop.outcomes, ev.eligible_at, ev.now, ev.grace) if ev.absent else None
    if run is None:
        return None
    facts = (
        shopify("eligible since", ev.eligible_at),
        shop("orders in a row that stayed away", run.late),
        shop("nothing from", moment(run.since)),
        shop("later orders arrived", "these were left behind: they were in no queue"),
    )
    return Suspicion(Certainty.LIKELY, facts, EVERY_ORDER.setting, gone=True)
