"""A sweep that ends in the middle: of its pages, of one page, of the process. The watermark never passes what is not kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from flask import Flask, Response, request
from sqlalchemy import select

from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.folding import Folding
from reconcile.ledger import Ledger
from reconcile.ledger.tables import orders, shops
from reconcile.model import Order
from reconcile.services import Services
from reconcile.sweep import PAGE, sweep
from tests.conftest import wait_until
from tests.contract.serving import served
from tests.contract.shops import DOMAIN, STATIC, Storefront, storefront
from tests.faults.conftest import IS_LONG, MakeStack
from tests.faults.stack import shop_entry
from tests.figures import Note

ORDERS = 2 * PAGE + 30
SECOND = timedelta(seconds=1)
KILLED_AT = 6  # of ten questions, each for 25 orders: one batch of a hundred has been kept by then


class Died(BaseException):
    """What no `except` of the product catches: as far as it can tell, the process has ended there."""


@pytest.fixture
def front() -> Iterator[Storefront]:
    """Orders of one a second, of none of which a webhook has told."""
    with storefront() as opened:
        for number in range(1, ORDERS + 1):
            at = opened.now() + number * SECOND
            opened.place(number, created_at=at, updated_at=at)
        opened.timeline.move(opened.now() + timedelta(hours=1))
        yield opened


@pytest.fixture
def swept(services: Services, front: Storefront, clock: ManualClock) -> Services:
    at_shopify = {"access_token": STATIC, "base_url": front.url}
    shop = replace(services.shop("demo"), domain=DOMAIN, shopify=at_shopify)
    clock.set(front.now())
    with services.ledger.write() as connection:
        connection.execute(
            shops.update().values(watermark=front.now() - timedelta(hours=2), next_subscriptions_at=None)
        )
    return make_services(replace(services.settings, shops={"demo": shop}), clock, services.ledger)


def known(ledger: Ledger) -> dict[int, datetime]:
    with ledger.read() as connection:
        return {
            row.order_id: row.updated_at for row in connection.execute(select(orders.c.order_id, orders.c.updated_at))
        }


def watermark(ledger: Ledger) -> datetime:
    with ledger.read() as connection:
        moment: datetime = connection.execute(select(shops.c.watermark)).scalar_one()
        return moment


def nothing_behind_is_unknown(ledger: Ledger, front: Storefront) -> None:
    reached, there = watermark(ledger), known(ledger)
    assert [one.number for one in front.shop.orders.values() if one.updated_at < reached and one.id not in there] == []


DIES_AT = [1, PAGE // 2, PAGE, PAGE + 1, PAGE + 70, 2 * PAGE + 29] if IS_LONG else [1, PAGE + 70]


@pytest.mark.parametrize("dies_at", DIES_AT)
def test_a_sweep_that_dies_at_any_order_skips_none(
    swept: Services, front: Storefront, monkeypatch: pytest.MonkeyPatch, dies_at: int, note: Note
) -> None:
    folded = 0
    fold = Folding.fold

    def dying(self: Folding, store: str, order: Order, **how: Any) -> bool:
        nonlocal folded
        folded += 1
        if folded == dies_at:
            raise Died
        return fold(self, store, order, **how)

    monkeypatch.setattr(Folding, "fold", dying)
    with pytest.raises(Died):
        sweep(swept.shop("demo"), swept)
    assert len(known(swept.ledger)) == (dies_at - 1) // PAGE * PAGE  # a page is there whole, or not at all
    nothing_behind_is_unknown(swept.ledger, front)
    monkeypatch.undo()
    assert sweep(swept.shop("demo"), swept).error is None
    assert set(known(swept.ledger)) == {one.id for one in front.shop.orders.values()}
    note("a sweep that dies in the middle", deaths=1, orders=ORDERS, skipped=0)


@dataclass
class Pages:
    """Counts what is asked of Shopify's list of orders, and does something before one page is answered."""

    url: str = ""
    asked: int = 0
    deeds: list[Any] = field(default_factory=list)


@contextmanager
def before(target: str) -> Iterator[Pages]:
    pages, app, session = Pages(), Flask("pages"), requests.Session()
    session.trust_env = False

    @app.post("/<path:path>")
    def through(path: str) -> Response:
        body = request.get_data()
        pages.asked += b"OrdersChanged" in body
        if pages.asked == KILLED_AT and pages.deeds:
            pages.deeds.pop()()
        kept = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
        answer = session.post(f"{target}/{path}", data=body, headers=kept, timeout=30)
        return Response(answer.content, answer.status_code, content_type=answer.headers["Content-Type"])

    with served(app) as pages.url:
        yield pages


def test_a_worker_that_is_killed_between_two_pages_skips_none(
    front: Storefront, make_stack: MakeStack, from_outside: Ledger, tmp_path: Any, note: Note
) -> None:
    now = tmp_path / "now"
    now.write_text(str((front.now() - timedelta(hours=1, minutes=1)).timestamp()))  # installed before the first order
    with before(front.url) as pages:
        stack = make_stack(shop_entry("demo", domain=DOMAIN, shopify=pages.url), CLOCK_FILE=str(now), TICK_S="0.25")
        wait_until(lambda: rows_of_shops(from_outside) == 1)
        pages.deeds.append(lambda: stack.kill("worker"))
        pages.asked = 0
        now.write_text(str(front.now().timestamp()))
        wait_until(lambda: not pages.deeds, 60)
        wait_until(lambda: stack.revive() == ["worker"])
        nothing_behind_is_unknown(from_outside, front)
        assert 0 < len(known(from_outside)) < ORDERS
        now.write_text(str((front.now() + timedelta(minutes=3)).timestamp()))  # whoever claimed the sweep is given up
        wait_until(lambda: len(known(from_outside)) == ORDERS, 90)
    note("a worker that is killed while it sweeps", kills=1, orders=ORDERS, skipped=0)


def rows_of_shops(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return len(connection.execute(select(shops.c.store)).all())
