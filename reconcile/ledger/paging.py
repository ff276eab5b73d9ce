"""Pages of a list: where the next one begins, in one opaque word that stays right while rows are added."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from reconcile.ledger.types import EPOCH


class BadCursor(ValueError):
    """The cursor is not one that this service gave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    rows: Sequence[Row[Any]]
    next: str | None = None  # None: this was the last page


def write_cursor(*parts: datetime | int | str) -> str:
    plain = [(part - EPOCH) // timedelta(microseconds=1) if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The parts that `write_cursor` wrote; raises `BadCursor` on anything else."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list):
            raise BadCursor(cursor)
        return [_read(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (binascii.Error, ValueError, OverflowError, RecursionError) as error:
        raise BadCursor(cursor) from error


def _read(part: Any, kind: type) -> Any:
    stored_as: type = int if kind is datetime else kind
    found: type = type(part)
    if found is not stored_as:  # not isinstance: True is no number here
        raise BadCursor("a part of another kind")
    if stored_as is int and not -(2**63) <= part < 2**63:
        raise BadCursor("no number of the ledger's")
    return EPOCH + timedelta(microseconds=part) if kind is datetime else part
