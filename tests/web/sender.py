"""Deliveries as Shopify sends them: signed over the raw bytes, with the documented headers."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

DOOR = "/webhooks/shopify"
BODY = b'{"id":820982911946154508,"name":"#9999","note":"\xc3\xa9"}'


def signature(body: bytes, secret: str = "secret") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def headers(
    body: bytes = BODY, *, secret: str = "secret", family: str = "X-Shopify-", **changes: str | None
) -> dict[str, str]:
    """The headers of a delivery; `webhook_id="2"` changes one of them, None leaves it out."""
    named = {
        "hmac_sha256": signature(body, secret),
        "topic": "orders/updated",
        "shop_domain": "demo.myshopify.com",
        "webhook_id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "event_id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "api_version": "2026-10",
        "triggered_at": "2026-11-02T08:58:43.610785557Z",
    } | changes
    return {family + name.replace("_", "-").title(): value for name, value in named.items() if value is not None}


def send(door: FlaskClient, body: bytes = BODY, sent: Mapping[str, str] | None = None) -> TestResponse:
    return door.post(DOOR, data=body, headers=dict(headers(body) if sent is None else sent))
