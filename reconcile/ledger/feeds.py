"""The feeds of a POS that are followed into the ledger: rows by key, time and state, and how far each feed was read."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select

from reconcile.clock import Clock
from reconcile.indexed import Indexed
from reconcile.ledger import Ledger
from reconcile.ledger.tables import feed_rows, feeds

AT_A_TIME = 500  # values in one statement
c = feed_rows.c


class FeedIndex:
    """One feed of one shop. Every read sees what any worker kept; a page is kept in one transaction with its reach."""

    def __init__(self, ledger: Ledger, clock: Clock, store: str, feed: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._store = store
        self._feed = feed

    def begin(self, origin: str) -> int | None:
        """The version up to which it was followed; rows of another origin are dropped."""
        query = select(feeds.c.origin, feeds.c.upto).where(feeds.c.store == self._store, feeds.c.feed == self._feed)
        with self._ledger.read() as connection:
            found = connection.execute(query).first()
        if found is not None and found.origin == origin:
            upto: int | None = found.upto
            return upto
        self._begin_anew(origin)
        return None

    def keep(self, rows: Sequence[Indexed], *, upto: int) -> None:
        """One transaction: whoever is stopped in between has neither the rows nor the reach."""
        values = [self._values(row) for row in rows]
        insert = self._ledger.insert(feed_rows)
        newest = {name: insert.excluded[name] for name in ("version", "key", "at", "unfinished", "body")}
        statement = insert.on_conflict_do_update(
            index_elements=["store", "feed", "record_id"], set_=newest, where=c.version < insert.excluded.version
        )
        reach = feeds.update().where(feeds.c.store == self._store, feeds.c.feed == self._feed)
        with self._ledger.write() as connection:
            for some in _chunks(values):
                connection.execute(statement, some)
            further = reach.where(feeds.c.upto.is_(None) | (feeds.c.upto < upto))
            connection.execute(further.values(upto=upto, followed_at=self._clock.now()))

    def keyed(self, keys: Collection[str]) -> list[Indexed]:
        """The records under these keys, to the letter."""
        return [row for some in _chunks(list(dict.fromkeys(keys))) for row in self._read(c.key.in_(some))]

    def by_id(self, record_ids: Collection[str]) -> list[Indexed]:
        """These records, as far as they are kept."""
        return [row for some in _chunks(list(dict.fromkeys(record_ids))) for row in self._read(c.record_id.in_(some))]

    def between(self, since: datetime, until: datetime) -> list[Indexed]:
        """The records of a span of time, its ends included."""
        return self._read(c.at.between(since, until))

    def unfinished(self) -> list[Indexed]:
        """The records that are marked so."""
        return self._read(c.unfinished.is_(True))

    def forget_before(self, moment: datetime) -> None:
        """Drop what is older; records without a time stay."""
        with self._ledger.write() as connection:
            connection.execute(delete(feed_rows).where(*self._mine(), c.at < moment))

    def _begin_anew(self, origin: str) -> None:
        row = {"origin": origin, "upto": None, "followed_at": self._clock.now()}
        insert = self._ledger.insert(feeds).values(store=self._store, feed=self._feed, **row)
        with self._ledger.write() as connection:
            connection.execute(delete(feed_rows).where(*self._mine()))
            connection.execute(insert.on_conflict_do_update(index_elements=["store", "feed"], set_=row))

    def _read(self, condition: ColumnElement[bool]) -> list[Indexed]:
        query: Select[Any] = select(feed_rows).where(*self._mine(), condition).order_by(c.version)
        with self._ledger.read() as connection:
            return [
                Indexed(
                    record_id=row.record_id, version=row.version, key=row.key, at=row.at, unfinished=row.unfinished,
                    body=row.body,
                )
                for row in connection.execute(query)
            ]  # fmt: skip

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return c.store == self._store, c.feed == self._feed

    def _values(self, row: Indexed) -> dict[str, Any]:
        return {
            "store": self._store, "feed": self._feed, "record_id": row.record_id, "version": row.version,
            "key": row.key, "at": row.at, "unfinished": row.unfinished, "body": row.body,
        }  # fmt: skip


def _chunks(values: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, AT_A_TIME)):
        yield some
