"""What people do to have a shop in the ledger: connect it, change how it is reached, take it away again."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from reconcile import history
from reconcile.config import Shop, shop_from
from reconcile.connected import Shops, table_of
from reconcile.errors import NotThere, Refused
from reconcile.ledger.tables import connected, kept
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.shops import enrol_one

Table = Mapping[str, Any]


def read_table(services: Services, store: str, table: Table) -> Shop:
    """The shop that such a table makes, not kept anywhere; raises `ConfigurationError` with every problem there is."""
    return shop_from(store, table, services.settings.defaults, frozenset(ADAPTERS))


def connect(services: Services, who: str, store: str, table: Table) -> Shop:
    """Keep a new shop in the ledger, sealed; it is looked at from now on, by every process.

    `table` is one like those of the stores file, its secrets in clear. Raises `ConfigurationError`, or `Refused` when the
    name or the domain is taken.
    """
    shop = read_table(services, store, table)
    for other in services.settings.shops.values():
        if store == other.store or shop.domain == other.domain:
            raise Refused(f"{other.store} ({other.domain}) is connected already.")
    with services.ledger.write() as connection:
        values = {"store": store, "by": who, "connected_at": services.clock.now(), "body": _sealed(services, table)}
        connection.execute(insert(connected).values(**values))
        enrol_one(connection, shop, services)
        _tell(connection, services, who, store, "connected")
    _look_again(services)
    return shop


def reconnect(services: Services, who: str, store: str, table: Table, what: str) -> Shop:
    """Replace the table of a connected shop; `what` says for the history which keys are other ones."""
    shop = read_table(services, store, table)
    with services.ledger.write() as connection:
        values = {"body": _sealed(services, table), "version": connected.c.version + 1}
        found = connection.execute(update(connected).where(connected.c.store == store).values(**values))
        if not found.rowcount:
            raise _in_the_file(store)
        _tell(connection, services, who, store, f"access changed: {what}")
    _look_again(services)
    return shop


def disconnect(services: Services, who: str, store: str) -> None:
    """Forget how a shop is reached, and its tokens; its orders and their history stay."""
    with services.ledger.write() as connection:
        if not connection.execute(delete(connected).where(connected.c.store == store)).rowcount:
            raise _in_the_file(store)
        connection.execute(delete(kept).where(kept.c.store == store))
        _tell(connection, services, who, store, "disconnected")
    _look_again(services)


def connected_table(services: Services, store: str) -> dict[str, Any]:
    """The table of a connected shop, its secrets in clear."""
    with services.ledger.read() as connection:
        body = connection.execute(select(connected.c.body).where(connected.c.store == store)).scalar()
    if body is None:
        raise _in_the_file(store)
    return table_of(services.vault, body)


def is_connected(services: Services, store: str) -> bool:
    """Whether the ledger holds the shop, not the stores file."""
    shops = services.settings.shops
    return isinstance(shops, Shops) and shops.is_connected(store)


def _in_the_file(store: str) -> NotThere:
    return NotThere(f"The ledger holds no shop {store}; one of the stores file is changed there.")


def _sealed(services: Services, table: Table) -> bytes:
    return services.vault.seal(json.dumps(table, default=date.isoformat).encode())


def _look_again(services: Services) -> None:
    if isinstance(services.settings.shops, Shops):
        services.settings.shops.look_again()


def _tell(connection: Connection, services: Services, who: str, store: str, text: str) -> None:
    values = {"store": store, "at": services.clock.now(), "kind": "connected", "who": who, "text": text}
    history.tell(connection, values)
