"""What the API gives of what was inferred at a shop, and of how right that was."""

from marshmallow import Schema, fields

from webhooks.schemas import Moment


def _counts(text: str) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": text})


class InferredSchema(Schema):
    key = fields.String(required=True, metadata={"description": "as among the declared settings"})
    setting = fields.String(metadata={"description": "its name on the connector's page"})
    value = fields.String(metadata={"description": "the channel, location or tag, of a setting that lists such"})
    declared = fields.Boolean(allow_none=True, metadata={"description": "null is unknown"})
    shown = fields.Boolean(allow_none=True, metadata={"description": "what the orders show; null: they do not say"})
    contradicts = fields.Boolean(metadata={"description": "the orders show something else than what is declared"})
    probability = fields.Float(metadata={"description": "that it holds orders back now: 0 to 1"})
    orders = fields.Integer(metadata={"description": "absent orders on which that rests"})
    since = Moment(allow_none=True, metadata={"description": "when the first of these became eligible"})
    arrived = fields.Integer(metadata={"description": "orders of the kind that arrived in the last two days"})
    last_passed_at = Moment(allow_none=True)


class InferredAnswer(Schema):
    store = fields.String(required=True)
    items = fields.List(fields.Nested(InferredSchema), required=True)


class LiveAnswer(Schema):
    store = fields.String(required=True)
    since = Moment()
    judged = fields.Integer(metadata={"description": "orders found to be in the POS, or not"})
    cases = fields.Integer(metadata={"description": "cases closed"})
    closings = _counts("how they were closed")
    dismissed = _counts("cause to cases that a person has dismissed")
    arrived_by_themselves = fields.Integer(metadata={"description": "though called missing, and untouched"})
    false_alarms_per_1000 = fields.Float(allow_none=True)
    touches = _counts("by outcome: arrived, not_arrived, doubled, open")
    canaries = _counts("the same of the touches that went first")
