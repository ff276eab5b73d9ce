"""The ids of the request that is being answered, for the lines that are logged meanwhile."""

from typing import Any

from flask import g, has_request_context, request
from structlog.typing import EventDict

IDS = ("store", "order_id", "incident_id", "delivery_id", "batch_id")
DELIVERY = {
    "delivery": "HTTP_X_SHOPIFY_WEBHOOK_ID",
    "topic": "HTTP_X_SHOPIFY_TOPIC",
    "shop": "HTTP_X_SHOPIFY_SHOP_DOMAIN",
}


def request_ids(logger: Any, method: str, event: EventDict) -> EventDict:
    """A processor of structlog's. Read only when a line is written: an ordinary request costs nothing."""
    if has_request_context():
        named = request.view_args or {}
        for name in IDS:
            if name in named:
                event.setdefault(name, named[name])
        for name, header in DELIVERY.items():
            if header in request.environ:
                event.setdefault(name, request.environ[header])
        if "caller" in g:
            event.setdefault("who", g.caller.name)
        event.setdefault("path", request.path)
    return event
