"""What the adapters share in asking: questions that fit into one URL, and parts that may be refused one by one."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from reconcile.errors import Rejected, Unauthorised

LONGEST = 4_000  # characters of values before URL-encoding: many servers refuse lines beyond 8 kB

Part = TypeVar("Part")


def batches(values: Sequence[str], most: int) -> Iterator[list[str]]:
    """At most so many at a time, and never more than fit into one URL."""
    batch: list[str] = []
    length = 0
    for value in values:
        if batch and (len(batch) >= most or length + len(value) > LONGEST):
            yield batch
            batch, length = [], 0
        batch.append(value)
        length += len(value) + 3  # quotes and a comma
    if batch:
        yield batch


def part(unread: dict[str, str], name: str, read: Callable[[], Part]) -> Part | None:
    """One part of a reading; a refused one is None, and `unread` says why. Other errors are raised."""
    try:
        return read()
    except (Unauthorised, Rejected) as error:
        unread[name] = str(error)
        return None
