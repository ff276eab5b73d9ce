"""What the product's code works with, handed in by `bootstrap` (or by a test)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from reconcile.clock import Clock
from reconcile.config import Settings, Shop
from reconcile.errors import ConfigurationError
from reconcile.ledger import Ledger
from reconcile.pos.base import Pos
from reconcile.shopify.admin import Admin
from reconcile.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Services:
    """`pos` and `admin` give the client of a shop, the same one every time; `calls` counts what they sent.

    `budgets`: by shop, the share of its calls that the POS (`left`) and Shopify (`shopify_left`) said is left, where they
    say so, and how often they asked to slow down (`slowed`, `shopify_slowed`).
    """

    settings: Settings
    ledger: Ledger
    clock: Clock
    vault: Vault
    pos: Callable[[Shop], Pos]
    admin: Callable[[Shop], Admin]
    calls: dict[str, int] = field(default_factory=lambda: {"pos": 0, "shopify": 0})
    budgets: Callable[[], dict[str, dict[str, float]]] = dict

    def shop(self, store: str) -> Shop:
        """Raises `ConfigurationError` naming the shops there are."""
        try:
            return self.settings.shops[store]
        except KeyError:
            known = ", ".join(self.settings.shops)
            instead = f"known are {known}" if known else "there is none yet, `stores add` connects one"
            raise ConfigurationError([f"stores.{store}: there is no such shop; {instead}"]) from None
