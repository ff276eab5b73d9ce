"""What a POS adapter must keep, sealed in the ledger: one value under each key of a shop, and the feeds it follows."""

from sqlalchemy import select

from reconcile.clock import Clock
from reconcile.ledger import Ledger
from reconcile.ledger.feeds import FeedIndex
from reconcile.ledger.tables import kept
from reconcile.vault import Vault


class Keeping:
    """The values of one shop. Every `get` reads the ledger: another worker may have put a newer one."""

    def __init__(self, ledger: Ledger, vault: Vault, clock: Clock, store: str) -> None:
        self._ledger = ledger
        self._vault = vault
        self._clock = clock
        self._store = store

    def get(self, key: str) -> str | None:
        """The newest value; raises `ReconcilerError` when it was sealed with another secret key."""
        query = select(kept.c.value).where(kept.c.store == self._store, kept.c.key == key)
        with self._ledger.read() as connection:
            sealed = connection.execute(query).scalar()
        return None if sealed is None else self._vault.open(sealed).decode()

    def put(self, key: str, value: str) -> None:
        """Committed when this returns."""
        row = {"value": self._vault.seal(value.encode()), "kept_at": self._clock.now()}
        insert = self._ledger.insert(kept).values(store=self._store, key=key, **row)
        with self._ledger.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["store", "key"], set_=row))

    def index(self, feed: str) -> FeedIndex:
        """The index of one feed of this shop."""
        return FeedIndex(self._ledger, self._clock, self._store, feed)
