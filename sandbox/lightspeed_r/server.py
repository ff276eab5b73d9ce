"""The account over HTTP: tokens, the read API of version 3, the limits with their headers, faults on demand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.heartland.faults import HTML, spoil
from sandbox.lightspeed_r.books import LightspeedRBooks
from sandbox.lightspeed_r.bucket import Blocked, cost_of
from sandbox.lightspeed_r.grants import Grant, TokenRefused
from sandbox.lightspeed_r.lists import answer_list
from sandbox.lightspeed_r.query import Refused, relations
from sandbox.lightspeed_r.resources import RESOURCES, Resource
from sandbox.lightspeed_r.wire import Row, employee_row

APPROVE_PATH: Final = "/auth/oauth/authorize"
TOKEN_PATH: Final = "/auth/oauth/token"
TO_EXCHANGE: Final = {"refresh_token": "refresh_token", "authorization_code": "code"}
TITLES: Final = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}
DENIED: Final = "The resource owner or authorization server denied the request."


def lightspeed_r_blueprint(
    books: LightspeedRBooks | Callable[[], LightspeedRBooks], counter: Callable[[], object]
) -> Blueprint:
    """The routes below the account's host, for the caller to mount; `counter` is called once for each call made."""
    opened = books if callable(books) else lambda: books
    routes = Blueprint("lightspeed_r", __name__)
    routes.before_request(lambda: _front_door(opened(), counter))
    routes.after_request(lambda response: _finish(response, opened()))
    routes.register_error_handler(Refused, lambda refused: _error(opened(), refused.status, refused.message))
    routes.register_error_handler(TokenRefused, _token_refusal)
    routes.add_url_rule(APPROVE_PATH, "approve", lambda: _approved(opened()))
    routes.add_url_rule(TOKEN_PATH, "token", lambda: _token(opened()), methods=["POST"])
    for path, kind in (("/API/Session.json", "unversioned"), ("/API/V3/Session.json", "v3")):
        routes.add_url_rule(path, f"session:{kind}", _session(opened, kind))
    routes.add_url_rule("/API/V3/Account.json", "account", lambda: _account(opened()))
    for name, resource in RESOURCES.items():
        _add(routes, opened, name, resource)
    routes.add_url_rule("/<path:path>", "elsewhere", _elsewhere, methods=["GET", "POST", "PUT", "DELETE"])
    return routes


def _add(routes: Blueprint, opened: Callable[[], LightspeedRBooks], name: str, resource: Resource) -> None:
    def listed(account: int) -> Response:
        books = opened()
        with books.lock:
            _own(books, account)
            return _json(answer_list(name, resource, books, request.args, request.base_url))

    def one(account: int, record_id: int) -> Response:
        books = opened()
        with books.lock:
            _own(books, account)
            record = resource.shelf(books).by_id.get(record_id)
            if record is None or _hidden(name, record, books):
                raise Refused(404, f"Object of type '{name}' not found with primary ID '{record_id}'.")
            row = resource.row(record, books, relations(request.args, resource.relations))
            return _json({"@attributes": {"count": "1"}, name: row})

    routes.add_url_rule(f"/API/V3/Account/<int:account>/{name}.json", f"{name}:list", listed)
    routes.add_url_rule(f"/API/V3/Account/<int:account>/{name}/<int:record_id>.json", f"{name}:one", one)


def _hidden(name: str, record: Any, books: LightspeedRBooks) -> bool:
    return name == "Employee" and record.archived and books.switches.archived_employee_by_id == "404"


def _own(books: LightspeedRBooks, account: int) -> None:
    if account != books.account_id:
        raise Refused(403, "This token opens another account.")  # the sentence is ours


def _session(opened: Callable[[], LightspeedRBooks], kind: str) -> Callable[[], Response]:
    def answer() -> Response:
        books = opened()
        if books.switches.session_path not in ("both", kind):
            raise Refused(404, "No such path.")
        body: Row = {"systemCustomerID": str(books.account_id), "employeeID": str(books.owner_id)}
        owner = books.employees.by_id.get(books.owner_id)
        if owner is not None:
            body |= {"Employee": employee_row(owner, books), "Rights": {"register": "true", "admin_employees": "true"}}
        return _json(body)

    return answer


def _account(books: LightspeedRBooks) -> Response:
    return _json({"@attributes": {"count": "1"}, "Account": {"accountID": str(books.account_id), "name": books.name}})


def _elsewhere(path: str) -> Response:
    raise Refused(404 if request.method == "GET" else 405, f"No such path: {path}")


# tokens


def _approved(books: LightspeedRBooks) -> AnyResponse:
    """An employee approves as soon as they are asked."""
    with books.lock:
        back = books.grants.approve(request.args, books.clock())
    return redirect(back) if back else Response("The request is not valid.", 400, mimetype="text/html")


def _token(books: LightspeedRBooks) -> Response:
    given = {key: str(value) for key, value in (request.get_json(silent=True) or request.form).items()}
    if "scope" in given:
        raise TokenRefused(400, "invalid_scope", "A scope is not taken here")
    token = TO_EXCHANGE.get(given.get("grant_type", ""), "grant_type")
    missing = [key for key in ("client_id", "client_secret", "grant_type", token) if not given.get(key)]
    if missing or token == "grant_type":
        raise TokenRefused(400, "invalid_request", f"Check the `{(missing or ['grant_type'])[0]}` parameter")
    with books.lock:
        grant = _granted(books, given, given[token])
    body = {
        "token_type": "Bearer", "expires_in": books.switches.token_lives_s, "access_token": grant.access,
        "refresh_token": grant.refresh,
    }  # fmt: skip
    return _json(body)


