"""Every route that there is, found in the application itself: one that is added tomorrow is tried tomorrow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import func, insert, select

from reconcile import people
from reconcile.ledger.tables import actions, deliveries, events, metadata, tokens
from reconcile.services import Services
from tests.rows import an_order, keep
from tests.web.callers import HELD_BACK, an_incident

# Open to everybody, on purpose: the platform asks these, and a merchant who lets us in is let in by the sealed link
# (tests/web/test_install.py, test_approvals.py). The front door stands before the routes, and proves each delivery.
OPEN = {
    "/healthz", "/readyz", "/metrics", "/static/<path:filename>", "/sign-in",
    "/api/v1/openapi.json", "/api/v1/docs", "/connect/<token>", "/connect/<token>/go", "/connect/installed",
    "/connect/done", "/connect/app", "/connect/<token>/pos", "/connect/approved",
    "/sign-in/openid", "/sign-in/openid/callback",
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    rule: str
    path: str
    method: str

    @property
    def is_api(self) -> bool:
        return self.rule.startswith("/api/")

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def planted(services: Services, **order: Any) -> dict[str, Any]:
    """One thing of each kind in the shop `demo`; gives what stands for each part of an address."""
    keep(services.ledger, an_order(**order), **HELD_BACK)
    with services.ledger.write() as connection:
        values = {"store": "demo", "webhook_id": "w", "topic": "orders/create", "received_at": services.clock.now()}
        made = connection.execute(insert(deliveries).values(state="parked", error="poison", body=b"sealed", **values))
    return {
        "store": "demo", "order_id": 1001, "incident_id": an_incident(services),
        "delivery_id": made.inserted_primary_key[0],
        "batch_id": people.requeue_many(services, "eve", ["demo"], [("demo", 1001)]),
    }  # fmt: skip


def routes(app: Flask, named: dict[str, Any]) -> Iterator[Route]:
    """Every route that somebody has to be let in to."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = adapter.build(rule.endpoint, {name: named[name] for name in rule.arguments}, method=method)
            yield Route(rule.rule, path, method)


def written(services: Services) -> dict[str, int]:
    """How many rows each table has, and what can change without a new row: nothing of it may move unasked."""
    with services.ledger.read() as connection:
        counts = {
            t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in metadata.sorted_tables
        }
        revoked = select(func.count()).select_from(tokens).where(tokens.c.revoked_at.is_not(None))
        counts["revoked"] = connection.execute(revoked).scalar_one()
        for table in (events, actions):
            counts[f"last {table.name}"] = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
    return counts
