"""The sandbox over HTTP: Shopify at the root, the POS below its own path, and the control port below `/_control`."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, request

from sandbox.admin import admin_blueprint
from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.server import heartland_blueprint
from sandbox.lightspeed_r.books import LightspeedRBooks
from sandbox.lightspeed_r.server import lightspeed_r_blueprint
from sandbox.lightspeed_x.books import LightspeedXBooks
from sandbox.lightspeed_x.server import lightspeed_x_blueprint
from sandbox.shopify.server import shopify_blueprint
from sandbox.stage import Stage, moment

Books = TypeVar("Books")


class NotOpen(Exception):
    """No scenario was opened yet."""


class Theatre:
    """The stage that is open, if one is."""

    def __init__(self) -> None:
        self.stage: Stage | None = None
        self.pos_calls = 0
        self._closed: dict[type[Any], Any] = {}

    def books(self, kind: type[Books]) -> Books:
        """The account of this kind that is open; one that is down when the scenario has another, or none."""
        opened = self.stage.world.books if self.stage else None
        if isinstance(opened, kind):
            return opened
        closed: Books = self._closed.setdefault(kind, kind())
        closed.faults.down = True  # type: ignore[attr-defined]  # every account has its faults
        return closed

    def opened(self) -> Stage:
        """Raises NotOpen before the first reset."""
        if self.stage is None:
            raise NotOpen
        return self.stage

    def open(self, settings: dict[str, Any]) -> Stage:
        stage, before = Stage(settings), self.stage
        self.stage, self.pos_calls = stage, 0
        if before is not None:
            before.close()
        return stage

    def count_pos_call(self) -> None:
        self.pos_calls += 1


def create_app() -> Flask:
    theatre = Theatre()
    app = Flask("sandbox")
    app.register_blueprint(shopify_blueprint(lambda: theatre.opened().shopify))
    app.register_blueprint(
        heartland_blueprint(lambda: theatre.books(HeartlandBooks), theatre.count_pos_call),
        url_prefix="/heartland/api",
    )
    app.register_blueprint(
        lightspeed_r_blueprint(lambda: theatre.books(LightspeedRBooks), theatre.count_pos_call),
        url_prefix="/lightspeed_r",
    )
    app.register_blueprint(
        lightspeed_x_blueprint(lambda: theatre.books(LightspeedXBooks), theatre.count_pos_call),
        url_prefix="/lightspeed_x",
    )
    app.register_blueprint(admin_blueprint(theatre.opened), url_prefix="/admin")
    for name, method, act in CONTROLS:
        app.add_url_rule(f"/_control/{name}", name, _control(theatre, act), methods=[method])
    app.register_error_handler(NotOpen, lambda _: _refusal("no scenario was opened yet: POST /_control/reset", 503))
    return app


Act = Callable[..., dict[str, Any]]


def _reset(theatre: Theatre, body: dict[str, Any]) -> dict[str, Any]:
    return {"shop_domain": theatre.open(body).world.shop.domain}


def _advance(theatre: Theatre, body: dict[str, Any]) -> dict[str, Any]:
    return theatre.opened().advance(moment(body.get("to")))


def _truth(theatre: Theatre, body: dict[str, Any]) -> dict[str, Any]:
    return {**theatre.opened().truth(), "pos_calls": theatre.pos_calls}


def _declared(theatre: Theatre, body: dict[str, Any]) -> dict[str, Any]:
    """Also the proof that the sandbox is up, so it answers before the first reset."""
    return theatre.stage.world.declared() if theatre.stage else {}


def _fault(theatre: Theatre, body: dict[str, Any]) -> dict[str, Any]:
    theatre.opened().set_faults(body)
    return {}


def _order(theatre: Theatre, body: dict[str, Any], order_id: int) -> dict[str, Any]:
    theatre.opened().change_order(order_id, body)
    return {}


CONTROLS: tuple[tuple[str, str, Act], ...] = (
    ("reset", "POST", _reset),
    ("advance", "POST", _advance),
    ("truth", "GET", _truth),
    ("declared", "GET", _declared),
    ("fault", "POST", _fault),
    ("order/<int:order_id>", "POST", _order),
)


def _control(theatre: Theatre, act: Act) -> Callable[..., Response]:
    def answer(**path: int) -> Response:
        body = request.get_json(silent=True) if request.method == "POST" else {}
        if not isinstance(body, dict):
            return _refusal("the body is no JSON object")
        try:
            return Response(json.dumps(act(theatre, body, **path)), mimetype="application/json")
        except ValueError as error:
            return _refusal(str(error))

    return answer


def _refusal(why: str, status: int = 400) -> Response:
    return Response(why, status, mimetype="text/plain")
