"""What Shopify's webhooks carry: an order, or the mention of one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from marshmallow import EXCLUDE, Schema, ValidationError

from reconcile.errors import PoisonPayload
from reconcile.model import Order
from reconcile.shopify.body import order_from
from reconcile.shopify.fields import Identifier, Moment

WRAPPERS = ("response", "order", "body")  # documentation samples and REST answers have one, webhooks never
DELETED_KEYS = frozenset({"id", "admin_graphql_api_id"})
MOST_NAMED = 5


class MentionKind(StrEnum):
    EDITED = "edited"
    DELETED = "deleted"
    REFUNDED = "refunded"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An order that a delivery names without carrying it; `at` is None where the body does not say."""

    order_id: int
    kind: MentionKind
    at: datetime | None = None


class EditBody(Schema):
    order_id = Identifier(required=True)
    committed_at = Moment(load_default=None)


class DeletionBody(Schema):
    id = Identifier(required=True)


class PartBody(Schema):
    """A refund, a fulfilment, a transaction, a risk assessment: anything that belongs to an order."""

    order_id = Identifier(required=True)
    created_at = Moment(load_default=None)


EDIT, DELETION, PART = (schema(unknown=EXCLUDE) for schema in (EditBody, DeletionBody, PartBody))


def read_order(body: bytes) -> Order:
    """The order of an `orders/*` delivery, its personal data reduced to facts.

    Raises `PoisonPayload` naming the fields that are at fault, never their values.
    """
    raw = _parse(body)
    wrapper = next((key for key in WRAPPERS if "id" not in raw and isinstance(raw.get(key), dict)), None)
    if wrapper:
        raise PoisonPayload(f"The body is no webhook's: what it has stands under `{wrapper}`.")
    if "order_id" in raw:  # the signature does not cover the topic; a fulfilment has nearly all the keys of an order
        raise PoisonPayload("The body is no order: it belongs to one (`order_id`).")
    try:
        return order_from(raw)
    except ValidationError as error:
        raise PoisonPayload(f"The order cannot be read: {_in_words(error)}.") from None


def read_topic_ids(topic: str, body: bytes) -> Mention:
    """The order that a delivery names when its body is no order: an edit, a deletion, a refund, a fulfilment, …

    Raises `PoisonPayload` naming the fields that are at fault, never their values.
    """
    raw = _parse(body)
    try:
        if topic == "orders/edited":
            return _edit(raw)
        return _deletion(raw) if topic == "orders/delete" else _part(topic, raw)
    except ValidationError as error:
        raise PoisonPayload(f"The {topic} delivery cannot be read: {_in_words(error)}.") from None


def _edit(raw: dict[str, Any]) -> Mention:
    if not isinstance(raw.get("order_edit"), dict):
        raise PoisonPayload("The orders/edited delivery cannot be read: `order_edit` is missing.")
    found = EDIT.load(raw["order_edit"])
    return Mention(order_id=found["order_id"], kind=MentionKind.EDITED, at=found["committed_at"])


def _deletion(raw: dict[str, Any]) -> Mention:
    """The signature covers the body and not the topic: an order's body sent as a deletion must delete nothing."""
    if not raw.keys() <= DELETED_KEYS:
        raise PoisonPayload("The orders/delete delivery is not believed: it carries more than the id of an order.")
    return Mention(order_id=DELETION.load(raw)["id"], kind=MentionKind.DELETED)


def _part(topic: str, raw: dict[str, Any]) -> Mention:
    found = PART.load(raw)
    kind = MentionKind.REFUNDED if topic == "refunds/create" else MentionKind.CHANGED
    return Mention(order_id=found["order_id"], kind=kind, at=found["created_at"])


def _parse(body: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise PoisonPayload("The body is nested too deeply.") from None
    except ValueError as error:
        where = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise PoisonPayload(f"The body is no JSON{where}.") from None
    if not isinstance(raw, dict):
        raise PoisonPayload("The body is no JSON object.")
    return raw


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _in_words(error: ValidationError) -> str:
    """Such as "`line_items.0.price` is not an amount; `updated_at` is missing"."""
    named = [f"`{path}` {text}" if path else text for path, text in _faults(error.messages, ())]
    more = len(named) - MOST_NAMED
    return "; ".join(named[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _faults(messages: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list):
        yield ".".join(path), WORDS.get(str(messages[0]), str(messages[0]))


# marshmallow's own sentences, in the form of ours
WORDS = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "is null",
    "Not a valid list.": "is no list",
    "Invalid input type.": "is no object",
}
