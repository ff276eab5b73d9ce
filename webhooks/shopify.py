"""The front door: a delivery of Shopify's is proven, committed and acknowledged; nothing here reads what it says."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from flask import Blueprint, Flask, Request, Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from reconcile.config import Shop
from reconcile.services import Services
from webhooks.current import services_of, wake_workers
from webhooks.errors import error_answer
from webhooks.inbox_writer import InboxWriter, NotStored
from webhooks.metrics import metrics_of

front_door = Blueprint("front_door", __name__)

LARGEST = 5 * 1024 * 1024
WRITER, SHOPS = "inbox_writer", "shops_by_domain"
HEADERS = {  # of classic webhooks and of Events, as WSGI spells them
    name: tuple(f"HTTP_{family}_{name.upper().replace('-', '_')}" for family in ("X_SHOPIFY", "SHOPIFY"))
    for name in ("Hmac-Sha256", "Shop-Domain", "Topic", "Webhook-Id", "Event-Id", "Api-Version", "Triggered-At")
}
TOPIC = re.compile(r"[A-Za-z0-9_./-]{1,64}")
WEBHOOK_ID = re.compile(r"[!-+\--~]{1,128}")  # printable; no comma, which is what two headers are joined with


Environ = Mapping[str, Any]


class Refused(Exception):
    """The answer that the door gives instead of 200."""

    def __init__(self, status: int, slug: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.slug = slug


class TooLarge(Refused):
    def __init__(self) -> None:
        super().__init__(413, "too_large", "The body is larger than 5 MiB.")


class Domains:
    """The shops by their domain, whoever connects or leaves meanwhile."""

    def __init__(self, shops: Mapping[str, Shop]) -> None:
        self._shops = shops
        self._known: dict[str, Shop] = {}

    def shop_at(self, domain: str) -> Shop | None:
        found = self._known.get(domain)
        if found is None or self._shops.get(found.store) is not found:
            self._known = {shop.domain.lower(): shop for shop in self._shops.values()}
            found = self._known.get(domain)
        return found


def register(app: Flask, services: Services, writer: InboxWriter) -> None:
    app.extensions[WRITER] = writer
    app.extensions[SHOPS] = Domains(services.settings.shops)
    app.register_blueprint(front_door)


@front_door.post("/webhooks/shopify")
def receive() -> Response:
    """200 stored or already known · 400 header missing · 401 not Shopify or not our shop · 413 · 503 not stored."""
    began = perf_counter()
    # The objects themselves, taken once: thirty uses of Flask's proxies were a fifth of what a delivery costs here.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    arrived: Request = request._get_current_object()  # type: ignore[attr-defined]
    metrics = metrics_of(app)
    topic = ""
    try:
        shop, body = _proven(app, arrived)
        topic = _required(arrived.environ, "Topic", TOPIC)
        is_new = _store(app, arrived.environ, shop, topic, body)
    except Refused as refusal:
        response = error_answer(refusal.status, refusal.slug, str(refusal))
        result = refusal.slug
    else:
        wake_workers()
        response = Response(status=200)
        result = "stored" if is_new else "known"
    metrics.delivery(topic, result)
    metrics.front_door_seconds.observe(perf_counter() - began)
    return response


def _proven(app: Flask, arrived: Request) -> tuple[Shop, bytes]:
    """The shop that sent this, and the raw body that its signature covers."""
    body = _body(arrived)
    signature = _header(arrived.environ, "Hmac-Sha256")
    if not signature:
        raise Refused(401, "unauthorised", "The signature is missing: X-Shopify-Hmac-Sha256.")
    domain = _header(arrived.environ, "Shop-Domain")
    if domain is None:
        raise Refused(400, "invalid_request", "The header X-Shopify-Shop-Domain is missing, or stands there twice.")
    shop: Shop | None = app.extensions[SHOPS].shop_at(domain.lower())
    if shop is None:
        raise Refused(401, "unauthorised", "No shop of this name is set up here.")
    if not is_signed(body, signature, shop.webhook_secrets):
        raise Refused(401, "unauthorised", "The signature fits none of the shop's secrets.")
    return shop, body


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets made this signature; every one is tried, so that time tells nothing."""
    given = signature.strip().encode("utf-8", "surrogateescape")
    fits = False
    for secret in secrets:
        made = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
        fits |= hmac.compare_digest(made, given)
    return fits


def _body(arrived: Request) -> bytes:
    """The raw bytes, read once; a body without a length is counted while it comes."""
    arrived.max_content_length = LARGEST + 1  # a chunked body is cut there in silence: one byte more tells
    try:
        body = arrived.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge from None
    except HTTPException:
        raise Refused(400, "invalid_request", "The body ended before it was whole.") from None
    if len(body) > LARGEST:
        raise TooLarge
    if arrived.content_length is not None and len(body) != arrived.content_length:
        raise Refused(400, "invalid_request", "The body ended before it was whole.")
    return body


def _header(environ: Environ, name: str) -> str | None:
    """A header in either family; None when it is missing, or when the two families contradict each other.

    One that was sent twice is here with a comma in it: the server has joined the two.
    """
    classic, event = (environ.get(key) for key in HEADERS[name])
    return event if classic is None else classic if event is None or event == classic else None


def _required(environ: Environ, name: str, shape: re.Pattern[str]) -> str:
    value = _header(environ, name)
    if value is None or not shape.fullmatch(value):
        text = f"The header X-Shopify-{name} is missing, stands there twice or is none that Shopify sends."
        raise Refused(400, "invalid_request", text)
    return value


def _store(app: Flask, environ: Environ, shop: Shop, topic: str, body: bytes) -> bool:
    services = services_of(app)
    row = {
        "store": shop.store,
        "webhook_id": _required(environ, "Webhook-Id", WEBHOOK_ID),
        "topic": topic,
        "event_id": _optional(environ, "Event-Id", 128),
        "api_version": _optional(environ, "Api-Version", 16),
        "triggered_at": moment_of(_header(environ, "Triggered-At")),
        "received_at": services.clock.now(),
        "body": services.vault.seal(body),
    }
    try:
        writer: InboxWriter = app.extensions[WRITER]
        return writer.store(row)
    except NotStored as error:
        raise Refused(503, "unavailable", f"Not stored, send it again: {error}.") from None


def _optional(environ: Environ, name: str, longest: int) -> str | None:
    value = _header(environ, name)
    return value if value and len(value) <= longest and value.isprintable() else None


def moment_of(text: str | None) -> datetime | None:
    """Shopify's nanosecond moment as aware UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
