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
    return (
        lambda value: None if value is None else write(value),
        lambda stored: None if stored is None else read(stored),
    )


def _many_codec(origin: Callable[[Any], Any], inner: Any) -> tuple[Convert, Convert]:
    write, read = _codec(inner)
    order: Convert = sorted if origin is frozenset else list
    return lambda values: [write(value) for value in order(values)], lambda stored: origin(map(read, stored))


def _dict_codec(inner: Any) -> tuple[Convert, Convert]:
    write, read = _codec(inner)
    return (
        lambda values: {key: write(value) for key, value in values.items()},
        lambda stored: {key: read(value) for key, value in stored.items()},
    )


@cache
def _record_codec(kind: Any) -> tuple[Convert, Convert]:
    hints = get_type_hints(kind)
    parts = [(field.name, *_codec(hints[field.name])) for field in dataclasses.fields(kind)]

    def write(value: Any) -> dict[str, Any]:
        return {name: write_part(getattr(value, name)) for name, write_part, _ in parts}

    def read(stored: Mapping[str, Any]) -> Any:
        return kind(**{name: read_part(stored[name]) for name, _, read_part in parts if name in stored})

    return write, read
