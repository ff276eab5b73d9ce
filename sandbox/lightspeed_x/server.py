"""The account over HTTP: tokens, the version feeds, search, users, the rate limit with its headers, faults on demand."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.heartland.faults import HTML, spoil
from sandbox.lightspeed_x import wire
from sandbox.lightspeed_x.books import LightspeedXBooks
from sandbox.lightspeed_x.grants import Grant, TokenRefused
from sandbox.lightspeed_x.records import User
from sandbox.lightspeed_x.refusal import Refused
from sandbox.lightspeed_x.search import search

APPROVE_PATH: Final = "/connect"
TOKEN_PATH: Final = "/api/1.0/token"
TO_EXCHANGE: Final = {"refresh_token": "refresh_token", "authorization_code": "code"}
FLAT: Final = "2.0"
DATED: Final = re.compile(r"20\d\d-\d\d")
FEEDS: Final[dict[str, Callable[..., wire.Row]]] = {
    "users": wire.user_row, "outlets": wire.outlet_row, "registers": wire.register_row,
    "payment_types": wire.payment_type_row, "products": wire.product_row,
}  # fmt: skip
HIDES_DELETED: Final = {"outlets", "registers", "products"}
OF_A_FEED: Final = {"after", "before", "page_size"}

Opened = Callable[[], LightspeedXBooks]


def lightspeed_x_blueprint(books: LightspeedXBooks | Opened, counter: Callable[[], object]) -> Blueprint:
    """The routes below the account's host, for the caller to mount; `counter` is called once for each call made."""
    opened = books if callable(books) else lambda: books
    routes = Blueprint("lightspeed_x", __name__)
    routes.before_request(lambda: _front_door(opened(), counter))
    routes.after_request(lambda response: _finish(response, opened()))
    routes.register_error_handler(Refused, lambda refused: _error(opened(), refused.status, refused.message))
    routes.register_error_handler(TokenRefused, _token_refusal)
    routes.add_url_rule(APPROVE_PATH, "approve", lambda: _approved(opened()))
    routes.add_url_rule(TOKEN_PATH, "token", lambda: _token(opened()), methods=["POST"])
    answers: dict[str, Callable[[LightspeedXBooks, str], Response]] = {
        "sales": lambda books, version: _feed(books, "sales", _sale_row(version), version),
        "search": _searched,
        "user": _own_user,
        **{name: _listing(name) for name in FEEDS},
    }
    for name, answer in answers.items():
        routes.add_url_rule(f"/api/<version>/{name}", name, _locked(opened, answer))
    routes.add_url_rule("/api/<version>/users/bulk", "bulk", _locked(opened, _bulk), methods=["POST"])
    routes.add_url_rule("/api/<version>/sales/<key>", "sale", _single(opened, _one_sale))
    routes.add_url_rule("/api/<version>/users/<key>", "one_user", _single(opened, _one_user))
    routes.add_url_rule("/<path:path>", "elsewhere", _elsewhere, methods=["GET", "POST", "PUT", "DELETE"])
    return routes


def _locked(opened: Opened, answer: Callable[[LightspeedXBooks, str], Response]) -> Callable[[str], Response]:
    def answered(version: str) -> Response:
        books = opened()
        with books.lock:
            _offered(books, version)
            return answer(books, version)

    return answered


def _single(opened: Opened, answer: Callable[[LightspeedXBooks, str, str], Response]) -> Callable[[str, str], Response]:
    def answered(version: str, key: str) -> Response:
        books = opened()
        with books.lock:
            _offered(books, version)
            return answer(books, version, key)

    return answered


def _offered(books: LightspeedXBooks, version: str) -> None:
    """Any dated version is served, an expired one by the oldest that lives; 2.0 beside them."""
    generation = "2.0" if version == FLAT else "dated" if DATED.fullmatch(version) else ""
    if not generation or books.switches.api_versions not in ("both", generation):
        raise Refused(404, "No such version")


def _elsewhere(path: str) -> Response:
    raise Refused(404 if request.method == "GET" else 405, f"No such path: {path}")


# feeds


