"""How every route of the API is made: who may call it, what it takes and gives, and which shops the caller sees."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint
from marshmallow import Schema
from werkzeug.exceptions import NotFound

from reconcile.config import Shop
from webhooks.auth import caller, require
from webhooks.current import current_services
from webhooks.repeat import once
from webhooks.schemas import ErrorSchema

View = TypeVar("View", bound=Callable[..., Any])

ALTERNATIVES = {
    401: "No valid token",
    403: "The token's role is not enough",
    404: "There is no such thing, or not in your shops",
    409: "It may not be done now; the message says why",
    422: "Not as it should be; details by field",
}
ID = f"int(max={2**63 - 1})"  # what a column can hold; anything larger is no id of ours
KEY_HEADER = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "sent again within a day, the call is answered as the first time and done once",
}  # fmt: skip


class Part:
    """One part of the API: its routes, each guarded before anything of the request is read."""

    def __init__(self, name: str, description: str) -> None:
        self.blueprint = Blueprint(name, f"webhooks.{name}", url_prefix="/api/v1", description=description)

    def get(
        self, rule: str, gives: type[Schema] | None = None, *, query: type[Schema] | None = None
    ) -> Callable[[View], View]:
        """A route for viewers."""

        def wrap(view: View) -> View:
            made = self._shaped(view, gives, 200, query, "query")
            return self._finished(view, made, rule, "GET", "viewer", 404, *((422,) if query else ()))

        return wrap

    def write(
        self,
        verb: str,
        rule: str,
        gives: type[Schema],
        *,
        role: str = "operator",
        status: int = 200,
        body: type[Schema] | None = None,
        may_give: tuple[int, type[Schema], str] | None = None,
    ) -> Callable[[View], View]:
        """A route that changes something; with an `Idempotency-Key` it does so once."""

        def wrap(view: View) -> View:
            made = self._shaped(view, gives, status, body, "json")
            if may_give is not None:
                code, schema, text = may_give
                made = self.blueprint.alt_response(code, schema=schema, description=text, success=True)(made)
            made = self.blueprint.doc(parameters=[KEY_HEADER])(once(made))
            return self._finished(view, made, rule, verb, role, 404, 409, 422)

        return wrap

    def described(self, **told: Any) -> Callable[[View], View]:
        """More for the OpenAPI document."""
        made: Callable[[View], View] = self.blueprint.doc(**told)
        return made

    def _shaped(
        self, view: Any, gives: type[Schema] | None, status: int, takes: type[Schema] | None, where: str
    ) -> Any:
        if takes is not None:  # unknown=None leaves it to the schema: an unknown key is an error
            view = self.blueprint.arguments(takes, location=where, unknown=None)(view)
        return self.blueprint.response(status, gives)(view)

    def _finished(self, view: View, made: Any, rule: str, verb: str, role: str, *codes: int) -> View:
        made = require(role)(made)
        for code in (401, 403, *codes):
            made = self.blueprint.alt_response(code, schema=ErrorSchema, description=ALTERNATIVES[code])(made)
        made = self.blueprint.doc(security=[{"token": []}], **{"x-role": role})(made)
        self.blueprint.route(rule, methods=[verb])(made)
        return view


def seen_stores(named: str | None = None) -> list[str]:
    """The shops that the caller sees, or the one that was named; another's is 404."""
    stores = [store for store in current_services().settings.shops if caller().sees(store)]
    if named is None:
        return stores
    if named not in stores:
        raise NotFound(f"There is no shop {named}.")
    return [named]


def seen_shop(store: str) -> Shop:
    """The shop, if the caller sees it."""
    return current_services().shop(seen_stores(store)[0])
