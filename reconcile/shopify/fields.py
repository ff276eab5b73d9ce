"""The marshmallow fields of Shopify's REST bodies: exact ids, decimal money, aware moments. No message holds a value."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields

LARGEST_ID = 2**63 - 1  # a signed BIGINT; Shopify's samples go past 2^53, which JavaScript would round
LARGEST_COUNT = 2**31 - 1
LARGEST_AMOUNT = Decimal(10) ** 15
MOST_DECIMALS = 10
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no text column takes a NUL or half a surrogate pair


class Identifier(fields.Field[int]):
    """A whole number that fits the ledger; digits in quotes are taken, a float never is (it may have been rounded)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if type(value) is not int or not 0 <= value <= LARGEST_ID:
            raise ValidationError("is not an id")
        return value


class Count(fields.Field[int]):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or not -LARGEST_COUNT <= value <= LARGEST_COUNT:
            raise ValidationError("is not a whole number")
        return value


class Money(fields.Field[Decimal]):
    """An amount as a string or as a number (refund lines have numbers)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        amount = to_amount(value)
        if amount is None:
            raise ValidationError("is not an amount")
        return amount


class ShopMoney(Money):
    """The shop's side of a money bag such as `total_shipping_price_set`; the buyer's own currency is no use to a POS."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        amount = value.get("shop_money") if isinstance(value, Mapping) else None
        if not isinstance(amount, Mapping):
            raise ValidationError("is not an amount")
        return super()._deserialize(amount.get("amount"), attr, data, **kwargs)


class Moment(fields.Field[datetime]):
    """ISO 8601 with an offset; becomes aware UTC. Nine digits of a second are cut to six."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        moment = to_moment(value)
        if moment is None:
            raise ValidationError("is not a moment with an offset")
        return moment


class Text(fields.Field[str]):
    """A text that the ledger can store; with `filled=True` it must not be blank."""

    def __init__(self, *, filled: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filled = filled

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("is not a text")
        if self.filled and not value.strip():
            raise ValidationError("is blank")
        return storable(value)


class Word(fields.Field[str]):
    """A vendor's word or key that comes as a text or as a number, such as `app_id`; unknown words are kept as they are."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValidationError("is not a word")
        return storable(str(value))


class Flag(fields.Field[bool]):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("is not true or false")
        return value


def to_amount(value: object) -> Decimal | None:
    """A finite amount of a size that money has, or None when this is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= LARGEST_AMOUNT:
        return None
    exponent = amount.as_tuple().exponent
    return amount if isinstance(exponent, int) and -MOST_DECIMALS <= exponent <= 0 else _plain(amount)


def _plain(amount: Decimal) -> Decimal:
    """An amount written with an exponent or with endless decimals, in plain digits."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else round(amount, MOST_DECIMALS)


def to_moment(value: object) -> datetime | None:
    """Aware UTC, or None when the text is no moment or does not say its offset."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def storable(text: str) -> str:
    """The text without what no ledger column takes."""
    return text if text.isprintable() else UNSTORABLE.sub("\ufffd", text)
