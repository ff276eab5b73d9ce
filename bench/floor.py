"""Where the time of one order goes: its parts, each alone in one thread; and what no design can leave out."""

import gc
import hashlib
import hmac
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert

from bench.figures import Run, Table, figure, in_turns
from bench.installed import SECRET, Installed, deliver
from bench.orders import body, sale
from bench.parts import parts
from reconcile import inbox, loop
from reconcile.bootstrap import make_services
from reconcile.compare import Look, compare
from reconcile.config import settings_from
from reconcile.ledger.tables import deliveries
from reconcile.model import Order, Sale
from reconcile.pos.heartland_wire import sale_from
from reconcile.pos.registry import ADAPTERS
from reconcile.pos.stored import sale_to_json
from reconcile.services import Services
from reconcile.shopify.body import load_order
from reconcile.shopify.payload import read_order
from reconcile.shopify.stored import order_from_json, order_to_json
from reconcile.shops import enrol
from reconcile.vault import Vault

FLOOR = ("signature of 7 kB", "JSON of 7 kB", "one row of an insert of five hundred")
ALONE = "a look at one order alone"
LATE = timedelta(minutes=10)
TOGETHER = 500
Part = Callable[[int], object]


def measure(runs: int = 5, count: int = 500) -> dict[str, Any]:
    """Microseconds of processor time of one order, and its share of fold and look together."""
    with parts() as these:
        installed = these.installed(till=these.till())
        services = make_services(settings_from(installed.environment, kinds=frozenset(ADAPTERS)))
        enrol(services)
        whole = Whole(installed, services, count)
        gc.collect()
        gc.freeze()  # as a worker does
        contestants = {name: _timed(part, count) for name, part in _parts(services).items()}
        wholes = {"fold": whole.fold, "look": whole.look, ALONE: whole.look_at_one}
        found = in_turns({**contestants, **wholes}, runs)
        services.ledger.dispose()
    each = {name: [run["us"] for run in taken] for name, taken in found.items()}
    total = statistics.median(each["fold"]) + statistics.median(each["look"])
    table: Table = {
        name: {
            "us of CPU per order": figure(taken),
            "% of fold and look": "" if name == ALONE else round(statistics.median(taken) / total * 100),
        }
        for name, taken in each.items()
    }
    bottom = sum(statistics.median(each[name]) for name in FLOOR)
    table["fold and look"] = {"us of CPU per order": round(total), "% of fold and look": 100}
    table["the floor: signature, JSON and one row"] = {
        "us of CPU per order": round(bottom), "% of fold and look": round(bottom / total * 100)
    }  # fmt: skip
    return {"table": table, "targets": []}


def _timed(part: Part, count: int) -> Callable[[], Run]:
    def run() -> Run:
        began = time.process_time()
        part(count)
        return {"us": (time.process_time() - began) / count * 1e6}

    return run


def _parts(services: Services) -> dict[str, Part]:
    at, vault, key = datetime.now(UTC), Vault(SECRET), SECRET.encode()
    content, sealed = body(0, at), vault.seal(body(0, at))
    raw, order, row = json.loads(content, parse_float=Decimal), read_order(content), json.loads(sale("#10000", at))
    kept, found = order_to_json(order), sale_from("order", row)

    def repeated(act: Callable[[], object]) -> Part:
        def part(count: int) -> None:
            for _ in range(count):
                act()

        return part

    return {
        "signature of 7 kB": repeated(lambda: hmac.digest(key, content, hashlib.sha256)),
        "JSON of 7 kB": repeated(lambda: json.loads(content)),
        "one row of an insert of five hundred": lambda count: _insert(services, sealed, count),
        "sealing 7 kB": repeated(lambda: vault.seal(content)),
        "opening 7 kB": repeated(lambda: vault.open(sealed)),
        "the order's fields out of the JSON": repeated(lambda: load_order(raw)),
        "the order as it is kept": repeated(lambda: order_to_json(order)),
        "the order out of the ledger": repeated(lambda: order_from_json(kept)),
        "the POS's record read": repeated(lambda: sale_from("order", row)),
        "both sides compared": repeated(lambda: _compared(order, found)),
        "the POS's record as it is kept": repeated(lambda: sale_to_json(found)),
    }


def _compared(order: Order, found: Sale) -> Look:
    late = order.created_at + LATE
    return compare(order, [found], eligible_at=order.created_at, now=late, grace=LATE, pending_after=LATE)


class Undone(Exception):
    """The rows of the measure are not kept."""


def _insert(services: Services, sealed: bytes, count: int) -> None:
    at = services.clock.now()
    rows = [
        {"store": "floor", "webhook_id": str(n), "topic": "orders/create", "received_at": at, "body": sealed}
        for n in range(count)
    ]
    try:
        with services.ledger.write() as connection:
            _in_groups(connection, rows)
            raise Undone
    except Undone:
        pass


def _in_groups(connection: Connection, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), TOGETHER):
        connection.execute(insert(deliveries), rows[first : first + TOGETHER])


class Whole:
    """Fold and look as they are, of so many orders at a time."""

    def __init__(self, installed: Installed, services: Services, count: int) -> None:
        self._installed, self._services, self._count, self._first = installed, services, count, 0

    def fold(self) -> Run:
        at = datetime.now(UTC) - LATE
        deliver(self._services.ledger, self._installed.stores, [self._count], at, first=self._first)
        self._first += self._count
        return _timed(lambda count: self._work(lambda: inbox.drain(self._services)), self._count)()

    def look_at_one(self) -> Run:
        """What a look costs before it has looked at much."""
        many, self._count = self._count, 1
        self.fold()
        took = self.look()
        self._count = many
        return took

    def look(self) -> Run:
        shop = self._services.shop(self._installed.stores[0])
        return _timed(lambda count: self._work(lambda: loop.reconcile(shop, self._services).more), self._count)()

    def _work(self, step: Callable[[], object]) -> None:
        while step():
            pass
