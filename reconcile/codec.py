"""Values to JSON and back without loss, for the ledger's JSON columns.

Decimals are strings, moments ISO 8601 with their offset, sets sorted lists. A row written by an older release lacks the
newer fields: they get their defaults. One written by a newer release has more: they are left out.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Convert = Callable[[Any], Any]
T = TypeVar("T")


def to_json(value: object) -> dict[str, Any]:
    """A dataclass as a dict that any JSON encoder takes."""
    kind: Any = type(value)
    written: dict[str, Any] = _record_codec(kind)[0](value)
    return written


def from_json(kind: type[T], stored: Mapping[str, Any]) -> T:
    """The value that `to_json` wrote; raises KeyError, TypeError or ValueError on a row that it did not write."""
    wanted: Any = kind
    value: T = _record_codec(wanted)[1](stored)
    return value


def _same(value: Any) -> Any:
    return value


SCALARS: dict[type, tuple[Convert, Convert]] = {
    Decimal: (str, Decimal),
    datetime: (datetime.isoformat, datetime.fromisoformat),
    timedelta: (timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds)),
}


@cache
def _codec(kind: Any) -> tuple[Convert, Convert]:
    origin: Any = get_origin(kind)
    arguments = get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional_codec(arguments)
    if origin in (tuple, frozenset):
        return _many_codec(origin, arguments[0])
    if origin is dict:
        return _dict_codec(arguments[1])
    if hasattr(kind, "__dataclass_fields__"):
        return _record_codec(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return str, kind
    return SCALARS.get(kind, (_same, _same))


def _optional_codec(arguments: tuple[Any, ...]) -> tuple[Convert, Convert]:
    write, read = _codec(next(argument for argument in arguments if argument is not types.NoneType))
    if write is _same:
        return _same, _same
    return (
        lambda value: None if value is None else write(value),
        lambda stored: None if stored is None else read(stored),
    )


def _many_codec(origin: Callable[[Any], Any], inner: Any) -> tuple[Convert, Convert]:
    write, read = _codec(inner)
    order: Convert = sorted if origin is frozenset else list
    if write is _same:
        return order, origin
    return lambda values: [write(value) for value in order(values)], lambda stored: origin(map(read, stored))


def _dict_codec(inner: Any) -> tuple[Convert, Convert]:
    write, read = _codec(inner)
    return (
        lambda values: {key: write(value) for key, value in values.items()},
        lambda stored: {key: read(value) for key, value in stored.items()},
    )


@cache
def _record_codec(kind: Any) -> tuple[Convert, Convert]:
    """Most fields are kept as they are: only the others cost a call each."""
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    parts = [(name, *_codec(hints[name])) for name in names]
    written = [(name, write_part) for name, write_part, _ in parts if write_part is not _same]
    converted = [(name, read_part) for name, _, read_part in parts if read_part is not _same]

    def write(value: Any) -> dict[str, Any]:
        stored = {name: getattr(value, name) for name in names}
        for name, write_part in written:
            if stored[name] is not None:
                stored[name] = write_part(stored[name])
        return stored

    def read(stored: Mapping[str, Any]) -> Any:
        values = {name: stored[name] for name in names if name in stored}
        for name, read_part in converted:
            if values.get(name) is not None:
                values[name] = read_part(values[name])
        return kind(**values)

    return write, read
