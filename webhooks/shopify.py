"""The front door: a delivery of Shopify's is proven, committed and acknowledged; nothing here reads what it says.

It stands in front of Flask: what a request costs there, before a view begins, is more than a delivery needs in all.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from time import perf_counter
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, ServiceUnavailable
from werkzeug.wsgi import get_content_length, get_input_stream

from reconcile.config import Shop
from reconcile.services import Services
from webhooks.current import waker_of
from webhooks.errors import error_answer
from webhooks.inbox_writer import InboxWriter, NotStored
from webhooks.metrics import metrics_of

PATH = "/webhooks/shopify"
LARGEST = 5 * 1024 * 1024
WRITER = "inbox_writer"
HEADERS = {  # of classic webhooks and of Events, as WSGI spells them
    name: tuple(f"HTTP_{family}_{name.upper().replace('-', '_')}" for family in ("X_SHOPIFY", "SHOPIFY"))
    for name in ("Hmac-Sha256", "Shop-Domain", "Topic", "Webhook-Id", "Event-Id", "Api-Version", "Triggered-At")
}
TOPIC = re.compile(r"[A-Za-z0-9_./-]{1,64}")
WEBHOOK_ID = re.compile(r"[!-+\--~]{1,128}")  # printable; no comma, which is what two headers are joined with

NO_HEADERS: Mapping[str, str] = {}
NOBODYS = ("",)  # tried where there is no shop


class Refused(Exception):
    """The answer that the door gives instead of 200."""

    def __init__(self, status: int, slug: str, message: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(message)
        self.status = status
        self.slug = slug
        self.headers = headers


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
    app.wsgi_app = FrontDoor(app, services)  # type: ignore[method-assign]


class FrontDoor:
    """Answers deliveries; whatever else is asked is answered by the application behind it.

    200 stored or already known · 400 header missing · 401 not Shopify or not our shop · 413 · 503 not stored
    """

    def __init__(self, app: Flask, services: Services) -> None:
        self._app, self._behind = app, app.wsgi_app
        self._services = services
        self._shops = Domains(services.settings.shops)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return self._behind(environ, start_response)
        refusal = self._received(environ)
        if refusal is not None:
            answer = error_answer(refusal.status, refusal.slug, str(refusal))
            answer.headers.update(refusal.headers)
            return answer(environ, start_response)
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    def _received(self, environ: WSGIEnvironment) -> Refused | None:
        """Keeps the delivery and wakes the workers, or says why not."""
        began, metrics, topic = perf_counter(), metrics_of(self._app), ""
        refusal = None
        try:
            shop, body = self._proven(environ)
            topic = _required(environ, "Topic", TOPIC)
            result = "stored" if self._store(environ, shop, topic, body) else "known"
            waker_of(self._app).wake()
        except Refused as error:
            refusal, result = error, error.slug
        metrics.delivery(topic, result)
        metrics.front_door_seconds.observe(perf_counter() - began)
        return refusal

    def _proven(self, environ: WSGIEnvironment) -> tuple[Shop, bytes]:
        """The shop that sent this, and the raw body that its signature covers."""
        if environ["REQUEST_METHOD"] != "POST":
            raise Refused(405, "method_not_allowed", "Deliveries are sent with POST.", {"Allow": "POST"})
        body = _body(environ)
        signature = _header(environ, "Hmac-Sha256")
        if not signature:
            raise Refused(401, "unauthorised", "The signature is missing: X-Shopify-Hmac-Sha256.")
        domain = _header(environ, "Shop-Domain")
        if domain is None:
            raise Refused(400, "invalid_request", "The header X-Shopify-Shop-Domain is missing, or stands there twice.")
        shop = self._shops.shop_at(domain.lower())
        # Neither the answer nor its time tells who does not hold a secret which shops there are here.
        fits = is_signed(body, signature, shop.webhook_secrets if shop else NOBODYS)
        if shop is None or not fits:
            text = "The signature fits none of the shop's secrets, or no shop of this name is set up here."
            raise Refused(401, "unauthorised", text)
        return shop, body

    def _store(self, environ: WSGIEnvironment, shop: Shop, topic: str, body: bytes) -> bool:
        row = {
            "store": shop.store,
            "webhook_id": _required(environ, "Webhook-Id", WEBHOOK_ID),
            "topic": topic,
            "event_id": _optional(environ, "Event-Id", 128),
            "api_version": _optional(environ, "Api-Version", 16),
            "triggered_at": moment_of(_header(environ, "Triggered-At")),
            "received_at": self._services.clock.now(),
            "body": self._services.vault.seal(body),
        }
        try:
            writer: InboxWriter = self._app.extensions[WRITER]
            return writer.store(row)
        except NotStored as error:
            raise Refused(503, "unavailable", f"Not stored, send it again: {error}.") from None


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets made this signature; every one is tried, so that time tells nothing."""
    given = signature.strip().encode("utf-8", "surrogateescape")
    fits = False
    for secret in secrets:
        made = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
        fits |= hmac.compare_digest(made, given)
    return fits


def _body(environ: WSGIEnvironment) -> bytes:
    """The raw bytes, read once; a body without a length is counted while it comes."""
    try:
        # A chunked body is cut at the limit in silence: one byte more tells.
        body = get_input_stream(environ, max_content_length=LARGEST + 1).read()
    except RequestEntityTooLarge:
        raise TooLarge from None
    except ServiceUnavailable as error:
        raise Refused(503, "unavailable", str(error.description)) from None
    except HTTPException:
        raise Refused(400, "invalid_request", "The body ended before it was whole.") from None
    if len(body) > LARGEST:
        raise TooLarge
    length = get_content_length(environ)
    if length is not None and len(body) != length:
        raise Refused(400, "invalid_request", "The body ended before it was whole.")
    return body


def _header(environ: WSGIEnvironment, name: str) -> str | None:
    """A header in either family; None when it is missing, or when the two families contradict each other.

    One that was sent twice is here with a comma in it: the server has joined the two.
    """
    classic, event = (environ.get(key) for key in HEADERS[name])
    return event if classic is None else classic if event is None or event == classic else None


def _required(environ: WSGIEnvironment, name: str, shape: re.Pattern[str]) -> str:
    value = _header(environ, name)
    if value is None or not shape.fullmatch(value):
        text = f"The header X-Shopify-{name} is missing, stands there twice or is none that Shopify sends."
        raise Refused(400, "invalid_request", text)
    return value


def _optional(environ: WSGIEnvironment, name: str, longest: int) -> str | None:
    value = _header(environ, name)
    return value if value and len(value) <= longest and value.isprintable() else None


def moment_of(text: str | None) -> datetime | None:
    """Shopify's nanosecond moment as aware UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
