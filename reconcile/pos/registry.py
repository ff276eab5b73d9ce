"""Which POS systems are known: one line each. A kind that is not here is a problem of the settings."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from reconcile.clock import Clock, Sleep
from reconcile.errors import ConfigurationError
from reconcile.http import Http
from reconcile.pos.base import Pos
from reconcile.pos.heartland import NUMBER, Heartland

HEARTLAND_URL = "https://{subdomain}.retail.heartland.us/api"
SPACING_MS = 250


class AdapterFactory(Protocol):
    """Makes a shop's adapter from its settings; raises `ConfigurationError` when a needed one is missing."""

    def __call__(
        self, settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None
    ) -> Pos: ...


def heartland(
    settings: Mapping[str, Any], *, clock: Clock, sleep: Sleep, on_call: Callable[[], object] | None = None
) -> Pos:
    """Settings: token, subdomain or base_url, spacing_ms (between two requests), reference_field (of sales orders)."""
    token, subdomain, base_url = (settings.get(key) or "" for key in ("token", "subdomain", "base_url"))
    if not token or not (base_url or subdomain):
        raise ConfigurationError(["pos: Heartland needs a token, and a subdomain or a base_url"])
    http = Http(
        base_url or HEARTLAND_URL.format(subdomain=subdomain),
        headers={"Authorization": f"Bearer {token}"},
        sleep=sleep,
        on_call=on_call,
        spacing=int(settings.get("spacing_ms", SPACING_MS)) / 1000,
    )
    return Heartland(http, clock=clock, reference_field=settings.get("reference_field") or NUMBER)


ADAPTERS: dict[str, AdapterFactory] = {
    "heartland": heartland,
}
