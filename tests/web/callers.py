"""Callers of the JSON API: two shops, and a client for each role."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, insert, select
from werkzeug.test import TestResponse

from reconcile.ledger.tables import events, incidents
from reconcile.model import Certainty, Fact, Finding, Remedy, Scope
from reconcile.services import Services
from reconcile.shops import enrol
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

ARCHIVED = Finding(
    cause="archived_orders_off", certainty=Certainty.CERTAIN, remedy=Remedy.FIX_THEN_RETRY, scope=Scope.SHOP,
    facts=(Fact(side="declared", what="Download Archived Orders", value="off"),), subject="Download Archived Orders",
)  # fmt: skip
HELD_BACK: dict[str, Any] = {
    "cause": ARCHIVED.cause, "subject": ARCHIVED.subject, "certainty": "certain", "case_state": "needs_person",
}  # fmt: skip


def two_shops(services: Services) -> Services:
    """The shop `demo`, and `other`, in the same ledger."""
    demo = services.shop("demo")
    shops = {"demo": demo, "other": replace(demo, store="other", domain="other.myshopify.com", locale="fr")}
    made = replace(services, settings=replace(services.settings, shops=shops))
    enrol(made)
    return made


class Api:
    """The API as one caller uses it."""

    def __init__(self, services: Services, role: str | None = "operator", *stores: str, name: str = "ann") -> None:
        self._client = create_app(services).test_client()
        self._headers = {}
        if role:
            self._headers["Authorization"] = f"Bearer {tokens.create(services, Role(role), stores, name)}"

    def call(self, verb: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.open(f"/api/v1/{path}", method=verb, json=body, headers={**self._headers, **named})

    def get(self, path: str) -> Any:
        """The JSON of an answer that has to be 200."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def refused(self, verb: str, path: str, body: Any = None) -> tuple[int, str, Any]:
        """Status, slug and details of an answer in the one shape of every error."""
        answer = self.call(verb, path, body)
        said = answer.get_json()
        assert set(said) == {"error", "message", "details"}
        assert said["message"]
        return answer.status_code, said["error"], said["details"]


def an_incident(services: Services, store: str = "demo", **changes: Any) -> int:
    now = services.clock.now()
    values = {
        "store": store, "cause": ARCHIVED.cause, "subject": ARCHIVED.subject, "state": "open", "opened_at": now, "since": now,
    }  # fmt: skip
    with services.ledger.write() as connection:
        made = connection.execute(insert(incidents).values(**values | changes))
    return int(made.inserted_primary_key[0])


def told(services: Services, kind: str) -> list[Row[Any]]:
    """The events of a kind, oldest first."""
    with services.ledger.read() as connection:
        return list(connection.execute(select(events).where(events.c.kind == kind).order_by(events.c.id)))
