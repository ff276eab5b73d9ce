"""Webhooks out: signed, retried, and as unreliable as a scenario wants them.

Headers, time-outs and retries are those of https://shopify.dev/docs/apps/build/webhooks/verify-deliveries. How the
eight retries lie within their four hours is not published: the gaps are ours.
"""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest
from uuid import UUID

import requests
from requests.adapters import HTTPAdapter

from sandbox.shop import Shop, ShopOrder
from sandbox.shopify.disorder import Disorder
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.payload import body_for
from sandbox.timeline import Timeline

API_VERSION = "2026-10"
# The subscriptions of the app's own configuration file: no API lists them, no failure deletes them.
CONFIGURED = (
    "orders/create", "orders/updated", "orders/paid", "orders/fulfilled", "orders/partially_fulfilled",
    "orders/cancelled", "orders/edited", "orders/delete", "refunds/create",
)  # fmt: skip
RETRY_GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40, 60, 102))
CONNECT_S, ANSWER_S = 1, 5
SENDERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery; a retry carries the same id, the same body and the address of the first attempt."""

    url: str | None  # None: whoever moves the clock carries it
    body: bytes
    headers: dict[str, str]
    subscription: str | None = None
    attempt: int = 0


class Deliveries:
    """Hears what happens in the shop and tells whoever subscribed.

    `secret` may be replaced at any time.
    """

    def __init__(
        self,
        shop: Shop,
        timeline: Timeline,
        *,
        url: str | None,
        secret: str,
        disorder: Disorder,
        faults: ShopifyFaults,
    ) -> None:
        self.secret = secret
        self._shop = shop
        self._timeline = timeline
        self._url = url
        self._disorder = disorder
        self._faults = faults
        self._due: list[Delivery] = []
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=SENDERS))
        self._pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhooks")
        shop.listeners.append(self._hear)

    def hand_over(self) -> list[dict[str, object]]:
        """Send what is due and wait for every answer; answers the deliveries that have no address, in their order."""
        due, self._due = self._due, []
        outcomes = self._pool.map(self._send, [delivery for delivery in due if delivery.url])
        for delivery, arrived in outcomes:
            if not arrived:
                self._retry(delivery)
        return [{"body": d.body.decode(), "headers": d.headers} for d in due if d.url is None]

    def close(self) -> None:
        self._pool.shutdown()
        self._session.close()

    def _hear(self, topic: str, order: ShopOrder) -> None:
        addresses = self._addresses(topic)
        if not addresses:
            return
        body = json.dumps(
            body_for(topic, order, self._faults.denied_fields), ensure_ascii=False, separators=(",", ":")
        ).encode()
        for url, subscription in addresses:
            self._plan(topic, Delivery(url=url, body=body, headers={}, subscription=subscription))

    def _addresses(self, topic: str) -> list[tuple[str | None, str | None]]:
        """Where a topic goes, each with its subscription's id; one subscribed twice at one address goes there once."""
        word = topic.upper().replace("/", "_")
        found: dict[str | None, str | None] = {}
        for number, (subscribed, uri) in self._shop.subscriptions.items():
            if subscribed == word:
                found[uri] = number
        if topic in CONFIGURED:
            found[self._url] = None
        return list(found.items())

    def _plan(self, topic: str, delivery: Delivery) -> None:
        now = self._timeline.now
        way = self._disorder.way(now)
        first = self._new_id()
        for own_id, delay in zip(way.copies, way.delays, strict=True):
            headers = self._headers(topic, delivery.body, self._new_id() if own_id else first, now)
            self._at(now + delay, replace(delivery, headers=headers))

    def _at(self, moment: datetime, delivery: Delivery) -> None:
        self._timeline.at(moment, lambda: self._due.append(delivery))

    def _headers(self, topic: str, body: bytes, webhook_id: str, now: datetime) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": signature(self.secret, body),
            "X-Shopify-Shop-Domain": self._shop.domain,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": webhook_id,
            "X-Shopify-Triggered-At": f"{now:%FT%T.%f}000Z",
            "X-Shopify-Event-Id": str(UUID(int=self._shop.acts, version=4)),
        }

    def _new_id(self) -> str:
        return str(UUID(int=self._disorder.chance.getrandbits(128), version=4))

    def _send(self, delivery: Delivery) -> tuple[Delivery, bool]:
        try:
            answer = self._session.post(
                delivery.url or "", data=delivery.body, headers=delivery.headers, timeout=(CONNECT_S, ANSWER_S),
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException:
            return delivery, False
        return delivery, 200 <= answer.status_code < 300

    def _retry(self, delivery: Delivery) -> None:
        """Plan the next attempt; after the last one the delivery is lost, and a subscription made by API with it."""
        with self._shop.lock:
            if delivery.attempt < len(RETRY_GAPS):
                gap = RETRY_GAPS[delivery.attempt]
                self._at(self._timeline.now + gap, replace(delivery, attempt=delivery.attempt + 1))
            elif delivery.subscription:
                self._shop.subscriptions.pop(delivery.subscription, None)


def signature(secret: str, body: bytes) -> str:
    """The base64 of the HMAC-SHA256 over the raw body."""
    return b64encode(digest(secret.encode(), body, sha256)).decode()
