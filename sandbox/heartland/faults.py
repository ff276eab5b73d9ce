"""Answers that are refused, late or broken on purpose."""

from __future__ import annotations

import json
import time
from typing import Final

from flask import Response

from sandbox.heartland.books import HeartlandBooks
from sandbox.heartland.records import GARBAGE
from sandbox.heartland.wire import error_body

REFUSALS: Final = {
    "500": (500, "internal_error", "Something went wrong"),
    "401": (401, "unauthorized", "A valid access token is required"),
    "403": (403, "forbidden", "This user may not do that"),
}
THROTTLED: Final = {"429_retry_after": 429, "429_bare": 429, "503": 503}
HTML: Final = "<!doctype html><html><body><h1>We'll be right back</h1></body></html>"


def answer_instead(books: HeartlandBooks) -> Response | None:
    """Wait out the hang, then what is answered in place of the truth, None when nothing is. Raises ValueError."""
    faults = books.faults
    if faults.garbage is not None and faults.garbage not in GARBAGE:
        raise ValueError(f"garbage {faults.garbage!r} is none of {', '.join(GARBAGE)}")
    if faults.hang_s:
        time.sleep(faults.hang_s)
    if faults.down:
        return Response(HTML, 503, mimetype="text/html")  # what an outage looks like is unknown: our choice
    if faults.throttles():
        return _throttled(books)
    return _error(*REFUSALS[faults.garbage]) if faults.garbage in REFUSALS else None


def spoil(response: Response, garbage: str | None) -> Response:
    """Break a good answer as `garbage` says; an answer that is an error already stays what it is."""
    if garbage is None or response.status_code != 200:
        return response
    if garbage == "html_200":
        return Response(HTML, 200, mimetype="text/html")
    if garbage == "not_json":
        return Response('{"total": 1, "results": [', 200, mimetype="application/json")
    if garbage == "half_body":
        return _halved(response)
    if garbage == "empty_wrong_total" and "results" in json.loads(response.get_data()):
        return Response(json.dumps({"total": 3, "pages": 1, "results": []}), 200, mimetype="application/json")
    return response


def _halved(response: Response) -> Response:
    """Half the bytes under the whole length; the connection closes, or the client would wait for the rest."""
    whole = response.get_data()
    response.set_data(whole[: len(whole) // 2])
    response.headers["Content-Length"] = str(len(whole))
    response.headers["Connection"] = "close"
    return response


def _throttled(books: HeartlandBooks) -> Response:
    """How the vendor throttles is unknown, that it does was observed; 429 with Retry-After is our first choice."""
    response = _error(THROTTLED[books.switches.throttling], "throttled", "Too many requests")
    if books.switches.throttling == "429_retry_after":
        response.headers["Retry-After"] = str(books.faults.retry_after_s)
    return response


def _error(status: int, code: str, message: str) -> Response:
    return Response(json.dumps(error_body(code, message, {})), status, mimetype="application/json")
