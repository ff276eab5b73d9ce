"""A store that lasts as long as the process: for a look that keeps nothing, and for tests."""

from collections.abc import Collection, Sequence
from datetime import datetime

from reconcile.indexed import Indexed
from reconcile.pos.base import Index


class Passing:
    """Values and indexes in memory."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._indexes: dict[str, PassingIndex] = {}

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        self._values[key] = value

    def index(self, feed: str) -> Index:
        return self._indexes.setdefault(feed, PassingIndex())


class PassingIndex:
    """One feed in memory."""

    def __init__(self) -> None:
        self._origin = ""
        self._upto: int | None = None
        self._rows: dict[str, Indexed] = {}

    def begin(self, origin: str) -> int | None:
        if origin != self._origin:
            self._origin, self._upto, self._rows = origin, None, {}
        return self._upto

    def keep(self, rows: Sequence[Indexed], *, upto: int) -> None:
        for row in rows:
            before = self._rows.get(row.record_id)
            if before is None or before.version < row.version:
                self._rows[row.record_id] = row
        self._upto = max(upto, self._upto or 0)

    def keyed(self, keys: Collection[str]) -> list[Indexed]:
        wanted = set(keys)
        return [row for row in self._rows.values() if row.key in wanted]

    def by_id(self, record_ids: Collection[str]) -> list[Indexed]:
        return [self._rows[one] for one in dict.fromkeys(record_ids) if one in self._rows]

    def between(self, since: datetime, until: datetime) -> list[Indexed]:
        return [row for row in self._rows.values() if row.at is not None and since <= row.at <= until]

    def unfinished(self) -> list[Indexed]:
        return [row for row in self._rows.values() if row.unfinished]

    def forget_before(self, moment: datetime) -> None:
        self._rows = {one: row for one, row in self._rows.items() if row.at is None or row.at >= moment}
