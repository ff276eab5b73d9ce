"""Filters, sorting and paging as Heartland's clients write them, read strictly: a guess is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from werkzeug.datastructures import MultiDict

OPERATORS: Final = ("$in", "$gt", "$gte", "$lte")  # the ones seen live; $like, $lt, $neq only in code never run
PLAIN: Final = ("status", "order_id", "public_id", "item_id")  # seen as field=value; others are ignored: our choice
BRACKETS: Final = re.compile(r"~\[([^\]]+)\](?:\[(\$\w+)\])?(?:\[\])?")


class Refused(Exception):
    """An answer that is an error: HTTP status, error code, text, details by field."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        """Keep what the answer will say."""
        super().__init__(message)
        self.status, self.code, self.message, self.details = status, code, message, dict(details or {})


def invalid(message: str) -> Refused:
    """The refusal observed for a filter the account does not know."""
    return Refused(400, "invalid_request", message)


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be filtered and sorted on: how its value is read, and what kind it is."""

    kind: str
    read: Callable[[object], object]


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison; `wanted` is a tuple for `$in`, one value otherwise (`=` is equality)."""

    field: str
    operator: str
    wanted: object

    def holds(self, record: object, fields: Fields) -> bool:
        """Whether a record passes; an empty field passes only equality with null."""
        found = fields[self.field].read(record)
        if self.operator == "=":
            return found == self.wanted
        if self.operator == "$in":
            return found in self.wanted  # type: ignore[operator]  # a tuple, made so by the reader
        if found is None or self.wanted is None:
            return False
        if self.operator == "$gt":
            return bool(found > self.wanted)  # type: ignore[operator]  # both were read as the field's kind
        return bool(found >= self.wanted if self.operator == "$gte" else found <= self.wanted)  # type: ignore[operator]

    def values_of(self, field: str) -> frozenset[object] | None:
        """The only values of a field that can pass, None when any might."""
        if field != self.field or self.operator not in ("=", "$in"):
            return None
        return frozenset(self.wanted) if isinstance(self.wanted, tuple) else frozenset((self.wanted,))


@dataclass(frozen=True, slots=True)
class Every:
    """All of these must hold; none at all holds for everything."""

    parts: tuple[Clause, ...]

    def holds(self, record: object, fields: Fields) -> bool:
        """Whether a record passes every part."""
        return all(part.holds(record, fields) for part in self.parts)

    def values_of(self, field: str) -> frozenset[object] | None:
        """The only values of a field that can pass, None when any might."""
        return next((found for part in self.parts if (found := part.values_of(field)) is not None), None)


@dataclass(frozen=True, slots=True)
class Either:
    """One of these must hold."""

    parts: tuple[Clause, ...]

    def holds(self, record: object, fields: Fields) -> bool:
        """Whether a record passes some part."""
        return any(part.holds(record, fields) for part in self.parts)

    def values_of(self, field: str) -> frozenset[object] | None:
        """The only values of a field that can pass, None when any might."""
        found = [part.values_of(field) for part in self.parts]
        if any(values is None for values in found):
            return None
        return frozenset(value for values in found for value in values or ())


Clause = Comparison | Every | Either
EVERYTHING: Final = Every(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a collection was asked for; `per_page` None is `all`."""

    clause: Clause
    sorts: tuple[tuple[str, bool], ...]
    only: frozenset[str]
    includes: frozenset[str]
    page: int
    per_page: int | None
    text: str | None


def read_query(args: MultiDict[str, str], fields: Fields, per_page_default: int) -> Query:
    """Read a query string. Raises Refused (400 invalid_request) on anything it cannot be sure of."""
    return Query(
        clause=Every(tuple(_clauses(args, fields))),
        sorts=tuple(_sort(given, fields) for given in (*args.getlist("sort[]"), *args.getlist("sort"))),
        only=frozenset(args.getlist("_only[]")),
        includes=frozenset(args.getlist("_include[]")),
        page=_whole(args.get("page", "1"), "page"),
        per_page=_per_page(args.get("per_page"), per_page_default),
        text=args.get("query"),
    )


