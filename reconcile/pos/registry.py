"""Which POS systems are known: one line each. A kind that is not here is a problem of the settings."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from reconcile.clock import Clock, Sleep
from reconcile.config import SUBDOMAIN, client_needs
from reconcile.errors import ConfigurationError
from reconcile.http import Http
from reconcile.pos.base import Pos, Store
from reconcile.pos.heartland import NUMBER, Heartland
from reconcile.pos.lightspeed_oauth import R_SERIES, X_SERIES, Client, Tokens
from reconcile.pos.lightspeed_r import LightspeedR
from reconcile.pos.lightspeed_r_pages import Pages
from reconcile.pos.lightspeed_r_wire import SKU_FIELDS
from reconcile.pos.lightspeed_x import LightspeedX
from reconcile.pos.lightspeed_x_pages import VERSION, PersonalToken
from reconcile.pos.lightspeed_x_pages import Pages as PagesOfX
from reconcile.pos.lightspeed_x_products import Products
from reconcile.pos.lightspeed_x_sales import Followed, Sales, Searched
from reconcile.pos.lightspeed_x_wire import REFERENCE_FIELDS
from reconcile.pos.passing import Passing

HEARTLAND_URL = "https://{subdomain}.retail.heartland.us/api"
SPACING_MS = 250
LIGHTSPEED_R_URL = "https://api.lightspeedapp.com"
LIGHTSPEED_R_AUTH_URL = "https://cloud.lightspeedapp.com"
LIGHTSPEED_X_URL = "https://{subdomain}.retail.lightspeed.app"
LIGHTSPEED_X_AUTH_URL = "https://secure.retail.lightspeed.app"
SEARCH_DAYS = 60


class AdapterFactory(Protocol):
    """Makes a shop's adapter from its settings; raises `ConfigurationError` when a needed one is missing.

    `store` is where the adapter keeps what must outlive it; without one it is forgotten with the adapter.
    """

    def __call__(
        self, settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None,
        store: Store | None = None,
    ) -> Pos: ...  # fmt: skip


def _at(url: str, subdomain: str) -> str:
    if subdomain and not SUBDOMAIN.fullmatch(subdomain):
        raise ConfigurationError(
            ["pos.subdomain: only letters, digits and hyphens; the shop's token goes to no other host"]
        )
    return url.format(subdomain=subdomain)


def heartland(
    settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None,
    store: Store | None = None,
) -> Pos:  # fmt: skip
    """Settings: token, subdomain or base_url, spacing_ms (between two requests), reference_field (of sales orders)."""
    token, subdomain, base_url = (settings.get(key) or "" for key in ("token", "subdomain", "base_url"))
    if not token or not (base_url or subdomain):
        raise ConfigurationError(["pos: Heartland needs a token, and a subdomain or a base_url"])
    http = Http(
        base_url or _at(HEARTLAND_URL, subdomain),
        headers={"Authorization": f"Bearer {token}"},
        sleep=sleep,
        on_call=on_call,
        spacing=int(settings.get("spacing_ms", SPACING_MS)) / 1000,
    )
    return Heartland(http, clock=clock, reference_field=settings.get("reference_field") or NUMBER)


def lightspeed_r(
    settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None,
    store: Store | None = None,
) -> Pos:  # fmt: skip
    """Settings: client_id, client_secret, and refresh_token or the grant `authorization_code`.

    As wanted: account_id, sku_field, references_in (ask by IN).
    """
    missing = [name for name in client_needs(settings) if not settings.get(name)]
    if missing:
        raise ConfigurationError([f"pos.{name}: Lightspeed R needs it" for name in missing])
    base_url = settings.get("base_url") or LIGHTSPEED_R_URL
    http = Http(base_url, sleep=sleep, on_call=on_call, spacing=int(settings.get("spacing_ms", 0)) / 1000)
    auth_url = settings.get("auth_url") or settings.get("base_url") or LIGHTSPEED_R_AUTH_URL
    doorkeeper = Http(auth_url, sleep=sleep, on_call=on_call)
    tokens = Tokens(doorkeeper, _client(settings, auth_url), store=store or Passing(), clock=clock)
    pages = Pages(http, tokens, sleep=sleep, account=str(settings.get("account_id") or ""))
    return LightspeedR(
        http, pages, tokens, clock=clock, by_in=bool(settings.get("references_in")),
        sku_field=settings.get("sku_field") or SKU_FIELDS[0],
    )  # fmt: skip


def lightspeed_x(
    settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None,
    store: Store | None = None,
) -> Pos:  # fmt: skip
    """Settings: subdomain or base_url; token (a personal one), or client_id, client_secret and refresh_token or grant.

    As wanted: reference_field, api_version, sales_by (`feed`, or `search` over the last search_days).
    """
    base_url = settings.get("base_url") or _at(LIGHTSPEED_X_URL, settings.get("subdomain") or "")
    oauth = all(settings.get(name) for name in client_needs(settings))
    if not (settings.get("base_url") or settings.get("subdomain")) or not (settings.get("token") or oauth):
        raise ConfigurationError(
            ["pos: Lightspeed X needs a subdomain, and a token or client_id, client_secret and refresh_token"]
        )
    kept = store or Passing()
    http = Http(base_url, sleep=sleep, on_call=on_call, spacing=int(settings.get("spacing_ms", 0)) / 1000)
    tokens = None
    if not settings.get("token"):
        auth_url = settings.get("auth_url") or settings.get("base_url") or LIGHTSPEED_X_AUTH_URL
        doorkeeper = Http(base_url, sleep=sleep, on_call=on_call)
        tokens = Tokens(doorkeeper, _client(settings, auth_url), store=kept, clock=clock, endpoint=X_SERIES)
    access = tokens or PersonalToken(str(settings["token"]))
    pages = PagesOfX(http, access, version=settings.get("api_version") or VERSION)
    origin = "{0.netloc}{0.path}".format(urlsplit(base_url))
    field = settings.get("reference_field") or REFERENCE_FIELDS[0]

    def searched(since: datetime | timedelta) -> Sales:
        return Searched(pages, clock=clock, reference_field=field, since=since)

    sales: Sales = Followed(
        pages, kept.index("sales"), clock=clock, reference_field=field, origin=origin, searched=searched
    )
    if settings.get("sales_by") == "search":
        sales = searched(timedelta(days=int(settings.get("search_days", SEARCH_DAYS))))
    products = Products(pages, kept.index("products"), clock=clock, origin=origin)
    return LightspeedX(http, pages, sales, products, clock=clock, tokens=tokens)


def _client(settings: Mapping[str, Any], approve_at: str) -> Client:
    return Client(**{name: str(settings[name]) for name in client_needs(settings)}, approve_at=approve_at)


ADAPTERS: dict[str, AdapterFactory] = {
    "heartland": heartland,
    "lightspeed_r": lightspeed_r,
    "lightspeed_x": lightspeed_x,
}
# What somebody is asked to approve at a POS that lets us in so.
SCOPES = {"lightspeed_r": R_SERIES.scopes, "lightspeed_x": X_SERIES.scopes}