def _listing(name: str) -> Callable[[LightspeedXBooks, str], Response]:
    return lambda books, version: _feed(books, name, FEEDS[name], version)


def _sale_row(version: str) -> Callable[..., wire.Row]:
    return wire.flat_sale if version == FLAT else wire.nested_sale


def _feed(books: LightspeedXBooks, name: str, row: Callable[..., wire.Row], version: str) -> Response:
    allowed = OF_A_FEED | ({"deleted"} if name in HIDES_DELETED else set())
    unknown = set(request.args) - allowed
    if unknown:
        raise Refused(400, f"unknown parameter: {', '.join(sorted(unknown))}")
    after, before = _bound("after"), _bound("before")
    if books.faults.garbage == "ignores_filter":
        after = before = None
    records = (
        record for record in getattr(books, name).after(after or 0)
        if (before is None or record.version < before) and _listed(name, record, books)
    )  # fmt: skip
    size = min(_bound("page_size") or books.switches.page_size_default, books.switches.page_size_most)
    page = list(islice(records, size))
    if books.faults.garbage == "empty_wrong_total":
        return _json({"data": [], "version": {"min": 1, "max": 99_000_000_000}})
    return _json(
        _enveloped([row(record, books) for record in page], [record.version for record in page], books, version)
    )


def _enveloped(rows: list[wire.Row], versions: list[int], books: LightspeedXBooks, version: str) -> wire.Row:
    if versions:
        return {"data": rows, "version": {"min": versions[0], "max": versions[-1]}}
    empty = books.switches.empty_versions if version == FLAT else "null"
    if empty == "absent":
        return {"data": []}
    return {"data": [], "version": dict.fromkeys(("min", "max"), None if empty == "null" else 0)}


def _listed(name: str, record: Any, books: LightspeedXBooks) -> bool:
    if name == "users":
        return not record.purged and (record.deleted_at is None or books.switches.deleted_users_listed)
    if record.deleted_at is None:
        return True
    if name == "sales":
        return books.switches.deleted_sales_listed
    return name not in HIDES_DELETED or request.args.get("deleted") == "true"