def _clauses(args: MultiDict[str, str], fields: Fields) -> Iterable[Clause]:
    for given in (*args.getlist("_filter"), *args.getlist("_filter[]")):
        yield _from_json(given, fields)
    for name in args:
        matched = BRACKETS.fullmatch(name)
        if matched is not None:
            yield _from_brackets(matched[1], matched[2], args.getlist(name), fields)
        elif name.startswith("~"):
            raise invalid(f"Unreadable filter: {name}")
        elif name in PLAIN and name in fields:
            yield Comparison(name, "=", _value(args[name], fields[name].kind, name))


def _from_brackets(field: str, operator: str | None, given: list[str], fields: Fields) -> Clause:
    if operator == "$in":
        return _test(field, operator, given, fields)
    return Every(tuple(_test(field, operator or "=", one, fields) for one in given))


def _from_json(text: str, fields: Fields) -> Clause:
    try:
        given = json.loads(text, parse_float=Decimal)
    except ValueError:
        raise invalid("_filter is not JSON") from None
    return _clause(given, fields)


def _clause(given: object, fields: Fields) -> Clause:
    if isinstance(given, list):
        return Every(tuple(_clause(one, fields) for one in given))
    if not isinstance(given, dict):
        raise invalid("A filter is an object or an array of objects")
    return Every(tuple(_entry(name, wanted, fields) for name, wanted in given.items()))


def _entry(name: str, wanted: object, fields: Fields) -> Clause:
    if name in ("$or", "$and"):
        if not isinstance(wanted, list):
            raise invalid(f"{name} takes an array")
        parts = tuple(_clause(one, fields) for one in wanted)
        return Either(parts) if name == "$or" else Every(parts)
    if isinstance(wanted, dict):
        return Every(tuple(_test(name, operator, value, fields) for operator, value in wanted.items()))
    return _test(name, "=", wanted, fields)


def _test(name: str, operator: str, wanted: object, fields: Fields) -> Comparison:
    if name not in fields:
        raise invalid(f"Unknown filter field: {name}")
    if operator != "=" and operator not in OPERATORS:
        raise invalid(f"Unknown filter operator: {operator}")
    kind = fields[name].kind
    if operator != "$in":
        return Comparison(name, operator, _value(wanted, kind, name))
    if not isinstance(wanted, list):
        raise invalid("$in takes an array")
    return Comparison(name, operator, tuple(_value(one, kind, name) for one in wanted))


def _value(given: object, kind: str, name: str) -> object:
    if given is None:
        return None
    if isinstance(given, dict | list):
        raise invalid(f"A filter on {name} takes one value")
    try:
        return READERS[kind](given)
    except (KeyError, ValueError, InvalidOperation):
        raise invalid(f"Not a {kind} for {name}") from None


def _text(given: object) -> str:
    return str(given)


def _number(given: object) -> Decimal:
    return Decimal(str(given))


def _flag(given: object) -> bool:
    return {"true": True, "false": False}[str(given).lower()]


def _moment(given: object) -> datetime:
    found = datetime.fromisoformat(str(given))
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # a time without an offset is UTC: our choice


READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "moment": _moment,
}


def _sort(given: str, fields: Fields) -> tuple[str, bool]:
    name, _, direction = given.partition(",")
    if name not in fields or direction not in ("", "asc", "desc"):  # refused rather than ignored: our choice
        raise invalid(f"Cannot sort by {given}")
    return name, direction == "desc"


def _per_page(given: str | None, default: int) -> int | None:
    if given is None:
        return default
    return None if given == "all" else _whole(given, "per_page")


def _whole(given: str, name: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise invalid(f"{name} is a number from 1")
    return int(given)
