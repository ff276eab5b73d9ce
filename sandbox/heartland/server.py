"""The account over HTTP: the calls that were seen live, a bearer check in front, faults on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.faults import answer_instead, spoil
from sandbox.heartland.inventory import answer_inventory
from sandbox.heartland.lists import answer_list, refuse_unknown_includes, row_with
from sandbox.heartland.query import Refused, invalid
from sandbox.heartland.resources import RESOURCES, Resource
from sandbox.heartland.wire import Row, error_body, finish, line_rows, payment_rows

PART_ROWS = {
    ("sales/orders", "lines"): line_rows,
    ("sales/orders", "payments"): payment_rows,
    ("sales/tickets", "lines"): line_rows,
}


def heartland_blueprint(
    books: HeartlandBooks | Callable[[], HeartlandBooks], counter: Callable[[], object]
) -> Blueprint:
    """The routes below `/api`, for the caller to mount; `counter` is called once for each call made.

    `books` may be a function, for a caller that opens a new account while the server runs.
    """
    opened = books if callable(books) else lambda: books
    routes = Blueprint("heartland", __name__)
    routes.before_request(lambda: _front_door(opened(), counter))
    routes.after_request(lambda response: spoil(response, opened().faults.garbage))
    routes.register_error_handler(Refused, _refusal)
    for name, resource in RESOURCES.items():
        _add_collection(routes, opened, name, resource)
    for (name, part), rows in PART_ROWS.items():
        _add_part(routes, opened, name, part, rows)
    _add_singles(routes, opened)
    return routes


def answer(body: Row, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status, mimetype="application/json")


def _front_door(books: HeartlandBooks, counter: Callable[[], object]) -> Response | None:
    counter()
    instead = answer_instead(books)
    if instead is not None:
        return instead
    if request.headers.get("Authorization") != f"Bearer {books.token}":
        return answer(error_body("unauthorized", "A valid access token is required", {}), 401)  # the code is ours
    return None


def _refusal(refused: Refused) -> Response:
    return answer(error_body(refused.code, refused.message, refused.details), refused.status)


def _add_collection(routes: Blueprint, opened: Callable[[], HeartlandBooks], name: str, resource: Resource) -> None:
    def listed() -> Response:
        books = opened()
        with books.lock:
            return answer(answer_list(resource, books, request.args))

    def one(record_id: int) -> Response:
        books = opened()
        with books.lock:
            record, includes = _found(resource, books, record_id), request.args.getlist("_include[]")
            refuse_unknown_includes(resource, books, includes)
            row = row_with(resource, books, record, includes)
            return answer(finish(row, frozenset(request.args.getlist("_only[]")), books.switches))

    routes.add_url_rule(f"/{name}", f"{name}:list", listed)
    routes.add_url_rule(f"/{name}/<int:record_id>", f"{name}:one", one)


def _add_part(
    routes: Blueprint,
    opened: Callable[[], HeartlandBooks],
    name: str,
    part: str,
    rows_of: Callable[[Any, HeartlandBooks], list[Row]],
) -> None:
    def listed(record_id: int) -> Response:
        books = opened()
        with books.lock:
            rows = rows_of(_found(RESOURCES[name], books, record_id), books)
            return answer(_paged([finish(row, frozenset(), books.switches) for row in rows], books))

    routes.add_url_rule(f"/{name}/<int:record_id>/{part}", f"{name}:{part}", listed)


def _add_singles(routes: Blueprint, opened: Callable[[], HeartlandBooks]) -> None:
    def whoami() -> Response:
        if not opened().switches.whoami:  # only ever seen in code that was never run against an account
            raise _absent("No such path")
        return answer({"id": 100001, "login": "connector", "first_name": "Connector", "last_name": "User"})

    def setting(key: str) -> Response:
        books = opened()
        if key not in books.settings:  # what an unknown key answers is unknown: 404 is our choice
            raise _absent(f"No setting {key}")
        return answer({"value": books.settings[key]})

    def inventory() -> Response:
        books = opened()
        with books.lock:
            return answer(answer_inventory(books, request.args))

    def elsewhere(path: str) -> Response:
        raise _absent(f"No such path: {path}")

    routes.add_url_rule("/system/whoami", "whoami", whoami)
    routes.add_url_rule("/settings/<key>", "setting", setting)
    routes.add_url_rule("/inventory/values", "inventory", inventory)
    routes.add_url_rule("/<path:path>", "elsewhere", elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _found(resource: Resource, books: HeartlandBooks, record_id: int) -> Any:
    record = resource.shelf(books).by_id.get(record_id)
    if record is None or not resource.visible(record, books):
        raise _absent("Not found")
    return record


def _absent(message: str) -> Refused:
    return Refused(404, "not_found", message)  # the code is ours: only the status was seen


def _paged(rows: list[Row], books: HeartlandBooks) -> Row:
    """A record's own lines or payments, paged like any collection."""
    given = request.args.get("per_page")
    size, page = _size(given, books), _size(request.args.get("page", "1"), books)
    if size is None or page is None:
        return {"total": len(rows), "pages": 1 if rows else books.switches.empty_pages, "results": rows}
    count = -(-len(rows) // size) if rows else books.switches.empty_pages
    return {"total": len(rows), "pages": count, "results": rows[(page - 1) * size : page * size]}


def _size(given: str | None, books: HeartlandBooks) -> int | None:
    if given is None:
        return books.switches.per_page_default
    if given == "all":
        return None
    if not given.isdigit() or int(given) < 1:
        raise invalid("page and per_page are numbers from 1")
    return int(given)
