"""A gate between the worker and Shopify: at the moment of a touch it does what a test asks for, and counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import requests
from flask import Flask, Response, request

from tests.contract.serving import served

Deed = Callable[[Callable[[], None]], None]


@dataclass
class Gate:
    """`at_touch` is given the act that passes the next touch on; it may be called, or not. `heard` is told of every touch."""

    url: str = ""
    at_touch: Deed | None = None
    heard: Callable[[int], None] = lambda order_id: None
    touches: list[str] = field(default_factory=list)


@contextmanager
def gate_before(target: str) -> Iterator[Gate]:
    gate, app, session = Gate(), Flask("gate"), requests.Session()
    session.trust_env = False

    @app.post("/<path:path>")
    def through(path: str) -> Response:
        body = request.get_data()
        kept = {name: value for name, value in request.headers if name.lower() not in ("host", "content-length")}
        answers: list[requests.Response] = []

        def forward() -> None:
            with suppress(requests.RequestException):  # then nobody hears the answer
                answers.append(session.post(f"{target}/{path}", data=body, headers=kept, timeout=30))

        if b"tagsAdd" in body:
            gate.touches.append(body.decode())
            gate.heard(int(request.get_json()["variables"]["id"].rpartition("/")[2]))
            deed, gate.at_touch = gate.at_touch, None
            (deed or (lambda act: act()))(forward)
        else:
            forward()
        if not answers:
            return Response("", 502)
        return Response(answers[0].content, answers[0].status_code, content_type=answers[0].headers["Content-Type"])

    with served(app) as gate.url:
        yield gate
