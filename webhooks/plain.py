"""Values as JSON for the outside: money with its cents, moments in UTC with a Z."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

COUNTED = frozenset({"quantity"})  # a Decimal that is no money


def money(amount: Decimal) -> str:
    """With two decimals or more, never in scientific notation."""
    places = max(2, -int(amount.as_tuple().exponent))
    return f"{amount:.{places}f}"


def moment(at: datetime) -> str:
    """ISO 8601 in UTC; whole seconds when it has no fraction."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def number(count: Decimal) -> str:
    """A quantity without trailing zeros."""
    return f"{count.normalize():f}"


def plain(value: Any, name: str = "") -> Any:
    """A dataclass, row or container as plain JSON values."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return number(value) if name in COUNTED else money(value)
    if isinstance(value, datetime):
        return moment(value)
    if dataclasses.is_dataclass(value):
        return {part.name: plain(getattr(value, part.name), part.name) for part in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part, str(key)) for key, part in value.items()}
    if isinstance(value, (frozenset, set)):
        return sorted(plain(part) for part in value)
    if isinstance(value, (list, tuple)):
        return [plain(part, name) for part in value]
    return value
