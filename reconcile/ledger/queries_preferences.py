"""How a person likes the pages: what they chose once holds in every browser that they sign in with."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import preferences

CHOICES = ("language", "theme")


def preferences_of(connection: Connection, who: str) -> dict[str, str]:
    """What the person chose, by its name; what was never chosen is left out."""
    row = connection.execute(select(preferences).where(preferences.c.who == who)).first()
    return {name: getattr(row, name) for name in CHOICES if row is not None and getattr(row, name)}


def keep_preferences(ledger: Ledger, who: str, chosen: Mapping[str, str]) -> None:
    """Keep what the person chose; an empty choice is left to the browser again."""
    values = {name: chosen[name] for name in CHOICES if name in chosen}
    if not values:
        return
    statement = ledger.insert(preferences).values(who=who, **values)
    with ledger.write() as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["who"], set_=values))
