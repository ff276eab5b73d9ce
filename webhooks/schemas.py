"""What the API takes and gives, as marshmallow schemas; the OpenAPI document is made of them."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from reconcile.ledger.queries import OrderFilter
from reconcile.model import CaseState, Mode, Standing
from webhooks.plain import moment, money

LARGEST_PAGE = 250
MOST_NAMED = 1_000
LARGEST_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 2000, 2200
TEXT = validate.Length(min=1, max=2_000)


def is_storable(value: Any) -> bool:
    """Whether every database takes it: PostgreSQL keeps no NUL, and half a character is none anywhere."""
    written = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in written and not any("\ud800" <= letter <= "\udfff" for letter in written)


def check_year(day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"Not between the years {FIRST_YEAR} and {LAST_YEAR}.")


class Money(fields.Field[Decimal]):
    """An amount as a string with its cents."""

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else money(value)


class Moment(fields.AwareDateTime):
    """ISO 8601 in UTC with a Z; read with any offset, and as UTC without one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        found: datetime = super()._deserialize(value, attr, data, **kwargs)
        check_year(found)
        return found

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else moment(value)


class Asked(Schema):
    """What comes in: unknown keys are errors, and an empty value is as good as none."""

    class Meta:
        unknown = RAISE

    @pre_load
    def drop_empty(self, given: Any, **_: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        kept = {key: given[key] for key in given if given[key] not in ("", None)}
        unkept = {key: ["Not a text that can be kept."] for key, value in kept.items() if not is_storable(value)}
        if unkept:
            raise ValidationError(unkept)
        return kept


class ErrorSchema(Schema):
    error = fields.String(required=True, metadata={"description": "a slug for programs"})
    message = fields.String(required=True, metadata={"description": "a sentence for people"})
    details = fields.Dict(required=True, metadata={"description": "what is wrong, by field"})


# --- what is asked --------------------------------------------------------------------------------------------------


class PageQuery(Asked):
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=LARGEST_PAGE))
    cursor = fields.String(validate=validate.Length(max=400), metadata={"description": "`next` of the page before"})


class FilterFields(Asked):
    store = fields.String()
    standing = fields.String(validate=validate.OneOf([one.value for one in Standing]))
    cause = fields.String(validate=validate.Length(max=48))
    subject = fields.String(validate=validate.Length(max=255))
    state = fields.String(
        validate=validate.OneOf([*(one.value for one in CaseState), "open"]),
        metadata={"description": "of the case; `open` is every one that is not closed"},
    )
    q = fields.String(
        validate=validate.Length(max=100), metadata={"description": "part of the order's name or of a SKU"}
    )
    since = Moment(metadata={"description": "created at or after"})
    until = Moment(metadata={"description": "created before"})


def filter_of(given: Mapping[str, Any]) -> OrderFilter:
    return OrderFilter(**{name: given[name] for name in FilterFields().fields if name in given})


class OrdersQuery(FilterFields, PageQuery):
    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"wanted": filter_of(given), "limit": given["limit"], "cursor": given.get("cursor")}


class DeliveriesQuery(PageQuery):
    store = fields.String()
    state = fields.String(validate=validate.OneOf(["received", "folded", "parked"]))
    topic = fields.String(validate=validate.Length(max=64))


class IncidentsQuery(Asked):
    store = fields.String()
    state = fields.String(load_default="open", validate=validate.OneOf(["open", "resolved", "all"]))
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=LARGEST_PAGE))


class LocaleQuery(Asked):
    locale = fields.String(validate=validate.OneOf(["en", "fr"]))


class FormatQuery(Asked):
    format = fields.String(
        validate=validate.OneOf(["json", "csv"]),
        metadata={"description": "left out: as `Accept` asks, JSON if it does not"},
    )


class StatementQuery(FormatQuery):
    since = fields.Date(required=True, data_key="from", validate=check_year)
    until = fields.Date(required=True, data_key="to", validate=check_year, metadata={"description": "included"})

    @validates_schema
    def in_order(self, given: dict[str, Any], **_: Any) -> None:
        if given["until"] < given["since"]:
            raise ValidationError("Earlier than `from`.", "to")
        if (given["until"] - given["since"]).days > 366:
            raise ValidationError("More than 366 days.", "to")


class OrderKey(Asked):
    store = fields.String(required=True)
    order_id = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=LARGEST_ID))


