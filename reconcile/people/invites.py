"""The link by which a merchant installs the app in their shop: sealed, for seven days, good once, ended by a newer one."""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from reconcile import history
from reconcile.config import Shop
from reconcile.errors import NotThere, ReconcilerError, Refused
from reconcile.ledger.keeping import Keeping
from reconcile.services import Services
from reconcile.shopify.installed import SCOPES, authorise_url, is_genuine

GOOD_FOR = timedelta(days=7)
OPEN = "shopify.invite"  # what the shop's newest link holds; empty once it was used
FRESH = timedelta(minutes=10)  # how old Shopify's answer may be
BACK = "/connect/installed"
WITHOUT_ALL_ORDERS = frozenset({"read_all_orders"})  # Shopify grants it on request only; its absence stops nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What came of it: the scopes that were asked for and not granted."""

    shop: Shop
    missing: frozenset[str]


def may_be_invited(shop: Shop) -> bool:
    return shop.shopify.get("grant") == "authorization_code"


def invite(services: Services, who: str, store: str) -> str:
    """The address to send to the merchant; an older one of this shop is void from now on.

    Raises `Refused` when the shop's access is not by installation, or our own public address is not known.
    """
    shop = services.shop(store)
    if not may_be_invited(shop):
        raise Refused(
            f"{store}: its access to Shopify is not by installation; set shopify.grant to authorization_code."
        )
    if not shop.webhook_url:
        raise Refused(f"{store}: webhook_url is missing; the link and Shopify's way back are at the same address.")
    until, word = services.clock.now() + GOOD_FOR, secrets.token_urlsafe(16)
    _kept(services, store).put(OPEN, word)
    _tell(services, store, who, f"a link for installing the app was made, good until {until:%Y-%m-%d %H:%M} UTC")
    sealed = services.vault.seal(json.dumps({"invite": store, "word": word, "until": until.isoformat()}).encode())
    return f"{home_of(shop)}/connect/{sealed.decode()}"


def invited(services: Services, token: str) -> Shop:
    """The shop that a link is for; raises `NotThere` that says what is wrong with the link."""
    try:
        told = json.loads(services.vault.open(token.encode("utf-8", "surrogateescape")))
        store, word, until = told["invite"], told["word"], datetime.fromisoformat(told["until"])
    except (ReconcilerError, ValueError, KeyError, TypeError):
        raise NotThere("This link is not one of ours, or a part of it is missing: copy it whole.") from None
    if services.clock.now() >= until:
        raise NotThere("This link has expired: ask for a new one.")
    if store not in services.settings.shops or not _is_open(services, store, word):
        raise NotThere("This link was used already, or a newer one was sent since.")
    return services.shop(store)


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
    if shop is None or not may_be_invited(shop):
        raise NotThere("This shop is not set up here yet: ask for a link.")
    _prove(services, shop, pairs)
    return shop


def install(services: Services, store: str, query: Iterable[tuple[str, str]]) -> Installation:
    """Change the query that Shopify sent the merchant back with for tokens; the shop's link is void afterwards.

    Raises `Refused` for an answer that is not Shopify's, and what the token request raises.
    """
    shop, pairs = services.shop(store), list(query)
    _prove(services, shop, pairs)
    answer = dict(pairs)
    granted = services.admin(shop).install(answer.get("code", ""))
    _kept(services, shop.store).put(OPEN, "")
    missing = frozenset(scope for scope in SCOPES if not _covers(granted, scope))
    _tell(
        services,
        shop.store,
        "shopify",
        f"the app was installed; not granted: {', '.join(sorted(missing)) or 'nothing'}",
    )
    return Installation(shop=shop, missing=missing - WITHOUT_ALL_ORDERS)


def _prove(services: Services, shop: Shop, pairs: list[tuple[str, str]]) -> None:
    answer = dict(pairs)
    if not is_genuine(pairs, shop.shopify["client_secret"]) or answer.get("shop", "").lower() != shop.domain:
        raise Refused("The answer is not signed by Shopify for this shop. Open the link again.")
    if not _is_fresh(answer, services.clock.now()):
        raise Refused("Shopify's answer is too old. Open the link again.")


def home_of(shop: Shop) -> str:
    """Our own public address, as the shop's `webhook_url` has it."""
    parts = urlsplit(shop.webhook_url)
    return f"{parts.scheme}://{parts.netloc}"


def _covers(granted: frozenset[str], scope: str) -> bool:
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def _is_fresh(answer: Mapping[str, str], now: datetime) -> bool:
    try:
        age = now.timestamp() - int(answer.get("timestamp", ""))
    except ValueError:
        return False
    return abs(age) <= FRESH.total_seconds()


def _is_open(services: Services, store: str, word: str) -> bool:
    known = _kept(services, store).get(OPEN) or ""
    return bool(known) and hmac.compare_digest(known.encode(), str(word).encode())


def _kept(services: Services, store: str) -> Keeping:
    return Keeping(services.ledger, services.vault, services.clock, store)


def _tell(services: Services, store: str, who: str, text: str) -> None:
    values = {"store": store, "at": services.clock.now(), "kind": "connected", "who": who, "text": text}
    with services.ledger.write() as connection:
        history.tell(connection, values)
