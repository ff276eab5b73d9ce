"""The shape of one shop's table in the stores file, and of the same table where the ledger holds it."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, validate
from marshmallow import fields as f

from reconcile.alert_settings import AlertsSchema
from reconcile.evidence import Declared
from reconcile.limits import Lasting, LimitsSchema
from reconcile.model import Mode


class ShopifySchema(Schema):
    client_id = f.String()
    client_secret = f.String()
    access_token = f.String()
    grant = f.String(validate=validate.OneOf(["client_credentials", "authorization_code"]))
    api_version = f.String(load_default="2026-10")
    base_url = f.Url(require_tld=False)


class PosSchema(Schema):
    kind = f.String(required=True)
    subdomain = f.String(
        validate=validate.Regexp(
            r"^[A-Za-z0-9][A-Za-z0-9-]*$",
            error="write only the first part of the POS's address: letters, digits and hyphens",
        )
    )
    token = f.String()
    base_url = f.Url(require_tld=False)
    references = f.List(
        f.String(
            validate=validate.Regexp(r".*\{(name|number)\}.*", error="each spelling holds {{name}} or {{number}}")
        ),
        validate=validate.Length(min=1),
    )
    reference_field = f.String(
        validate=validate.Regexp(r"^(public_id|custom@[\w-]+|invoice_number|receipt_number|source_id)$")
    )
    api_version = f.String(validate=validate.Regexp(r"^(2\.0|20\d\d-\d\d)$"))
    sales_by = f.String(validate=validate.OneOf(["feed", "search"]))
    search_days = f.Integer(validate=validate.Range(min=1, max=400))
    client_id = f.String()
    client_secret = f.String()
    refresh_token = f.String()
    grant = f.String(validate=validate.OneOf(["refresh_token", "authorization_code"]))
    account_id = f.String(validate=validate.Regexp(r"^\d+$"))
    auth_url = f.Url(require_tld=False)
    sku_field = f.String(validate=validate.OneOf(["systemSku", "customSku", "upc", "ean"]))
    references_in = f.Boolean()
    spacing_ms = f.Integer(load_default=250, validate=validate.Range(min=0, max=10_000))


def _declared_schema() -> type[Schema]:
    """One field per declared setting, so that the two can not drift apart."""
    kinds: dict[str, Callable[[], f.Field[Any]]] = {
        "bool": f.Boolean, "tuple": lambda: f.List(f.String()), "datetime": f.Raw, "str": f.String,
    }  # fmt: skip
    made = {
        setting.name: next(make for word, make in kinds.items() if word in str(setting.type))()
        for setting in fields(Declared)
    }
    return Schema.from_dict(dict(made), name="DeclaredSchema")


DeclaredSchema = _declared_schema()


def is_zone(name: str) -> None:
    """Refuses what is no IANA time zone."""
    if name and name not in available_timezones():
        raise ValidationError(f"{name!r} is no time zone: write one such as America/Toronto")


class ShopSchema(Schema):
    shop = f.String(
        required=True,
        validate=validate.Regexp(
            r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$",
            error="write the address that Shopify gave the shop, such as demo-shop.myshopify.com",
        ),
    )
    mode = f.String(load_default="observe", validate=validate.OneOf([mode.value for mode in Mode]))
    locale = f.String(load_default="en", validate=validate.OneOf(["en", "fr"]))
    webhook_secrets = f.List(f.String(), load_default=[])
    webhook_url = f.String(load_default="")
    missing_after = Lasting(load_default=timedelta(minutes=15))
    pending_after = Lasting(load_default=timedelta(minutes=30))
    sweep_every = Lasting(load_default=timedelta(minutes=5))
    check_every = Lasting(load_default=timedelta(hours=1))
    alert_url = f.String(load_default="")
    alert_secret = f.String(load_default="")
    alerts = f.Nested(AlertsSchema, load_default=lambda: AlertsSchema().load({}))
    time_zone = f.String(load_default="", validate=is_zone)
    shopify = f.Nested(ShopifySchema, required=True)
    pos = f.Nested(PosSchema, required=True)
    connector = f.Nested(DeclaredSchema, load_default={})
    limits = f.Nested(LimitsSchema, load_default={})
