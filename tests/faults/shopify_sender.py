"""Shopify as a sender under load: every order in two versions, sent again with the same id until it is acknowledged."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.faults.stack import SECRET
from tests.web.sender import DOOR, headers

GIVES_UP_S = 40
PLACED = "2026-11-02T08:00:00Z"
FIRST_ID = 5_000_000_000_000


def order_body(number: int, version: int = 1, **changes: Any) -> bytes:
    """Order `number` as Shopify tells it; a later version has a later time and a higher total."""
    order = {
        "id": FIRST_ID + number, "name": f"#{number}", "order_number": number, "created_at": PLACED,
        "updated_at": f"2026-11-02T08:00:{version:02}Z", "currency": "EUR", "total_price": f"{20 + version}.00",
        "financial_status": "paid", "tags": "", "source_name": "web",
        "line_items": [{"id": number, "sku": "TEA-1", "title": "Tea", "quantity": 2, "price": "10.00"}],
    }  # fmt: skip
    return json.dumps(order | changes).encode()


@dataclass(frozen=True)
class Told:
    """One delivery that has to be acknowledged."""

    webhook_id: str
    store: str
    number: int
    version: int


@dataclass
class ShopifySender:
    url: str
    senders: int = 6
    pause_s: float = 0.03
    acknowledged: set[tuple[str, str]] = field(default_factory=set)  # (store, webhook id)
    refused: int = 0
    unanswered: int = 0
    slowest_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, told: list[Told]) -> None:
        """Returns when every delivery was acknowledged, or given up."""
        with ThreadPoolExecutor(self.senders) as pool:
            list(pool.map(self._until_acknowledged, told))

    def _until_acknowledged(self, one: Told) -> None:
        body = order_body(one.number, one.version)
        sent = headers(body, secret=SECRET, shop_domain=f"{one.store}.myshopify.com", webhook_id=one.webhook_id)
        end = time.monotonic() + GIVES_UP_S
        while time.monotonic() < end:
            if self._post(body, sent) == 200:
                with self._lock:
                    self.acknowledged.add((one.store, one.webhook_id))
                break
            time.sleep(0.1)
        time.sleep(self.pause_s)

    def _post(self, body: bytes, sent: dict[str, str]) -> int:
        began = time.monotonic()
        try:
            status = requests.post(f"{self.url}{DOOR}", data=body, headers=sent, timeout=(1, 5)).status_code
        except requests.RequestException:
            self.unanswered += 1
            return 0
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        self.refused += status != 200
        return status


def day_of(store: str, orders: int, versions: int = 2) -> list[Told]:
    """Every order's deliveries; the versions of one follow each other at some distance."""
    return [
        Told(webhook_id=f"{store}-{number}-{version}", store=store, number=number, version=version)
        for version in range(1, versions + 1)
        for number in range(1, orders + 1)
    ]