class RequeueBody(FilterFields):
    """The filter of the list, or the orders by name."""

    orders = fields.List(fields.Nested(OrderKey), validate=validate.Length(min=1, max=MOST_NAMED))
    dry_run = fields.Boolean(load_default=False, metadata={"description": "only count, and show a sample"})

    @post_load
    def made(self, given: dict[str, Any], **_: Any) -> dict[str, Any]:
        wanted = filter_of(given)
        if given.get("orders") and not wanted.is_empty:
            raise ValidationError("Give a filter or name the orders, not both.", "orders")
        if not given.get("orders") and wanted.is_empty:
            raise ValidationError("An empty filter would re-queue everything: name at least one part of it.", "filter")
        named = [(one["store"], one["order_id"]) for one in given.get("orders", ())]
        return {"wanted": named or wanted, "dry_run": given["dry_run"]}


class HoldBody(Asked):
    until = Moment(required=True)


class DismissBody(Asked):
    reason = fields.String(required=True, validate=[TEXT, validate.Regexp(r"(?s).*\S", error="Say why.")])
    by_hand = fields.Boolean(load_default=False, metadata={"description": "staff have keyed the order in themselves"})


class NoteBody(Asked):
    note = fields.String(required=True, validate=[TEXT, validate.Regexp(r"(?s).*\S", error="Write something.")])


class SweepBody(Asked):
    since = Moment()


class StopBody(Asked):
    reason = fields.String(load_default="by hand", validate=TEXT)


class ModeBody(Asked):
    mode = fields.String(required=True, validate=validate.OneOf([one.value for one in Mode]))


# --- what is given: orders ------------------------------------------------------------------------------------------


class DecisionSchema(Schema):
    verb = fields.String()
    reason = fields.String()
    limit = fields.String()
    by = fields.String()


class OrderSchema(Schema):
    store = fields.String(required=True)
    order_id = fields.Integer(required=True)
    name = fields.String(required=True)
    standing = fields.String(required=True)
    unread_since = Moment(allow_none=True)
    cause = fields.String(allow_none=True)
    subject = fields.String(metadata={"description": "what the orders of one cause share: a setting, a field, a SKU"})
    certainty = fields.String(allow_none=True)
    case_state = fields.String(allow_none=True)
    total = Money()
    currency = fields.String()
    created_at = Moment()
    updated_at = Moment()
    eligible_at = Moment(metadata={"description": "from when on the POS may be expected to have it"})
    first_seen_at = Moment()
    found_by = fields.String(metadata={"description": "webhook, sweep or look"})
    looked_at = Moment(allow_none=True)
    next_look_at = Moment(allow_none=True)
    noticed_at = Moment(allow_none=True)
    arrived_at = Moment(allow_none=True)
    case_opened_at = Moment(allow_none=True)
    case_closed_at = Moment(allow_none=True)
    closing = fields.String(allow_none=True)
    closed_by = fields.String(allow_none=True)
    held_until = Moment(allow_none=True)
    attempts = fields.Integer(metadata={"description": "touches since the last re-queue"})
    touches = fields.Integer(metadata={"description": "touches ever"})
    requeued_by = fields.String(allow_none=True)
    requeued_at = Moment(allow_none=True)
    batch_id = fields.String(allow_none=True)
    decision = fields.Nested(DecisionSchema, allow_none=True)
    shopify_url = fields.String()


class OrdersPage(Schema):
    items = fields.List(fields.Nested(OrderSchema), required=True)
    next = fields.String(allow_none=True, required=True)


class ActionSchema(Schema):
    id = fields.Integer()
    number = fields.Integer()
    tag = fields.String()
    state = fields.String(metadata={"description": "intended, done, refused or unknown"})
    cause = fields.String()
    subject = fields.String()
    by = fields.String()
    reason = fields.String()
    intended_at = Moment()
    answered_at = Moment(allow_none=True)
    answer = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    judged_at = Moment(allow_none=True)


class EventSchema(Schema):
    id = fields.Integer()
    at = Moment()
    kind = fields.String()
    who = fields.String()
    text = fields.String()


class OrderDetail(OrderSchema):
    order = fields.Dict(metadata={"description": "Shopify's, as last seen, without personal data"})
    sales = fields.List(fields.Dict(), metadata={"description": "the POS's records, as last seen"})
    sides = fields.Dict(metadata={"description": "both sides, amount by amount and SKU by SKU"})
    discrepancies = fields.List(fields.Dict())
    findings = fields.List(fields.Dict(), metadata={"description": "causes with their evidence, title and fix"})
    actions = fields.List(fields.Nested(ActionSchema))
    events = fields.List(fields.Nested(EventSchema))
    may_requeue = fields.Boolean()
    may_not_because = fields.String(allow_none=True)
