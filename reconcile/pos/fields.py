"""One field of a vendor's record as our value; what cannot be understood makes the whole answer worthless."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from reconcile.errors import Untrustworthy

Row = Mapping[str, Any]


def word(value: object) -> str:
    """Text without blanks around it; empty for null."""
    return "" if value is None else str(value).strip()


@dataclass(frozen=True, slots=True)
class Fields:
    """Reads fields; raises `Untrustworthy` naming `vendor` and the field, never its value."""

    vendor: str

    def money(self, row: Row, *keys: str) -> Decimal | None:
        """The first of these that has a value, from a number or a text; None when none has."""
        key = next((key for key in keys if row.get(key) not in (None, "")), None)
        return None if key is None else self._decimal(row[key], key)

    def moment(self, row: Row, key: str) -> datetime | None:
        """A moment in UTC; one without an offset is UTC, in which all three vendors keep their times."""
        value = row.get(key)
        if value is None or value == "":
            return None
        try:
            said = datetime.fromisoformat(str(value))
        except ValueError:
            raise Untrustworthy(f"{self.vendor}: {key} is not a moment in time.") from None
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)

    def _decimal(self, value: object, key: str) -> Decimal:
        try:
            number = Decimal(str(value).strip())
            if isinstance(value, bool) or not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise Untrustworthy(f"{self.vendor}: {key} is not a number.") from None
        return number
