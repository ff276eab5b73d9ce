"""Rule: Heartland does not take the order's customer."""

from collections.abc import Iterator

from reconcile.evidence import Evidence
from reconcile.model import Certainty, Remedy, Scope
from reconcile.rules import Suspicion, rule
from reconcile.rules._facts import shopify
from reconcile.rules._set_up import overdue, passed_fact

PARTS = {
    "first_name": "first name", "last_name": "last name", "address1": "street", "city": "city",
    "province": "province or state", "zip": "postal code",
}  # fmt: skip
EVERYWHERE = {"first_name", "last_name", "address1", "city"}  # some countries have no provinces or no postal codes
SURE = tuple(Certainty)
Flaw = tuple[str, str, Certainty]


@rule(
    remedy=Remedy.FIX_THEN_RETRY,
    scope=Scope.ORDER,
    pos=("heartland",),
    title_fr="Heartland refuse le client de la commande : ses coordonnées sont incomplètes.",
    fix_fr="Shopify > Commandes > la commande : compléter l'e-mail et l'adresse de livraison (prénom, nom, rue, ville, "
    "province, code postal), sans émojis, puis enregistrer.",
    evidence_fr="La commande est absente, et son adresse e-mail manque ou est mal formée, ou un nom, la rue ou la ville "
    "manque : certain ; pour une partie de l'adresse, une fois qu'elle est en retard, car avant cela elle peut encore venir "
    "et rester en attente. Il n'y a aucune adresse (les articles n'en demandent peut-être pas), ou le code postal manque : "
    "probable. Seule la province manque (beaucoup de pays n'en ont pas), ou il y a des caractères comme des émojis : "
    "possible.",
    then_fr="L'enregistrement de la commande dans Shopify la fait regarder à nouveau par le connecteur. Si elle est "
    "toujours absente une fois complète, elle est relancée.",
)
def customer_incomplete(ev: Evidence) -> Suspicion | None:
    """Heartland does not take the order's customer: an e-mail or a part of the address is missing.

    The connector makes a customer in Heartland of each new buyer. Heartland asks for an e-mail address, and for an
    address with first and last name, street, city, province and postal code. Without them the order is blocked.

    Evidence: the order is absent, and its e-mail address is missing or malformed, or a name, the street or the city is
      missing: certain; for a part of the address once it is late, since before that it may yet come, and stay pending.
      There is no address at all (the goods may need none), or the postal code is missing: likely.
      Only the province is missing (many countries have none), or there are characters such as emoji: possible.
    Fix: Shopify > Orders > the order: complete the e-mail and the shipping address (first name, last name, street,
      city, province, postal code), without emoji, and save.
    Then: saving the order in Shopify makes the connector look at it again. If it is still absent once its facts are
      complete, it is touched.
    Not this: an order without any customer is `no_customer`. What the app may not see of a buyer is not missing. An
      order that is there, but pending without an address, is `pending_address_missing`.
    Source: facts/connector-causes.md, A4 H4, H5 and H6; facts/heartland-api.md, 2.3 and 2.9
    """
    flaws = list(_flaws(ev)) if overdue(ev) and ev.order.customer.present else []
    if not flaws:
        return None
    certainty = min((one[2] for one in flaws), key=SURE.index)
    return Suspicion(certainty, (*(shopify(what, value) for what, value, _ in flaws), passed_fact(ev)))


def _flaws(ev: Evidence) -> Iterator[Flaw]:
    customer = ev.order.customer
    if customer.valid_email is False:
        yield "e-mail", "missing or malformed", Certainty.CERTAIN
    missing = customer.missing_parts or frozenset()
    if missing == set(PARTS):
        yield "address", "none", Certainty.LIKELY
    elif missing:
        named = ", ".join(PARTS[part] for part in PARTS if part in missing)
        weight = _weight(missing)
        # Before it is late it may yet come, and be left pending for the same flaw.
        yield "missing of the address", named, weight if ev.late else max(weight, Certainty.LIKELY, key=SURE.index)
    if customer.odd_characters:
        yield "characters in the address", "emoji or unprintable ones", Certainty.POSSIBLE


def _weight(missing: frozenset[str]) -> Certainty:
    if missing & EVERYWHERE:
        return Certainty.CERTAIN
    return Certainty.LIKELY if "zip" in missing else Certainty.POSSIBLE
