"""The one place where real clients are made: settings in, services out."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reconcile import clock as clocks
from reconcile.clock import Clock, FileClock, Sleep, SystemClock
from reconcile.config import Settings, Shop, settings_from
from reconcile.http import Http
from reconcile.ledger import Ledger
from reconcile.ledger.keeping import Keeping
from reconcile.pos.base import Pos
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.shopify.admin import Admin, ClientCredentials, StaticToken
from reconcile.vault import Vault


def services_from(environ: Mapping[str, str] | None = None) -> Services:
    """Services on the settings in force; raises `ConfigurationError` with every problem there is."""
    return make_services(settings_from(environ, kinds=frozenset(ADAPTERS)))


def make_services(
    settings: Settings, clock: Clock | None = None, ledger: Ledger | None = None, sleep: Sleep = clocks.sleep
) -> Services:
    """Services on these settings; one client per shop, made when it is first asked for."""
    time = clock or (FileClock(Path(settings.clock_file)) if settings.clock_file else SystemClock())
    calls = {"pos": 0, "shopify": 0}
    by_store = settings.shops
    own, vault = ledger or Ledger(settings.database_url), Vault(settings.secret_key)

    @cache
    def pos(store: str) -> Pos:
        return _pos(by_store[store], time, sleep, calls, Keeping(own, vault, time, store))

    @cache
    def admin(store: str) -> Admin:
        return _admin(by_store[store], time, sleep, calls)

    return Services(
        settings=settings,
        ledger=own,
        clock=time,
        vault=vault,
        pos=lambda shop: pos(shop.store),
        admin=lambda shop: admin(shop.store),
        calls=calls,
    )


def _pos(shop: Shop, clock: Clock, sleep: Sleep, calls: dict[str, int], store: Keeping) -> Pos:
    make = ADAPTERS[shop.pos_kind]
    return make(shop.pos, clock=clock, sleep=sleep, on_call=lambda: _count(calls, "pos"), store=store)


def _admin(shop: Shop, clock: Clock, sleep: Sleep, calls: dict[str, int]) -> Admin:
    own = shop.shopify
    token = own.get("access_token")
    http = Http(own.get("base_url") or f"https://{shop.domain}", sleep=sleep, on_call=lambda: _count(calls, "shopify"))
    credentials = StaticToken(token) if token else ClientCredentials(own["client_id"], own["client_secret"])
    version = own.get("api_version", "2026-10")
    return Admin(http, shop=shop.domain, api_version=version, credentials=credentials, clock=clock, sleep=sleep)


def _count(calls: dict[str, int], side: str) -> None:
    calls[side] += 1
