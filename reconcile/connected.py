"""The shops in force: those of the stores file and those that the ledger holds, seen by every process without a restart."""

import json
import logging
import threading
import time
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from reconcile.config import Shop, shop_from
from reconcile.errors import ReconcilerError
from reconcile.ledger import Ledger
from reconcile.ledger.tables import connected
from reconcile.vault import Vault

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0

Versions = dict[str, int]


class Shops(Mapping[str, Shop]):
    """By name, those of the stores file first; the ledger is asked every two seconds whether one of its own is another."""

    def __init__(
        self,
        own: Mapping[str, Shop],
        *,
        defaults: Mapping[str, Any],
        kinds: frozenset[str],
        ledger: Ledger,
        vault: Vault,
    ) -> None:
        self._own = dict(own)
        self._defaults = defaults
        self._kinds = kinds
        self._ledger = ledger
        self._vault = vault
        self._versions: Versions | None = None
        self._all = dict(own)
        self.unusable: dict[str, str] = {}  # shops that the ledger holds and that cannot be read, with the reason
        self._next_at = 0.0
        self._lock = threading.Lock()

    def __getitem__(self, store: str) -> Shop:
        return self._now()[store]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def values(self) -> ValuesView[Shop]:
        """Of one moment: a shop that is taken away meanwhile spoils no loop."""
        return self._now().values()

    def items(self) -> ItemsView[str, Shop]:
        return self._now().items()

    def look_again(self) -> None:
        """See at once what was changed; other processes see it within two seconds."""
        with self._lock:
            self._look()

    def is_connected(self, store: str) -> bool:
        """Whether the ledger holds this shop; the others are the stores file's."""
        return store in self._now() and store not in self._own

    def _now(self) -> dict[str, Shop]:
        # One thread looks, the others go on with what is known; only the very first look is waited for.
        if time.monotonic() >= self._next_at and self._lock.acquire(blocking=self._versions is None):
            try:
                if time.monotonic() >= self._next_at:
                    self._look()
            finally:
                self._lock.release()
        return self._all

    def _look(self) -> None:
        try:
            with self._ledger.read() as connection:
                versions = _versions(connection)
                changed = [store for store, version in versions.items() if (self._versions or {}).get(store) != version]
                sealed = _sealed(connection, changed) if changed else {}
        except SQLAlchemyError:  # a ledger that is down, or has no tables yet: what is known goes on
            self._versions = self._versions or {}
        else:
            if versions != self._versions:
                self._take(versions, sealed)
        self._next_at = time.monotonic() + LOOK_EVERY_S

    def _take(self, versions: Versions, sealed: Mapping[str, bytes]) -> None:
        kept = {store: shop for store, shop in self._all.items() if store in versions}
        self.unusable = {
            store: why for store, why in self.unusable.items() if store in versions and store not in sealed
        }
        read = {store: shop for store, body in sealed.items() if (shop := self._opened(store, body)) is not None}
        self._all = {**self._own, **{store: shop for store, shop in {**kept, **read}.items() if store not in self._own}}
        self._versions = versions

    def _opened(self, store: str, body: bytes) -> Shop | None:
        try:
            return shop_from(store, table_of(self._vault, body), self._defaults, self._kinds)
        except ReconcilerError as error:
            logger.error("this shop of the ledger cannot be used: %s", error, extra={"store": store})
            self.unusable[store] = str(error)
            return None


def unusable(shops: Mapping[str, Shop]) -> Mapping[str, str]:
    """The shops that are connected and cannot be used, with the reason: mostly another SECRET_KEY."""
    return shops.unusable if isinstance(shops, Shops) else {}


def table_of(vault: Vault, body: bytes) -> dict[str, Any]:
    """A connected shop's table, its secrets in clear; raises `ReconcilerError` when it was sealed with another key."""
    table: dict[str, Any] = json.loads(vault.open(body))
    return table


def _versions(connection: Connection) -> Versions:
    return {row.store: row.version for row in connection.execute(select(connected.c.store, connected.c.version))}


def _sealed(connection: Connection, stores: list[str]) -> dict[str, bytes]:
    query = select(connected.c.store, connected.c.body).where(connected.c.store.in_(stores))
    return {row.store: row.body for row in connection.execute(query)}
