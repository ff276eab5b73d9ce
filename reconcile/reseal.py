"""The second half of a change of `SECRET_KEY`: everything that is sealed in the ledger is sealed anew with the first key."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, select, update

from reconcile.ledger.tables import connected, deliveries, kept
from reconcile.services import Services

SEALED = (connected.c.body, kept.c.value, deliveries.c.body)
AT_A_TIME = 500


def reseal(services: Services, on_done: Callable[[int], object] = lambda _: None) -> int:
    """Answers how many were sealed anew; `on_done` is told after each batch. Raises `ReconcilerError` if one cannot be opened.

    Whatever is written meanwhile is sealed with the first key already, provided that every process was restarted with it.
    """
    done = 0
    for column in SEALED:
        for batch in _batches(services, column):
            with services.ledger.write() as connection:
                for where, sealed in batch:
                    renewed = {column.name: services.vault.renew(sealed)}
                    # Only what is still as it was read: a newer token must not be overwritten by an older one.
                    connection.execute(update(column.table).where(where, column == sealed).values(renewed))
            done += len(batch)
            on_done(done)
    return done


Sealed = tuple[ColumnElement[bool], bytes]


def _batches(services: Services, column: Column[Any]) -> Iterator[list[Sealed]]:
    """Each sealed value with the condition that names its row, read before any of them is written."""
    keys = list(column.table.primary_key)
    with services.ledger.read() as connection:
        ids = connection.execute(select(*keys).where(column.is_not(None))).all()
    for start in range(0, len(ids), AT_A_TIME):
        named = [
            and_(*(key == part for key, part in zip(keys, row, strict=True))) for row in ids[start : start + AT_A_TIME]
        ]
        with services.ledger.read() as connection:
            found = [(where, connection.execute(select(column).where(where)).scalar()) for where in named]
        yield [(where, sealed) for where, sealed in found if sealed is not None]
