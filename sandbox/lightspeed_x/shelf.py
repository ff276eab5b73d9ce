"""Records of one kind in the order of their versions: each change puts a record at the end, under a new number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """Anything with an id and a version."""

    @property
    def id(self) -> str:
        """Its UUID."""
        ...

    @property
    def version(self) -> int:
        """The number of its latest change."""
        ...


R = TypeVar("R", bound=Versioned)


class VersionShelf(Generic[R]):
    """Records by id, by key, and by version. Versions rise with every `put`."""

    def __init__(self, *keys: Callable[[R], str | None]) -> None:
        """Name the keys that records are indexed by; a key that answers None indexes nothing."""
        self.by_id: dict[str, R] = {}
        self._keys = keys
        self._index: dict[str, dict[str, None]] = {}
        self._versions: list[int] = []
        self._ids: list[str] = []

    def put(self, record: R) -> str:
        """Keep a record, in the place of the one with its id. Answers the id. Raises ValueError on an old version."""
        if self._versions and record.version <= self._versions[-1]:
            raise ValueError(f"version {record.version} is not the newest")
        self._forget(record.id)
        self.by_id[record.id] = record
        self._versions.append(record.version)
        self._ids.append(record.id)
        for key in self._keys:
            if (found := key(record)) is not None:
                self._index.setdefault(found, {})[record.id] = None
        return record.id

    def take(self, record_id: str) -> None:
        """Remove a record without a trace. Raises KeyError when there is none."""
        self._forget(record_id)
        del self.by_id[record_id]

    def after(self, version: int) -> Iterator[R]:
        """Every record that changed after this version, in the order of the changes."""
        for place in range(bisect_right(self._versions, version), len(self._versions)):
            record = self.by_id.get(self._ids[place])
            if record is not None and record.version == self._versions[place]:
                yield record

    def keyed(self, key: str) -> list[R]:
        """Every record that one of its keys calls exactly this, oldest first."""
        return [self.by_id[found] for found in self._index.get(key, ())]

    def _forget(self, record_id: str) -> None:
        before = self.by_id.get(record_id)
        for key in self._keys if before is not None else ():
            if before is not None and (found := key(before)) is not None:
                self._index[found].pop(record_id, None)
