"""The shop over HTTP: its token endpoint and its Admin API."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from sandbox.shop import Shop
from sandbox.shopify.deliveries import Deliveries
from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.graphql import AdminApi
from sandbox.shopify.installing import Installations
from sandbox.shopify.oauth import BAD_TOKEN, Access

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")  # accessible in November 2026
VERSION = re.compile(r"20\d\d-(01|04|07|10)")
AUTHORISE_PATH = "/admin/oauth/authorize"
TOKEN_PATH = "/admin/oauth/access_token"
GRAPHQL_PATH = "/admin/api/<version>/graphql.json"


@dataclass(slots=True, kw_only=True)
class Shopify:
    """One shop as its callers meet it."""

    shop: Shop
    faults: ShopifyFaults
    access: Access
    api: AdminApi
    deliveries: Deliveries | None = None
    installations: Installations = field(init=False)

    def __post_init__(self) -> None:
        self.installations = Installations(access=self.access)


def shopify_blueprint(opened: Callable[[], Shopify]) -> Blueprint:
    """The routes below the shop's own address; each call is counted in `shop.calls`."""
    routes = Blueprint("shopify", __name__)

    def token() -> Response:
        return _token(opened())

    def graphql(version: str) -> Response:
        return _graphql(opened(), version)

    routes.before_request(lambda: _front_door(opened()))
    routes.add_url_rule(AUTHORISE_PATH, "authorise", lambda: _authorise(opened()))
    routes.add_url_rule(TOKEN_PATH, "token", token, methods=["POST"])
    routes.add_url_rule(GRAPHQL_PATH, "graphql", graphql, methods=["POST"])
    return routes


def _front_door(side: Shopify) -> Response | None:
    side.shop.calls += 1
    if side.faults.down:
        return Response("<!doctype html><title>Something went wrong</title>", side.faults.down, mimetype="text/html")
    return None


def _authorise(side: Shopify) -> Answer:
    back = side.installations.approve(request.args.to_dict(), side.shop.domain, side.shop.clock(), side.faults)
    if back is None:
        return Response("<!doctype html><title>Oauth error invalid_request</title>", 400, mimetype="text/html")
    return redirect(back)


def _token(side: Shopify) -> Response:
    """A form, as documented, or JSON, as the official libraries send it."""
    sent = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    form = sent if isinstance(sent, dict) else {}
    if "code" in form or form.get("grant_type") == "refresh_token":
        status, body = side.installations.grant(form, side.shop.clock(), side.faults)
        lost, side.faults.lose_tokens_next = side.faults.lose_tokens_next, False
        return _lost(_json(body, status)) if lost else _json(body, status)
    status, body = side.access.grant(form, side.shop.clock(), side.faults)
    if isinstance(body, str):
        return Response(body, status, mimetype="text/html")
    return _json(body, status)


def _graphql(side: Shopify, version: str) -> Response:
    served = _served(version)
    if served is None:
        return _json({"errors": "Not Found"}, 404)
    if not side.access.lets_in(request.headers.get("X-Shopify-Access-Token", ""), side.shop.clock()):
        return _json({"errors": BAD_TOKEN}, 401)
    body = request.get_json(silent=True)  # only with `application/json`
    if body is None:
        return _json({"errors": "The request is not valid JSON"}, 400)
    response = _json(side.api.answer(body))
    response.headers["X-Shopify-API-Version"] = served
    return _lost(response) if _loses(side.faults) else response


def _served(version: str) -> str | None:
    """A retired version falls forward, silently, to the oldest accessible one; None for what never was one."""
    if not VERSION.fullmatch(version) or version > VERSIONS[-1]:
        return None
    return version if version in VERSIONS else VERSIONS[0]


def _loses(faults: ShopifyFaults) -> bool:
    lost, faults.no_answer_next = faults.no_answer_next, False
    return lost


def _lost(response: Response) -> Response:
    """A connection that breaks in the middle of the answer."""
    whole = response.get_data()
    response.set_data(whole[: len(whole) // 2])
    response.headers["Content-Length"] = str(len(whole))
    response.headers["Connection"] = "close"
    return response


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
