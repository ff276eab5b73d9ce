"""What a merchant's approval brings, at Shopify or at the POS: the answer is proven to be theirs, and becomes tokens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconcile.config import Shop
from reconcile.errors import NotThere, Refused, Unsupported
from reconcile.model import Identity
from reconcile.people.invites import POS, SHOPIFY, home_of, settle, sides_by_link, tell
from reconcile.pos.base import Approvable, Approval
from reconcile.services import Services
from reconcile.shopify.installed import SCOPES, authorise_url, is_genuine

FRESH = timedelta(minutes=10)  # how old Shopify's answer may be
BACK = "/connect/installed"
BACK_FROM_POS = "/connect/approved"
WITHOUT_ALL_ORDERS = frozenset({"read_all_orders"})  # Shopify grants it on request only; its absence stops nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What came of it: the scopes that were asked for and not granted."""

    shop: Shop
    missing: frozenset[str]


def way_to_shopify(shop: Shop, state: str) -> str:
    """Where the merchant's browser goes to approve."""
    base_url = shop.shopify.get("base_url") or f"https://{shop.domain}"
    return authorise_url(base_url, shop.shopify["client_id"], home_of(shop) + BACK, state)


def opened(services: Services, query: Iterable[tuple[str, str]]) -> Shop:
    """The shop in whose admin the app was opened: what Shopify does once a merchant has installed it from there.

    Shopify's signature lets them in, as a link does. Raises `NotThere` for a shop that is not installed by a link.
    """
    pairs = list(query)
    domain = dict(pairs).get("shop", "").lower()
    shop = next((one for one in services.settings.shops.values() if one.domain == domain), None)
    if shop is None or SHOPIFY not in sides_by_link(shop):
        raise NotThere("This shop is not set up here yet: ask for a link.")
    _prove(services, shop, pairs)
    return shop


def install(services: Services, store: str, query: Iterable[tuple[str, str]]) -> Installation:
    """Change the query that Shopify sent the merchant back with for tokens.

    Raises `Refused` for an answer that is not Shopify's, and what the token request raises.
    """
    shop, pairs = services.shop(store), list(query)
    _prove(services, shop, pairs)
    granted = services.admin(shop).install(dict(pairs).get("code", ""))
    settle(services, shop.store, SHOPIFY)
    missing = frozenset(scope for scope in SCOPES if not _covers(granted, scope))
    text = f"the app was installed; not granted: {', '.join(sorted(missing)) or 'nothing'}"
    tell(services, shop.store, "shopify", text)
    return Installation(shop=shop, missing=missing - WITHOUT_ALL_ORDERS)


def way_to_pos(services: Services, shop: Shop, state: str, verifier: str) -> str:
    """Where the browser of somebody goes who may approve at the POS."""
    return _door(services, shop).approval_url(_asked(shop, state, verifier))


def approve(services: Services, store: str, answer: Mapping[str, str], verifier: str) -> Identity:
    """Change the answer that somebody came back with from the POS for tokens; a first read has proven them.

    Raises `Refused` when they did not approve, or at another account than the shop's, and what a read raises.
    """
    shop = services.shop(store)
    if not answer.get("code"):
        raise Refused("It was not approved at the POS. Open the link again.")
    given, own = answer.get("domain_prefix", ""), str(shop.pos.get("subdomain", ""))
    if given and own and given.lower() != own.lower():
        raise Refused(f"It was approved at another account than {own}: sign in there, and open the link again.")
    asked = _asked(shop, answer.get("state", ""), verifier)
    identity = _door(services, shop).approve(asked, answer["code"])
    settle(services, store, POS)
    tell(services, store, identity.name or POS, f"our app was approved at the POS, {identity.account}")
    return identity


def _door(services: Services, shop: Shop) -> Approvable:
    pos = services.pos(shop)
    if POS not in sides_by_link(shop) or not isinstance(pos, Approvable):
        raise Unsupported(f"{shop.store}: nothing is approved at its POS.")
    return pos


def _asked(shop: Shop, state: str, verifier: str) -> Approval:
    return Approval(redirect_uri=home_of(shop) + BACK_FROM_POS, state=state, verifier=verifier)


def _prove(services: Services, shop: Shop, pairs: list[tuple[str, str]]) -> None:
    answer = dict(pairs)
    if not is_genuine(pairs, shop.shopify["client_secret"]) or answer.get("shop", "").lower() != shop.domain:
        raise Refused("The answer is not signed by Shopify for this shop. Open the link again.")
    if not _is_fresh(answer, services.clock.now()):
        raise Refused("Shopify's answer is too old. Open the link again.")


def _covers(granted: frozenset[str], scope: str) -> bool:
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def _is_fresh(answer: Mapping[str, str], now: datetime) -> bool:
    try:
        age = now.timestamp() - int(answer.get("timestamp", ""))
    except ValueError:
        return False
    return abs(age) <= FRESH.total_seconds()
