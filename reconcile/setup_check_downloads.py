"""The checklist's second point: the four download settings, as they are declared and as the shop's own orders show them."""

from collections.abc import Iterator, Mapping

from reconcile.check_result import CheckResult, Result
from reconcile.evidence import Declared
from reconcile.inferred import Inferred

DOWNLOADS = (
    ("download_orders", "Download Orders", "Télécharger les commandes"),
    ("download_fulfilled_orders", "Download Fulfilled Orders", "Télécharger les commandes traitées"),
    ("download_unfulfilled_orders", "Download Unfulfilled Orders", "Télécharger les commandes non traitées"),
    ("download_archived_orders", "Download Archived Orders", "Télécharger les commandes archivées"),
)
PAGE = "Shopify > Mortar > Settings > Advanced settings > Orders"
PAGE_FR = "Shopify > Mortar > Paramètres > Paramètres avancés > Commandes"
RESULTS = {True: Result.PASS, False: Result.FAIL, None: Result.UNKNOWN}
SAID = {
    True: ("declared on", "déclaré activé"),
    False: ("declared off", "déclaré désactivé"),
    None: ("not declared: the connector has no API to ask", "non déclaré : le connecteur n'a pas d'API"),
}


def check_downloads(declared: Declared, shown: Mapping[str, Inferred]) -> Iterator[CheckResult]:
    """Each of the four; what the orders show beats what is declared."""
    for key, english, french in DOWNLOADS:
        said, seen = getattr(declared, key), shown.get(key)
        position = seen.shown if seen is not None and seen.shown is not None else said
        evidence, evidence_fr = SAID[said]
        if seen is not None and position != said:
            evidence, evidence_fr = (f"{evidence}; {_shown(seen)}", f"{evidence_fr} ; {_shown_fr(seen)}")
        yield CheckResult(
            slug=key, result=RESULTS[position], title=f"{english} is on", title_fr=f"« {french} » est activé",
            evidence=evidence, evidence_fr=evidence_fr,
            fix="" if position else f"{PAGE}: switch {english} on and press Save Settings.",
            fix_fr="" if position else f"{PAGE_FR} : activez « {french} » et enregistrez.",
        )  # fmt: skip


def _shown(seen: Inferred) -> str:
    if seen.shown:
        return f"such orders arrive, {seen.arrived} in the last two days: it is on"
    since = f" since {seen.since:%Y-%m-%d %H:%M} UTC" if seen.since else ""
    return f"the orders say off: {seen.orders} have not arrived{since} ({seen.percent} probable)"


def _shown_fr(seen: Inferred) -> str:
    if seen.shown:
        return f"de telles commandes arrivent, {seen.arrived} en deux jours : il est activé"
    since = f" depuis le {seen.since:%d/%m/%Y %H:%M} UTC" if seen.since else ""
    percent = seen.percent.replace(".", ",")
    return f"les commandes disent désactivé : {seen.orders} ne sont pas arrivées{since} (probable à {percent})"
