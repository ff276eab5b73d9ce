"""Readings of the POS's settings over time: since when something is in the way, and what was in the way before. Pure.

A setting that held orders back may be mended before the last of them is judged; what was read meanwhile still says why.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from reconcile.model import Item, SetUp

KEPT_FOR = timedelta(hours=24)
MOST_KEPT = 8


def follows(previous: SetUp | None, read: SetUp) -> SetUp:
    """A new reading with what the one before it knew: since when each field is required.

    What the first reading shows has been so for nobody knows how long: no `since`.
    """
    if read.required_fields is None or previous is None or previous.required_fields is None:
        return read
    known = {(field.group, field.key): field.since for field in previous.required_fields}
    fields = (replace(one, since=known.get((one.group, one.key), read.read_at)) for one in read.required_fields)
    return replace(read, required_fields=tuple(fields))


def past_with(past: Sequence[SetUp], previous: SetUp | None, read: SetUp) -> tuple[SetUp, ...]:
    """The readings worth keeping, newest first: the last one of each trouble that is over."""
    kept = [one for one in past if read.read_at - one.read_at < KEPT_FOR]
    if previous is not None and _trouble_is_over(previous, read):
        kept.insert(0, _only_trouble(previous))
    return tuple(kept[:MOST_KEPT])


def _trouble_is_over(before: SetUp, after: SetUp) -> bool:
    return any(
        (
            _fields(before) - _fields(after) if after.required_fields is not None else None,
            _archived(before) - _archived(after) if after.items is not None else None,
            _closed(before) - _closed(after) if after.locations is not None else None,
            _inactive(before) - _inactive(after) if after.employees is not None else None,
            before.payment_types is not None and set(after.payment_types or ()) - set(before.payment_types),
        )
    )


def _only_trouble(read: SetUp) -> SetUp:
    """Without the products that are in order: there may be hundreds, and they explain nothing."""
    items = None if read.items is None else {sku: found for sku, found in read.items.items() if not _usable(found)}
    return replace(read, items=items)


def _usable(found: Sequence[Item]) -> bool:
    return sum(item.active for item in found) == 1


def _fields(read: SetUp) -> set[tuple[str, str]]:
    return {(field.group, field.key) for field in read.required_fields or ()}


def _archived(read: SetUp) -> set[str]:
    return {sku for sku, found in (read.items or {}).items() if found and not any(item.active for item in found)}


def _closed(read: SetUp) -> set[str]:
    return {one.name for one in read.locations or () if not one.active or one.stations == 0}


def _inactive(read: SetUp) -> set[str]:
    return {one.employee_id for one in read.employees or () if not one.active}
