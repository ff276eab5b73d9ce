"""The straight way through a marshmallow schema, for bodies that are as they should be.

Loading a schema costs more than all the rest of reading an order: every field is asked for hooks, validators and errors
that ours do not have. Here the fields' own conversions are called one after the other. What they refuse, or what is
missing, is marshmallow's to explain: the caller loads the same body with the schema itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

Raw = Mapping[str, Any]
Convert = Callable[[Any], Any]
Loader = Callable[[Raw], dict[str, Any]]


def loader(schema: Schema) -> Loader:
    """What `schema.load` does, with the same errors. Raises TypeError for a schema that asks for more than conversions."""
    straight = _record(schema)

    def load(raw: Raw) -> dict[str, Any]:
        try:
            return straight(raw)
        except ValidationError:
            whole: dict[str, Any] = schema.load(raw)
            return whole

    return load


def _record(schema: Schema) -> Loader:
    for name, field in schema.load_fields.items():
        if field.data_key or not (field.required or field.load_default is None):
            raise TypeError(f"{name}: other keys, and defaults other than None, are not read straight")
    parts = [(name, _conversion(field), field.required) for name, field in schema.load_fields.items()]

    def convert(raw: Raw) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise ValidationError("is no object")
        loaded = {}
        for name, part, required in parts:
            value = raw.get(name)
            if value is None and required:
                raise ValidationError("is missing")
            loaded[name] = None if value is None else part(value)
        return loaded

    return convert


def _conversion(field: fields.Field[Any]) -> Convert:
    if field.validators:
        raise TypeError(f"{field.name}: validators are not read straight")
    if isinstance(field, fields.Nested):
        return _record(field.schema)
    if isinstance(field, fields.List):
        return _many(field.inner)
    return lambda value: field._deserialize(value, None, None)


def _many(inner: fields.Field[Any]) -> Convert:
    part = _conversion(inner) if not inner.allow_none else _unless_none(_conversion(inner))

    def convert(values: Any) -> list[Any]:
        if not isinstance(values, list) or (None in values and not inner.allow_none):
            raise ValidationError("is no list, or has a gap")
        return [part(value) for value in values]

    return convert


def _unless_none(part: Convert) -> Convert:
    return lambda value: None if value is None else part(value)
