"""One scenario on stage: the world, the shop as its callers meet it, and the control that moves the clock."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock
from typing import Any

from sandbox.scenario import Scenario
from sandbox.shop import Buyer, ShopOrder
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.disorder import KINDS, Disorder, Fault
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.graphql import AdminApi
from sandbox.shopify.oauth import Access
from sandbox.shopify.server import Shopify
from sandbox.till import Credentials
from sandbox.world import World

WANTED = ("scenario", "start", "secret", "pos_token", "client_id", "client_secret")
AMOUNTS = frozenset({"shipping", "tax", "current_tax", "discount", "duties", "fees"})


class Stage:
    """A world that was opened, until the next reset."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Open a scenario; raises ValueError that says what is wrong with it."""
        missing = [name for name in WANTED if not settings.get(name)]
        if missing:
            raise ValueError(f"{', '.join(missing)}: missing")
        scenario = Scenario.from_dict(settings["scenario"])
        start = moment(settings["start"])
        self.world = World(scenario, start)
        self.world.till.let_in(
            Credentials(
                token=settings["pos_token"], client_id=settings["client_id"], client_secret=settings["client_secret"]
            )
        )
        self._advancing = Lock()
        faults = ShopifyFaults()
        shop, timeline = self.world.shop, self.world.timeline
        self._deliveries = Deliveries(
            shop, timeline, url=settings.get("webhook_url"), secret=settings["secret"],
            disorder=Disorder(_disorder(scenario, start), scenario.seed), faults=faults,
        )  # fmt: skip
        static = settings.get("access_token")
        access = Access(
            client_id=settings["client_id"], client_secret=settings["client_secret"],
            tokens={static: None} if static else {},
        )  # fmt: skip
        self.shopify = Shopify(
            shop=shop, faults=faults, access=access, api=AdminApi(shop, faults), deliveries=self._deliveries
        )

    def advance(self, to: datetime) -> dict[str, Any]:
        """Let everything happen up to a moment; returns once every webhook that was due has its answer."""
        with self._advancing:
            with self.world.shop.lock:
                self.world.timeline.move(to)
            carried = self._deliveries.hand_over()
            upcoming = self.world.timeline.next_at()
        return {"next_event_at": upcoming.isoformat() if upcoming else None, "deliveries": carried}

    def truth(self) -> dict[str, Any]:
        with self.world.shop.lock:
            return {**self.world.truth(), "shopify_calls": self.world.shop.calls}

    def set_faults(self, wanted: Mapping[str, Any]) -> None:
        """Make either side misbehave: `pos` and `shopify` take the fields of their faults, by name."""
        unknown = sorted(wanted.keys() - {"pos", "shopify", "bucket"})
        if unknown:
            raise ValueError(f"{unknown[0]}: pos, shopify or bucket is expected")
        _set(self.world.till.faults, wanted.get("pos", {}))
        self.shopify.faults.set(wanted.get("shopify", {}))
        _set(self.shopify.api.bucket, wanted.get("bucket", {}))

    def change_order(self, order_id: int, values: Mapping[str, Any]) -> None:
        """Change an order as a merchant does; `topics` names what is told beside `orders/updated`."""
        with self.world.shop.lock:
            order = self.world.shop.orders.get(order_id)
            if order is None:
                raise ValueError(f"there is no order {order_id}")
            topics = [str(topic) for topic in values.get("topics", ())]
            read = {name: _value(order, name, value) for name, value in values.items() if name != "topics"}
            self.world.shop.change(order_id, *topics, **read)

    def close(self) -> None:
        self._deliveries.close()


def moment(text: object) -> datetime:
    """An ISO moment; without a zone it is UTC. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no moment")
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _disorder(scenario: Scenario, start: datetime) -> list[Fault]:
    return [
        Fault(
            kind=planted.kind, share=1.0 if planted.share is None else planted.share, since=planted.since(start),
            until=planted.until(start),
        )
        for planted in scenario.faults
        if planted.kind in KINDS
    ]  # fmt: skip


def _set(target: Any, values: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(target) if not field.name.startswith("_")}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"there is no {name} to set; it is one of {', '.join(sorted(known))}")
        setattr(target, name, value)


def _value(order: ShopOrder, name: str, value: Any) -> Any:
    """A field's value out of JSON."""
    if name not in {field.name for field in fields(ShopOrder)}:
        raise ValueError(f"an order has no {name}")
    if name == "buyer" and isinstance(value, Mapping):
        return _buyer(order.buyer, value)
    if name in AMOUNTS and value is not None:
        return Decimal(str(value))
    if name.endswith("_at") and value is not None:
        return moment(value)
    if name in ("lines", "transactions", "refunds"):
        raise ValueError(f"{name} cannot be set from here")
    return value


def _buyer(known: Buyer | None, values: Mapping[str, Any]) -> Buyer:
    whole = {field.name: getattr(known, field.name, "") for field in fields(Buyer)} | {"phone": "+15550100"}
    unknown = sorted(values.keys() - whole.keys())
    if unknown:
        raise ValueError(f"a buyer has no {unknown[0]}")
    return Buyer(**{**whole, "id": whole["id"] or 1, **values})
