"""Limits: what may only lower a decision, as the stores file says and as an admin sets over it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

DURATION = re.compile(r"(\d{1,9})\s*(s|m|h|d)\Z", re.ASCII)
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may only lower a decision (design, section 5)."""

    max_age: timedelta = timedelta(days=3)
    attempts: int = 2
    settle: timedelta = timedelta(minutes=10)
    touches_an_hour: int = 60
    share: float = 0.30
    share_from: int = 10
    proof_gap: timedelta = timedelta(minutes=2)
    proof_age: timedelta = timedelta(seconds=30)


def duration(text: str) -> timedelta:
    """`15m`, `30d`, `90s`, `4h`; raises ValueError otherwise."""
    found = DURATION.match(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no duration: write a number and s, m, h or d, such as 15m")
    return int(found[1]) * UNITS[found[2]]


def shortly(length: timedelta) -> str:
    """The text that `duration` reads, in the largest unit that fits."""
    unit = next(name for name, size in UNITS.items() if not length % size)
    return f"{length // UNITS[unit]}{unit}"


class Lasting(fields.Field[timedelta]):
    """A length of time, written such as `15m`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "example": "15m"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> timedelta:
        try:
            length = duration(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if length > LONGEST:
            raise ValidationError(f"{value!r} is too long: a year at most")
        return length

    def _serialize(self, value: timedelta | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else shortly(value)


class LimitsSchema(Schema):
    max_age = Lasting()
    attempts = fields.Integer(strict=True, validate=validate.Range(min=0))
    settle = Lasting()
    touches_an_hour = fields.Integer(strict=True, validate=validate.Range(min=0))
    share = fields.Float(validate=validate.Range(min=0, max=1))
    share_from = fields.Integer(strict=True, validate=validate.Range(min=1))


class ShopLimitsSchema(LimitsSchema):
    """All that an admin may set of a shop's limits: beside them, from when on an order counts as missing or pending."""

    missing_after = Lasting()
    pending_after = Lasting()


LIMITED = tuple(ShopLimitsSchema().fields)
OWN_LIMITS = frozenset(LIMITED) - frozenset(LimitsSchema().fields)  # of the shop itself