def _bound(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise Refused(400, f"{name} is a number from 0")
    return int(text)


# single records, search, users


def _one_sale(books: LightspeedXBooks, version: str, key: str) -> Response:
    sale = books.sales.by_id.get(key)
    if sale is None:
        raise Refused(404, "sale not found")
    return _json({"data": _sale_row(version)(sale, books)})


def _searched(books: LightspeedXBooks, version: str) -> Response:
    kind, found = search(request.args, books)
    row = _sale_row(version) if kind == "sales" else wire.product_row
    return _json({"data": [row(record, books) for record in found]})


def _own_user(books: LightspeedXBooks, _version: str) -> Response:
    owner = books.users.by_id.get(books.owner_id or "")
    if owner is None:
        raise Refused(404, "user not found")
    return _one(owner, books)


def _one_user(books: LightspeedXBooks, _version: str, key: str) -> Response:
    user = books.users.by_id.get(key)
    if user is None or (user.purged and books.switches.purged_user_by_id == "404"):
        raise Refused(404, "user not found")
    return _one(user, books)


def _one(user: User, books: LightspeedXBooks) -> Response:
    row = wire.user_row(user, books)
    return _json({"data": [row] if books.switches.single_user == "array" else row})


def _bulk(books: LightspeedXBooks, version: str) -> Response:
    """2.0 takes an object with the ids, a dated version the ids alone."""
    given = request.get_json(silent=True)
    ids = given.get("user_ids") if version == FLAT and isinstance(given, dict) else given if version != FLAT else None
    if not isinstance(ids, list):
        raise Refused(400, "the ids of users are expected")
    found = [user for one in ids if (user := books.users.by_id.get(str(one))) is not None and not user.purged]
    return _json(_enveloped([wire.user_row(u, books) for u in found], [u.version for u in found], books, version))


# tokens


def _approved(books: LightspeedXBooks) -> AnyResponse:
    """A user approves as soon as they are asked."""
    with books.lock:
        back = books.grants.approve(request.args, books.domain_prefix, books.clock())
    return redirect(back) if back else Response("The request is not valid.", 400, mimetype="text/html")


def _token(books: LightspeedXBooks) -> Response:
    given = request.form
    token = TO_EXCHANGE.get(given.get("grant_type", ""), "")
    if not token or not all(given.get(key) for key in ("client_id", "client_secret", token)):
        raise TokenRefused(400, "invalid_request")
    with books.lock:
        grant = _granted(books, given, given[token])
    return _json({
        "access_token": grant.access, "token_type": "Bearer", "expires": int(grant.expires_at.timestamp()),
        "expires_in": books.switches.token_lives_s, "refresh_token": grant.refresh, "domain_prefix": books.domain_prefix,
        "scope": "sales:read users:read",
    })  # fmt: skip


def _granted(books: LightspeedXBooks, given: Mapping[str, str], token: str) -> Grant:
    grants, switches, now = books.grants, books.switches, books.clock()
    client = given["client_id"], given["client_secret"]
    if given["grant_type"] == "refresh_token":
        keeps_old = switches.lost_refresh == "good"
        return grants.refresh(*client, token, now, switches.token_lives_s, keeps_old=keeps_old)
    return grants.exchange(*client, token, given.get("redirect_uri", ""), now, switches.token_lives_s)


def _token_refusal(refused: TokenRefused) -> Response:
    return Response(json.dumps({"error": refused.error}), refused.status, mimetype="application/json")


# before and after


def _front_door(books: LightspeedXBooks, counter: Callable[[], object]) -> Response | None:
    counter()
    faults, garbage = books.faults, books.faults.garbage
    if faults.hang_s:
        time.sleep(faults.hang_s)
    if faults.down or garbage == "500":
        return Response(HTML, 503 if faults.down else 500, mimetype="text/html")
    if request.path.endswith((TOKEN_PATH, APPROVE_PATH)):
        return None
    if garbage in ("401", "403"):
        return _error(books, int(garbage), "permission denied" if garbage == "403" else "Access token is not valid")
    if faults.throttles():
        return _throttled(books.clock(), faults.retry_after_s)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    with books.lock:
        now = books.clock()
        if not books.grants.lets_in(token, now) or not _owner_may(books):
            return _error(books, 401, "Access token is not valid")
        again_at = books.limit.take(now)
    return None if again_at is None else _throttled(now, int((again_at - now).total_seconds()) + 1)


def _owner_may(books: LightspeedXBooks) -> bool:
    """Deleting a user ends the user's sessions and personal tokens."""
    owner = books.users.by_id.get(books.owner_id or "")
    return owner is None or owner.deleted_at is None


def _throttled(now: datetime, after_s: int) -> Response:
    """429 with a date, not seconds; after 0 seconds stands for an answer that does not say when."""
    body = {"error": "Too Many Requests", "message": "Rate limiting enforced"}
    response = Response(json.dumps(body), 429, mimetype="application/json")
    whole = now.replace(microsecond=0)
    response.headers["Date"] = format_datetime(whole, usegmt=True)
    if after_s:
        response.headers["Retry-After"] = format_datetime(_later(whole, after_s), usegmt=True)
    return response


def _later(at: datetime, seconds: int) -> datetime:
    return datetime.fromtimestamp(at.timestamp() + seconds, at.tzinfo)


def _finish(response: Response, books: LightspeedXBooks) -> Response:
    if request.path.endswith((TOKEN_PATH, APPROVE_PATH)):
        return response
    if response.mimetype == "application/json":
        response.headers["X-RateLimit-Limit"] = str(books.limit.most)
        response.headers["X-RateLimit-Remaining"] = str(books.limit.left)
    return spoil(response, books.faults.garbage)


def _error(books: LightspeedXBooks, status: int, message: str) -> Response:
    """`error` is a sentence, or an object with a number and one."""
    error: object = {"code": status, "message": message} if books.switches.error_envelope == "object" else message
    return Response(json.dumps({"error": error}), status, mimetype="application/json")


def _json(body: wire.Row | Iterable[object]) -> Response:
    return Response(json.dumps(body), mimetype="application/json")
