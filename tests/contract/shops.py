"""The sandbox's Shopify behind real HTTP, on a clock that the test moves, and somebody who receives its webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests
from flask import Flask, request

from sandbox.shop import Buyer, Shop, ShopLine, ShopOrder
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.disorder import Disorder, Fault
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.graphql import AdminApi
from sandbox.shopify.oauth import Access
from sandbox.shopify.server import Shopify, shopify_blueprint
from sandbox.timeline import Timeline
from tests.contract.serving import served

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
DOMAIN = "demo-shop.myshopify.com"
SECRET = "hush"
STATIC = "shpat_static"
FIRST_ID = 5_012_345_678_900


@dataclass
class Storefront:
    """A shop that can be called at `url`; it is the product's clock as well."""

    side: Shopify
    timeline: Timeline
    url: str = ""
    waits: list[float] = field(default_factory=list)

    @property
    def shop(self) -> Shop:
        return self.side.shop

    @property
    def deliveries(self) -> Deliveries:
        assert self.side.deliveries is not None
        return self.side.deliveries

    def now(self) -> datetime:
        return self.timeline.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.pass_time(timedelta(seconds=seconds))

    def pass_time(self, by: timedelta) -> list[dict[str, Any]]:
        """Let time pass and send what is due; answers what goes out by hand."""
        self.timeline.move(self.timeline.now + by)
        return self.deliveries.hand_over()

    def place(self, number: int, **values: Any) -> ShopOrder:
        """Place order #1001 and so on; the fields not given are an ordinary order's."""
        line = ShopLine(
            id=number * 100, sku="MUG-01", title="Mug", quantity=2, current_quantity=2, price=Decimal("10.00")
        )
        buyer = Buyer(
            id=7, email="ada@example.com", first_name="Ada", last_name="Lane", address1="1 Elm St", city="Akron",
            province="Ohio", zip="44301",
        )  # fmt: skip
        plain = {"lines": [line], "buyer": buyer, "created_at": self.now(), "updated_at": self.now()}
        order = ShopOrder(id=FIRST_ID + number, number=number, name=f"#{number}", **(plain | values))
        self.shop.add(order)
        return order

    def ask(self, document: str, token: str = STATIC, **variables: Any) -> dict[str, Any]:
        """The answer to one document."""
        answer: dict[str, Any] = self.post(document, token, **variables).json()
        return answer

    def post(self, document: str, token: str = STATIC, version: str = "2026-10", **variables: Any) -> requests.Response:
        return requests.post(
            f"{self.url}/admin/api/{version}/graphql.json", json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": token}, timeout=10,
        )  # fmt: skip


@contextmanager
def storefront(*faults: Fault, webhook_url: str | None = None) -> Iterator[Storefront]:
    timeline = Timeline(START)
    shop = Shop(DOMAIN, lambda: timeline.now)
    shopify_faults = ShopifyFaults()
    deliveries = Deliveries(
        shop, timeline, url=webhook_url, secret=SECRET, disorder=Disorder(faults, 7), faults=shopify_faults
    )
    access = Access(client_id="client", client_secret="client-secret", tokens={STATIC: None})
    api = AdminApi(shop, shopify_faults)
    side = Shopify(shop=shop, faults=shopify_faults, access=access, api=api, deliveries=deliveries)
    app = Flask("shop")
    app.register_blueprint(shopify_blueprint(lambda: side))
    with served(app) as url:
        yield Storefront(side, timeline, url)
    deliveries.close()


@dataclass
class Receiver:
    """Somebody's webhook endpoint: keeps what it is sent, and answers with `status`."""

    url: str = ""
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def topics(self) -> list[str]:
        return [headers["X-Shopify-Topic"] for headers, _ in self.heard]


@contextmanager
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    app = Flask("receiver")

    @app.post("/webhooks")
    def hear() -> tuple[str, int, dict[str, str]]:
        listening.heard.append(({name.title(): value for name, value in request.headers}, request.get_data()))
        return "", listening.status, {"Location": f"{listening.url}/elsewhere"} if listening.status == 302 else {}

    with served(app) as url:
        listening.url = f"{url}/webhooks"
        yield listening
