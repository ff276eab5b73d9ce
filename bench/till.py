"""A POS that costs next to nothing: it has the sale of every order it is asked for, and answers in text cut beforehand.

The sandbox knows a whole POS and is as slow as one; beside this one what is measured is the product.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from bench.orders import sale
from bench.serving import BIN, HOME, running, wait_for
from workers.broker import free_port

ANSWER_S = float(os.environ.get("TILL_ANSWER_S") or 0)  # how long a call takes on its way


def answer(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """A WSGI application: sales orders by number; nothing else is there."""
    if ANSWER_S:
        time.sleep(ANSWER_S)
    rows, now = list[str](), datetime.now(UTC)
    if environ["PATH_INFO"] == "/sales/orders":
        asked = parse_qs(environ["QUERY_STRING"]).get("_filter", ["{}"])[0]
        rows = [row for reference in _numbers(json.loads(asked)) if (row := sale(reference, now))]
    text = f'{{"total":{len(rows)},"pages":1,"results":[{",".join(rows)}]}}'.encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def _numbers(asked: dict[str, Any]) -> list[str]:
    found: list[str] = asked.get("public_id", {}).get("$in", [])
    return found


@contextmanager
def till(folder: Path, host: str = "127.0.0.1", answer_s: float = 0.0) -> Iterator[str]:
    """Its address while it runs."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1",
        "--blocking-threads", "64", "--backlog", "512", "--http", "1", "--no-ws", "bench.till:answer",
    ]  # fmt: skip
    with running(command, {"PYTHONPATH": str(HOME), "TILL_ANSWER_S": str(answer_s)}, folder):
        wait_for(f"http://{host}:{port}/")
        yield f"http://{host}:{port}"