def _granted(books: LightspeedRBooks, given: dict[str, str], token: str) -> Grant:
    grants, now, lives = books.grants, books.clock(), books.switches.token_lives_s
    client = given["client_id"], given["client_secret"]
    if given["grant_type"] == "refresh_token":
        return grants.refresh(*client, token, now, lives)
    return grants.exchange(*client, token, given.get("code_verifier", ""), now, lives)


def _token_refusal(refused: TokenRefused) -> Response:
    body = {"error": refused.error, "error_description": DENIED, "hint": refused.hint}
    return Response(json.dumps(body), refused.status, mimetype="application/json")


# before and after


def _front_door(books: LightspeedRBooks, counter: Callable[[], object]) -> Response | None:
    counter()
    faults, garbage = books.faults, books.faults.garbage
    if faults.hang_s:
        time.sleep(faults.hang_s)
    if faults.down or garbage == "500":
        return Response(HTML, 503 if faults.down else 500, mimetype="text/html")
    if request.path.endswith((TOKEN_PATH, APPROVE_PATH)):
        return None
    if garbage in ("401", "403"):
        return _error(books, int(garbage), "Access denied.") if garbage == "403" else _unauthorised(books, "Revoked")
    if faults.throttles():
        return _throttled(books, Blocked("api-leaky-bucket", faults.retry_after_s))
    return _unauthorised(books, hint) if (hint := _refused_token(books)) else _limited(books)


def _refused_token(books: LightspeedRBooks) -> str | None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    with books.lock:
        hint = books.grants.use(token, books.clock(), siblings_stay=books.switches.sibling_grants == "stay")
        owner = books.employees.by_id.get(books.owner_id)
        if hint is None and owner is not None:
            gone = owner.locked or (owner.archived and books.switches.archived_owner == "refused")
            hint = "Access token could not be verified" if gone else None
    return hint


def _limited(books: LightspeedRBooks) -> Response | None:
    path = request.path.rpartition("/")[2]
    cost = cost_of(request.args, _named_relations(), single=path.removesuffix(".json").isdigit())
    with books.lock:
        blocked = books.bucket.take(cost, books.clock())
    g.cost = cost
    return _throttled(books, blocked) if blocked else None


def _named_relations() -> list[str]:
    try:
        found = json.loads(request.args.get("load_relations", "[]"))
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _throttled(books: LightspeedRBooks, blocked: Blocked) -> Response:
    if blocked.limiter == "api-burst-limiter":
        said = "burst rate limit exceeded"
    else:
        said = "Rate Limit Exceeded"
    if books.switches.throttled_body == "text":
        response = Response(said, 429, mimetype="text/html")
    else:
        response = _error(books, 429, said)
    response.headers[f"X-LS-{books.switches.header_case}-RateLimit-Type"] = blocked.limiter
    if blocked.retry_after_s:
        response.headers["Retry-After"] = str(blocked.retry_after_s)
    return response


def _finish(response: Response, books: LightspeedRBooks) -> Response:
    bucket, case = books.bucket, books.switches.header_case
    if not request.path.endswith((TOKEN_PATH, APPROVE_PATH)):
        response.headers[f"X-LS-{case}-Bucket-Level"] = f"{bucket.level:g}/{bucket.size}"
        response.headers[f"X-LS-{case}-Burst-Level"] = f"{bucket.burst}/{bucket.burst_limit}"
        response.headers[f"X-LS-{case}-Drip-Rate"] = f"{bucket.drip:g}"
        response.headers[f"X-LS-{case}-Request-Cost"] = f"{getattr(g, 'cost', 0):g}"
        response.headers["X-LS-Acct-Id"] = str(books.account_id)
        return _spoilt(response, books.faults.garbage)
    return response


def _spoilt(response: Response, garbage: str | None) -> Response:
    """A list that promises more and gives nothing is what a wrong total is elsewhere."""
    if garbage != "empty_wrong_total" or response.status_code != 200:
        return spoil(response, garbage)
    promise: Row = {"@attributes": {"next": f"{request.base_url}?after=WzFd", "previous": ""}}
    return _json(promise)


def _unauthorised(books: LightspeedRBooks, hint: str) -> Response:
    if books.switches.unauthorised_body == "legacy":
        return _error(books, 401, "Invalid access token.", "BadAuthenticationRequestError")
    body = {"error": "access_denied", "error_description": DENIED, "hint": hint}
    return Response(json.dumps(body), 401, mimetype="application/json")


def _error(books: LightspeedRBooks, status: int, message: str, kind: str = "Exception") -> Response:
    title = TITLES.get(status, "Too Many Requests")
    body = {"httpCode": str(status), "httpMessage": title, "message": message, "errorClass": kind}
    return Response(json.dumps(body), status, content_type=books.switches.error_type)


def _json(body: Row) -> Response:
    return Response(json.dumps(body), mimetype="application/json")
