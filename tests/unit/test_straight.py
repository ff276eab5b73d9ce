"""The straight way through the schemas: whatever comes, it ends as marshmallow itself would end it."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from reconcile.shopify import straight
from reconcile.shopify.body import ORDER, load_order
from tests.unit.test_payload import ORDERS, sample

ODD: list[Any] = [
    None,
    "",
    " ",
    "x",
    "7",
    "1.50",
    0,
    -1,
    1.5,
    2**70,
    True,
    [],
    {},
    [None],
    [{}],
    [[1]],
    "\x00",
    "NaN",
    {"id": 1},
]


def outcome(load: Any, body: Any) -> tuple[str, Any]:
    try:
        return "read", load(body)
    except ValidationError as error:
        return "refused", error.messages


@pytest.mark.parametrize("name", ORDERS)
def test_a_sample_is_read_as_the_schema_reads_it(name: str) -> None:
    body = json.loads(json.dumps(sample(name)), parse_float=Decimal)
    assert load_order(body) == ORDER.load(body)


@given(st.sampled_from(sorted(ORDERS)), st.data())
def test_whatever_is_put_in_a_field_ends_as_with_the_schema(name: str, data: st.DataObject) -> None:
    body = copy.deepcopy(sample(name))
    place = body
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [value for value in place.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))[0]
    key = data.draw(st.sampled_from(sorted(place)))
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(st.sampled_from(ODD))
    assert outcome(load_order, body) == outcome(ORDER.load, body)


class Checked(Schema):
    size = fields.Integer(required=True, validate=validate.Range(min=1))


class Renamed(Schema):
    size = fields.Integer(required=True, data_key="Size")


class Defaulted(Schema):
    size = fields.Integer(load_default=3)


class Absent(Schema):
    size = fields.Integer()


@pytest.mark.parametrize("kind", [Checked, Renamed, Defaulted, Absent])
def test_a_schema_that_asks_for_more_is_refused_when_it_is_made(kind: type[Schema]) -> None:
    with pytest.raises(TypeError, match="size"):
        straight.loader(kind(unknown=EXCLUDE))
