"""Filters as the vendor's pages write them, read strictly: what no page names is refused.

Source: the vendor's pages on query parameters and on searching.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import unquote

from werkzeug.datastructures import MultiDict

from sandbox.lightspeed_r.switches import Switches

RESERVED: Final = frozenset({"load_relations", "archived", "sort", "limit", "after", "before", "count", "or"})
MOST_VALUES: Final = 100
OPERATORS: Final = (">=", "<=", "><", "!=", "!~", ">", "<", "~", "IN")
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:?\d\d|Z)")


class Refused(Exception):
    """An answer that is an error: its status and its sentence."""

    def __init__(self, status: int, message: str) -> None:
        """Keep what the answer will say."""
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be filtered by: how its text is read, and how a record has it."""

    kind: str  # id | text | flag | money | moment
    read: Callable[[Any], object]


Fields = Mapping[str, Field]
Test = Callable[[Any], bool]


def where(args: MultiDict[str, str], fields: Fields, switches: Switches) -> Test:
    """Whether a record passes every filter of the question. Raises Refused."""
    tests = [_test(name, value, fields, switches) for name, value in args.items(multi=True) if name not in RESERVED]
    if args.get("or"):
        tests.append(_alternatives(args["or"], fields, switches))
    return lambda record: all(test(record) for test in tests)


def relations(args: MultiDict[str, str], known: frozenset[str]) -> list[str]:
    """The relations to load, each once; `all` is every one. Raises Refused."""
    text = args.get("load_relations", "")
    if not text:
        return []
    if text == "all":
        return sorted(known)
    try:
        wanted = json.loads(text)
    except ValueError:
        raise Refused(400, "load_relations is not a JSON array.") from None
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= known:
        raise Refused(400, f"load_relations may name {', '.join(sorted(known))}.")
    return list(dict.fromkeys(map(str, wanted)))


def _alternatives(text: str, fields: Fields, switches: Switches) -> Test:
    operands = [_operand(part, switches) for part in text.split("|") if part]
    if not operands:
        raise Refused(400, "or names no field.")
    tests = [_test(name, value, fields, switches) for name, value in operands]
    field = fields[operands[0][0]]
    if any(name != operands[0][0] or _operator(value) for name, value in operands):
        return lambda record: any(test(record) for test in tests)
    wanted = {_value(field, value, switches) for _, value in operands}
    return lambda record: _said(field, record, switches) in wanted


def _operand(part: str, switches: Switches) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals:
        raise Refused(400, "An operand of or is field=value.")
    return name, unquote(value) if switches.or_values == "unescaped_again" else value


def _operator(text: str) -> str:
    return next((one for one in OPERATORS if text.startswith(f"{one},")), "")


def _test(name: str, text: str, fields: Fields, switches: Switches) -> Test:
    field = fields.get(name)
    if field is None:
        raise Refused(400, f"'{name}' is not a field that can be searched.")
    operator = _operator(text)
    rest = text[len(operator) + 1 :] if operator else text
    if operator in ("~", "!~"):
        return _like(field, rest, wanted=operator == "~")
    values = [_value(field, one, switches) for one in (_values(rest) if operator in ("IN", "><") else [rest])]
    if operator == "IN":
        if field.kind == "text" and switches.in_on_strings == "refused":
            raise Refused(400, f"IN is not supported for '{name}'.")
        if len(values) > MOST_VALUES:
            raise Refused(400, f"IN takes at most {MOST_VALUES} values.")
        return lambda record: _said(field, record, switches) in values
    return _comparison(field, operator, values, switches)


def _comparison(field: Field, operator: str, values: Sequence[Any], switches: Switches) -> Test:
    first, last = values[0], values[-1]
    compare: dict[str, Callable[[Any], bool]] = {
        "": lambda found: bool(found == first),
        "!=": lambda found: bool(found != first),
        ">": lambda found: bool(found > first),
        ">=": lambda found: bool(found >= first),
        "<": lambda found: bool(found < first),
        "<=": lambda found: bool(found <= first),
        "><": lambda found: bool(first <= found <= last),
    }
    holds = compare[operator]

    def test(record: Any) -> bool:
        found = _said(field, record, switches)
        return found is not None and holds(found)

    return test


def _like(field: Field, pattern: str, *, wanted: bool) -> Test:
    expression = re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.IGNORECASE | re.DOTALL)
    return lambda record: bool(expression.fullmatch(str(field.read(record)))) is wanted


def _said(field: Field, record: Any, switches: Switches) -> Any:
    found = field.read(record)
    if isinstance(found, str) and switches.reference_case == "ignored":
        return found.strip().casefold()
    return found


def _values(text: str) -> list[str]:
    """A JSON array, or a list with commas."""
    if not text.startswith("["):
        return text.split(",")
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused(400, "The list of values is not a JSON array.") from None
    return [str(one) for one in found]


def _value(field: Field, text: str, switches: Switches) -> object:
    try:
        match field.kind:
            case "id":
                return int(text)
            case "flag":
                return {"true": True, "1": True, "false": False, "0": False}[text]
            case "money":
                return Decimal(text)
            case "moment":
                return _moment(text)
    except (ValueError, KeyError, InvalidOperation):
        raise Refused(400, f"'{text}' is not a value of this field.") from None
    return text.strip().casefold() if switches.reference_case == "ignored" else text


def _moment(text: str) -> datetime:
    if not MOMENT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC)
