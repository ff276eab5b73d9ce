"""Pages: what a person waits for on a ledger of a million orders, asked over HTTP of the web process as installed."""

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import requests
from sqlalchemy import select

from bench.doors import ours
from bench.figures import Run, Table, at_most, median, spread
from bench.filling import UNTIL, fill
from bench.growth import LARGE, median_ms
from bench.installed import Installed
from bench.parts import parts
from reconcile.bootstrap import make_services
from reconcile.config import settings_from
from reconcile.incidents import refresh
from reconcile.ledger.tables import incidents
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.shops import enrol
from tests.rows import an_order, keep
from webhooks import tokens
from webhooks.tokens import Role

HELD = 200  # orders that one incident holds back
WANTED_MS = 200
CASE: dict[str, Any] = {"cause": "archived_orders_off", "subject": "Download Archived Orders", "certainty": "certain",
        "case_state": "needs_person"}  # fmt: skip
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def measure(runs: int = 5, size: int = LARGE) -> dict[str, Any]:
    """By database and page: the median of the runs, each the median of some requests."""
    table: Table = {}
    with parts() as these:
        for database in ("SQLite", "PostgreSQL"):
            installed = these.installed("" if database == "SQLite" else these.database())
            table[f"{database}, {size:,} orders"] = spread(_asked(these.stack, installed, size, runs))
    targets = [
        at_most(f"{page}, {name}", median(row, page), WANTED_MS, "ms") for name, row in table.items() for page in row
    ]
    return {"table": table, "targets": targets}


def _asked(stack: ExitStack, installed: Installed, size: int, runs: int) -> list[Run]:
    services = make_services(settings_from(installed.environment, kinds=frozenset(ADAPTERS)))
    enrol(services)
    (store,) = installed.stores
    fill(services.ledger, store, size)
    incident = hold_back(services, store)
    person = Person(stack.enter_context(ours(installed)).url, tokens.create(services, Role.VIEWER, [], "bench"))
    full = UNTIL - timedelta(days=3)  # two days with all their orders: the newest ones have few
    addresses = {
        "overview": "/", "list": "/orders", "list of the missing": "/orders?standing=missing",
        "search": "/orders?q=%2310001", "order": f"/orders/{store}/{HELD}", "incident": f"/incidents/{incident}",
        "statement": f"/statement/{store}?since={full:%Y-%m-%d}&until={full + timedelta(days=1):%Y-%m-%d}",
        "activity": "/activity",
    }  # fmt: skip
    asked = {f"{page} ms": partial(person.get, address) for page, address in addresses.items()}
    return [{page: median_ms(ask) for page, ask in asked.items()} for _ in range(runs)]


def hold_back(services: Services, store: str) -> int:
    """An incident with its orders, placed in the last hours; answers its number."""
    now = datetime.now(UTC)
    for number in range(1, HELD + 1):
        at = now - timedelta(minutes=number)
        keep(services.ledger, an_order(number, created_at=at, updated_at=at), store=store, looked_at=at, **CASE)
    with services.ledger.write() as connection:
        refresh(connection, services.shop(store), now, alert=False)
        return int(connection.execute(select(incidents.c.id)).scalar_one())


class Person:
    """Somebody who has signed in with a token."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._session = url, requests.Session()
        form = FORM_TOKEN.search(self.get("/sign-in"))
        if form is None:
            raise RuntimeError("the page that takes a token has no form")
        sent = {"csrf_token": form[1], "token": token, "next": "/"}
        self._session.post(f"{url}/sign-in", data=sent, timeout=10).raise_for_status()

    def get(self, address: str) -> str:
        answer = self._session.get(f"{self._url}{address}", timeout=30, allow_redirects=False)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return answer.text
