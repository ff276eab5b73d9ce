"""Records of one kind by id, with the keys they are looked up by indexed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Record(Protocol):
    """Anything kept under a number."""

    @property
    def id(self) -> int:
        """Its number."""
        ...


R = TypeVar("R", bound=Record)


class Shelf(Generic[R]):
    """Records of one kind, oldest first; what any of its keys answers finds the record without a scan."""

    def __init__(self, *keys: Callable[[R], str | None]) -> None:
        """Name the keys that records are indexed by; a key that answers None indexes nothing."""
        self.by_id: dict[int, R] = {}
        self._keys = keys
        self._index: dict[str, set[int]] = {}

    def put(self, record: R) -> int:
        """Keep a record, in the place of the one with its id. Answers the id."""
        before = self.by_id.get(record.id)
        if before is not None:
            self._forget(before)
        self.by_id[record.id] = record
        for key in self._keys_of(record):
            self._index.setdefault(key, set()).add(record.id)
        return record.id

    def take(self, record_id: int) -> None:
        """Remove a record. Raises KeyError when there is none."""
        self._forget(self.by_id.pop(record_id))

    def keyed(self, key: str) -> list[R]:
        """Every record that one of its keys calls exactly this."""
        return [self.by_id[found] for found in sorted(self._index.get(key, ()))]

    def _keys_of(self, record: R) -> set[str]:
        return {found for key in self._keys if (found := key(record)) is not None}

    def _forget(self, record: R) -> None:
        for key in self._keys_of(record):
            self._index[key].discard(record.id)
            if not self._index[key]:
                del self._index[key]
