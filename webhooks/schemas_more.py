"""What the API gives beside orders: batches, incidents, shops, checks, deliveries."""

from marshmallow import Schema, fields

from webhooks.schemas import EventSchema, Moment, Money


class CandidateSchema(Schema):
    store = fields.String()
    order_id = fields.Integer()
    name = fields.String()
    standing = fields.String()
    cause = fields.String(allow_none=True)
    total = Money()
    currency = fields.String()
    may_not_because = fields.String(allow_none=True)


class PreviewSchema(Schema):
    count = fields.Integer(metadata={"description": "orders that would be re-queued"})
    skipped = fields.Integer(metadata={"description": "orders of the filter that may not be"})
    sample = fields.List(fields.Nested(CandidateSchema))


class BatchItemSchema(Schema):
    store = fields.String()
    order_id = fields.Integer()
    name = fields.String()
    result = fields.String(metadata={"description": "waiting, touched, arrived, skipped or cancelled"})
    reason = fields.String()
    at = Moment(allow_none=True)


class BatchSchema(Schema):
    batch_id = fields.String(required=True)
    by = fields.String()
    created_at = Moment()
    cancelled_at = Moment(allow_none=True)
    done = fields.Boolean()
    total = fields.Integer()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    items = fields.List(fields.Nested(BatchItemSchema))
    next = fields.String(allow_none=True)


class SampleSchema(Schema):
    store = fields.String()
    order_id = fields.Integer()
    name = fields.String()
    total = Money()
    currency = fields.String()
    standing = fields.String()
    eligible_at = Moment()


class TouchesSchema(Schema):
    arrived = fields.Integer()
    outstanding = fields.Integer()
    not_arrived = fields.Integer()


class IncidentSchema(Schema):
    id = fields.Integer(required=True)
    store = fields.String(required=True)
    cause = fields.String(required=True)
    subject = fields.String()
    title = fields.String()
    sentence = fields.String(metadata={"description": "since when, how many, worth what, why, what to do"})
    state = fields.String(metadata={"description": "open, acknowledged or resolved"})
    orders = fields.Integer(metadata={"description": "orders that it holds back now"})
    value_at_risk = fields.Dict(keys=fields.String(), values=Money(), metadata={"description": "per currency"})
    since = Moment(metadata={"description": "when the first order of it became eligible"})
    opened_at = Moment()
    resolved_at = Moment(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    fixed_by = fields.String(allow_none=True)
    fixed_at = Moment(allow_none=True)
    next_step = fields.String()
    progress = fields.String()
    touches = fields.Nested(TouchesSchema)
    sample = fields.List(fields.Nested(SampleSchema))


class IncidentDetail(IncidentSchema):
    events = fields.List(fields.Nested(EventSchema))


class IncidentsAnswer(Schema):
    items = fields.List(fields.Nested(IncidentSchema), required=True)


class TouchSchema(Schema):
    effect = fields.String(metadata={"description": "unproven, works, no_effect or doubles"})
    failures = fields.Integer()
    since = Moment(allow_none=True)


class StoppedSchema(Schema):
    by = fields.String()
    reason = fields.String(allow_none=True)
    at = Moment(allow_none=True)


class InboxSchema(Schema):
    received = fields.Integer()
    parked = fields.Integer()


class HealthSchema(Schema):
    pos_error = fields.String(allow_none=True)
    pos_read_at = Moment(allow_none=True)
    pos_pause_until = Moment(allow_none=True)
    sweep_error = fields.String(allow_none=True)
    last_delivery_at = Moment(allow_none=True)
    swept_at = Moment(allow_none=True)
    checked_at = Moment(allow_none=True)


class StoreSchema(Schema):
    store = fields.String(required=True)
    domain = fields.String()
    mode = fields.String()
    locale = fields.String()
    pos = fields.String()
    installed_at = Moment()
    touch = fields.Nested(TouchSchema)
    stopped = fields.Nested(StoppedSchema, allow_none=True)
    health = fields.Nested(HealthSchema)
    grace_s = fields.Integer()
    arrivals = fields.Integer(metadata={"description": "that the grace rests on"})
    declared = fields.Dict(metadata={"description": "of the connector, in force; null is unknown"})
    limits = fields.Dict(metadata={"description": "in force, as the stores file would write them"})
    standings = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "orders placed in the last 30 days, and older ones that are not settled"},
    )
    inbox = fields.Nested(InboxSchema)
    due = fields.Integer(metadata={"description": "orders whose look is due; 0 while the POS is left in peace"})
    next_due_at = Moment(allow_none=True)
    next_sweep_at = Moment(allow_none=True)
    next_check_at = Moment(allow_none=True)
    busy = fields.Boolean(metadata={"description": "a worker is at it"})


class StoresAnswer(Schema):
    items = fields.List(fields.Nested(StoreSchema), required=True)


class CheckSchema(Schema):
    slug = fields.String()
    subject = fields.String()
    result = fields.String(metadata={"description": "pass, fail, warning, does_not_apply or unknown"})
    title = fields.String()
    evidence = fields.String()
    fix = fields.String()
    checked_at = Moment()


class ChecksAnswer(Schema):
    store = fields.String()
    checked_at = Moment(allow_none=True)
    items = fields.List(fields.Nested(CheckSchema), required=True)


class DeliverySchema(Schema):
    id = fields.Integer(required=True)
    store = fields.String()
    webhook_id = fields.String()
    topic = fields.String()
    event_id = fields.String(allow_none=True)
    api_version = fields.String(allow_none=True)
    triggered_at = Moment(allow_none=True)
    received_at = Moment()
    state = fields.String(metadata={"description": "received, folded or parked"})
    folded_at = Moment(allow_none=True)
    order_id = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)


class DeliveriesPage(Schema):
    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next = fields.String(allow_none=True, required=True)
