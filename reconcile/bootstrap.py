"""The one place where real clients are made: settings in, services out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from reconcile import clock as clocks
from reconcile.clock import Clock, FileClock, Sleep, SystemClock
from reconcile.config import Settings, Shop, settings_from
from reconcile.connected import Shops
from reconcile.http import Http
from reconcile.ledger import Ledger
from reconcile.ledger.keeping import Keeping
from reconcile.pos.base import Metered, Pos, Wired
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.shopify.admin import Admin, ClientCredentials, Installed, StaticToken
from reconcile.vault import Vault

Client = TypeVar("Client")


class PerShop(Generic[Client]):
    """One client for each shop, made when it is first asked for and anew when the shop's access is another."""

    def __init__(self, make: Callable[[Shop], Client]) -> None:
        self._make = make
        self._made: dict[str, tuple[tuple[Any, ...], Client]] = {}

    def made(self) -> dict[str, Client]:
        """The clients that there are, by shop."""
        return {store: client for store, (_, client) in self._made.copy().items()}

    def __call__(self, shop: Shop) -> Client:
        access = (shop.domain, shop.shopify, shop.pos_kind, shop.pos)
        known = self._made.get(shop.store)
        if known is None or known[0] != access:
            known = self._made[shop.store] = (access, self._make(shop))
        return known[1]


def services_from(environ: Mapping[str, str] | None = None) -> Services:
    """Services on the settings in force; raises `ConfigurationError` with every problem there is."""
    return make_services(settings_from(environ, kinds=frozenset(ADAPTERS)))


def make_services(
    settings: Settings, clock: Clock | None = None, ledger: Ledger | None = None, sleep: Sleep = clocks.sleep
) -> Services:
    """Services on these settings, with the shops that the ledger holds beside those of the stores file."""
    time = clock or (FileClock(Path(settings.clock_file)) if settings.clock_file else SystemClock())
    calls = {"pos": 0, "shopify": 0}
    own, vault = ledger or Ledger(settings.database_url), Vault(settings.secret_key)
    shops = Shops(settings.shops, defaults=settings.defaults, kinds=frozenset(ADAPTERS), ledger=own, vault=vault)

    def kept(shop: Shop) -> Keeping:
        return Keeping(own, vault, time, shop.store)

    pos = PerShop(lambda shop: _pos(shop, time, sleep, calls, kept(shop)))
    admin = PerShop(lambda shop: _admin(shop, time, sleep, calls, kept(shop)))
    return Services(
        settings=replace(settings, shops=shops),
        ledger=own,
        clock=time,
        vault=vault,
        pos=pos,
        admin=admin,
        calls=calls,
        budgets=lambda: _budgets(pos.made(), admin.made()),
    )


def _budgets(pos: Mapping[str, Pos], admin: Mapping[str, Admin]) -> dict[str, dict[str, float]]:
    return {
        "left": _left(pos), "slowed": _slowed(pos), "shopify_left": _left(admin), "shopify_slowed": _slowed(admin),
    }  # fmt: skip


def _left(clients: Mapping[str, object]) -> dict[str, float]:
    left = {store: client.budget_left() for store, client in clients.items() if isinstance(client, Metered)}
    return {store: share for store, share in left.items() if share is not None}


def _slowed(clients: Mapping[str, object]) -> dict[str, float]:
    return {store: client.http.slowed for store, client in clients.items() if isinstance(client, Wired)}


def _pos(shop: Shop, clock: Clock, sleep: Sleep, calls: dict[str, int], store: Keeping) -> Pos:
    make = ADAPTERS[shop.pos_kind]
    return make(shop.pos, clock=clock, sleep=sleep, on_call=lambda: _count(calls, "pos"), store=store)


def _admin(shop: Shop, clock: Clock, sleep: Sleep, calls: dict[str, int], store: Keeping) -> Admin:
    own = shop.shopify
    http = Http(own.get("base_url") or f"https://{shop.domain}", sleep=sleep, on_call=lambda: _count(calls, "shopify"))
    version = own.get("api_version", "2026-10")
    credentials = _credentials(own, store)
    return Admin(http, shop=shop.domain, api_version=version, credentials=credentials, clock=clock, sleep=sleep)


def _credentials(own: Mapping[str, str], store: Keeping) -> StaticToken | ClientCredentials | Installed:
    if own.get("access_token"):
        return StaticToken(own["access_token"])
    if own.get("grant") == "authorization_code":
        return Installed(client_id=own["client_id"], client_secret=own["client_secret"], store=store)
    return ClientCredentials(own["client_id"], own["client_secret"])


def _count(calls: dict[str, int], side: str) -> None:
    calls[side] += 1
