"""What passes on a POS's wire, reduced to its shape as it passes: names, types and status words, never a value."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reconcile.http import Exchange

WORD_KEYS = ("status", "state", "type", "group_id", "validation_type")  # their values are the vendor's own words
REFERENCE_KEYS = ("public_id", "referenceNumber", "invoice_number", "receipt_number")
LISTS = ("results", "data")  # where a list's records are: Heartland, Lightspeed X; at Lightspeed R under their own name
BESIDES = "@attributes"
WORD = re.compile(r"[A-Za-z][A-Za-z_. -]{0,40}")
NAME = re.compile(r"[A-Za-z_][\w?.-]{0,59}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)?")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
OTHER = "(other)"
MOST_NAMES = 400
DEEPEST = 4


@dataclass(slots=True)
class Seen:
    """Everything seen of one collection."""

    answers: Counter[str] = field(default_factory=Counter)  # status, with the error code of a refusal
    rows: int = 0
    types: dict[str, set[str]] = field(default_factory=dict)  # field → types
    words: dict[str, Counter[str]] = field(default_factory=dict)
    references: Counter[str] = field(default_factory=Counter)  # spellings, digits as 9 and letters as A
    filters: dict[str, Counter[str]] = field(default_factory=dict)  # "public_id $in" → answers
    includes: dict[str, Counter[str]] = field(default_factory=dict)  # name → "given" | "left out" | "refused …"


class Recorder:
    """Hears every answer; `collections` is by path, with ids in it as `{id}`."""

    def __init__(self) -> None:
        self.collections: dict[str, Seen] = {}
        self.headers: set[str] = set()

    def hear(self, exchange: Exchange) -> None:
        seen = self.collections.setdefault(re.sub(r"\d+", "{id}", exchange.path), Seen())
        body = _parsed(exchange.content)
        answer = _answer(exchange.status, body)
        seen.answers[answer] += 1
        self.headers |= {_name(name.lower()) for name in exchange.headers}
        params = list(exchange.params.items() if isinstance(exchange.params, dict) else exchange.params or ())
        for asked in {one for key, value in params if key == "_filter" for one in _asked(_parsed(str(value).encode()))}:
            seen.filters.setdefault(asked, Counter())[answer] += 1
        if exchange.status < 300:
            rows = _rows(body)
            self._note_rows(seen, rows)
            self._note_includes(seen, [str(value) for key, value in params if key == "_include[]"], rows)

    def _note_rows(self, seen: Seen, rows: list[dict[str, Any]]) -> None:
        seen.rows += len(rows)
        for row in rows:
            for name, value in _fields(row):
                if name in seen.types or len(seen.types) < MOST_NAMES:
                    seen.types.setdefault(name, set()).add(_type(value))
            for key in WORD_KEYS:
                if isinstance(row.get(key), str):
                    seen.words.setdefault(key, Counter())[_word(row[key])] += 1
            seen.references.update(spelling(str(row[key])) for key in REFERENCE_KEYS if row.get(key))

    def _note_includes(self, seen: Seen, names: Iterable[str], rows: list[dict[str, Any]]) -> None:
        for name in names:
            if rows:
                given = any(name in row for row in rows)
                seen.includes.setdefault(_name(name), Counter())["given" if given else "left out"] += 1

    def to_json(self) -> dict[str, Any]:
        """By collection; nothing in it is a value of the shop's."""
        return {path: _as_json(seen) for path, seen in sorted(self.collections.items())}


def spelling(reference: str) -> str:
    """`#52548-E001` → `#99999-A999`: how references are written, without any."""
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", reference))[:40]


def _as_json(seen: Seen) -> dict[str, Any]:
    return {
        "answers": dict(seen.answers),
        "rows": seen.rows,
        "fields": {name: sorted(types) for name, types in sorted(seen.types.items())},
        "words": {key: dict(counts) for key, counts in seen.words.items()},
        "references": dict(seen.references.most_common(20)),
        "filters": {asked: dict(answers) for asked, answers in sorted(seen.filters.items())},
        "includes": {name: dict(counts) for name, counts in sorted(seen.includes.items())},
    }


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _answer(status: int, body: Any) -> str:
    code = body.get("error") if status >= 300 and isinstance(body, dict) else None
    return f"{status} {_word(code)}" if isinstance(code, str) else str(status)


def _rows(body: Any) -> list[dict[str, Any]]:
    """The records of a list; an answer that is one record counts as one."""
    if not isinstance(body, dict):
        return []
    named = [key for key in body if key != BESIDES] if BESIDES in body else []
    place = next((key for key in (*LISTS, *named[:1]) if key in body), None)
    found = body if place is None else body[place]
    return [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict)]


def _fields(row: dict[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Every field with its path, such as `lines[].qty`."""
    for key, value in row.items():
        name = f"{before}{_name(key)}"
        yield name, value
        if depth < DEEPEST and isinstance(value, dict):
            yield from _fields(value, f"{name}.", depth + 1)
        if depth < DEEPEST and isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    yield from _fields(part, f"{name}[].", depth + 1)


def _asked(where: Any, name: str = "") -> Iterator[str]:
    """The fields of a filter, each with its operator: `public_id $in`, `status`."""
    if isinstance(where, list):
        for part in where:
            yield from _asked(part, name)
    elif isinstance(where, dict):
        for key, value in where.items():
            if key in ("$or", "$and"):
                yield from _asked(value, name)
            elif key.startswith("$"):
                yield f"{name} {key}"
            elif isinstance(value, (dict, list)):
                yield from _asked(value, _name(key))
            else:
                yield _name(key)


def _type(value: Any) -> str:
    if isinstance(value, str):
        return next(
            (kind for kind, form in (("time", TIME), ("number as text", NUMBER)) if form.fullmatch(value)), "text"
        )
    kinds = {bool: "yes or no", int: "number", float: "number", list: "list", dict: "object", type(None): "null"}
    return kinds[type(value)]


def _word(text: str) -> str:
    return text if WORD.fullmatch(text) else OTHER


def _name(text: str) -> str:
    return text if NAME.fullmatch(text) else OTHER
