"""A gate between an adapter and its POS account: what no account of the sandbox does, whatever the kind of POS."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests
from flask import Flask, Response, request

from tests.contract.serving import served

PAGE_WORDS = {"page", "after", "offset"}
SIZE_WORDS = {"per_page", "page_size", "limit"}
HANG_S = 1.3

Params = list[tuple[str, str]]


@dataclass
class PosGate:
    """`how` may be set at any time; None: everything passes as it is."""

    url: str = ""
    how: str | None = None
    before: Callable[[], None] | None = None  # happens once, before the next request is passed on
    calls: int = 0
    _asked: set[str] = field(default_factory=set)

    def refusal(self) -> Response | None:
        """What is answered in place of the POS."""
        if self.how == "hanging_socket":
            time.sleep(HANG_S)
        if self.how == "403_in_part" and self.calls % 2:
            return Response('{"error": "forbidden"}', 403, mimetype="application/json")
        if self.how == "garbage":
            return Response("<html>Please sign in</html>", 200, mimetype="text/html")
        if self.how == "moved":
            return Response("", 302, headers={"Location": "https://elsewhere.example/"})
        return None

    def params(self) -> Params:
        """The question as it is passed on: in a cursor loop every page is the first one, and has one row."""
        asked = list(request.args.items(multi=True))
        if self.how != "cursor_loop":
            return asked
        kept = [(key, value) for key, value in asked if key not in PAGE_WORDS | SIZE_WORDS]
        return [*kept, *((key, "1") for key in {key for key, _ in asked} & SIZE_WORDS or {"limit"})]


@contextmanager
def pos_gate(target: str) -> Iterator[PosGate]:
    gate, app, session = PosGate(), Flask("pos gate"), requests.Session()
    session.trust_env = False

    @app.route("/<path:path>", methods=["GET", "POST"])
    def through(path: str) -> Response:
        gate.calls += 1
        before, gate.before = gate.before, None
        if before is not None:
            before()
        return gate.refusal() or _passed_on(session, f"{target}/{path}", gate.params)

    with served(app) as gate.url:
        yield gate


def _passed_on(session: requests.Session, url: str, params: Callable[[], Params]) -> Response:
    kept = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
    try:
        answer = session.request(
            request.method, url, params=params(), data=request.get_data(), headers=kept, timeout=30
        )  # fmt: skip
    except requests.RequestException:  # half a body: it is as broken on this side
        return Response("", 200, headers={"Content-Length": "100", "Connection": "close"})
    skipped = ("content-length", "transfer-encoding", "connection", "content-encoding")
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in skipped}
    return Response(answer.content, answer.status_code, headers=headers)
