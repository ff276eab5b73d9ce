"""The web process as it is run, over bare sockets: what no client would write is refused, tells nothing, and costs little."""

import gzip
import json
import re
import shutil
import socket
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from sqlalchemy import select

from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries
from tests.conftest import wait_until
from tests.figures import Note
from tests.web.sender import BODY, DOOR, headers
from tests.web.test_granian import HOME, Web
from webhooks.slow_bodies import MOST

MIB = 1024 * 1024
LARGEST = 5 * MIB
# What would tell an attacker how we are built, or what we hold.
TELLING = re.compile(
    rb"Traceback|File \"|\.py\b|werkzeug|sqlalchemy|sqlite|psycopg|flask|python|/work|/home|/srv|DEMO_SECRET|demo\.myshopify",
    re.IGNORECASE,
)
SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("wire")
    shutil.copy(migrated_sqlite, folder / "ledger.db")
    return folder


@pytest.fixture(scope="module")
def web(place: Path) -> Iterator[Web]:
    running = Web(place, f"sqlite:///{place / 'ledger.db'}")
    yield running
    running.stop()


@pytest.fixture
def ledger(place: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{place / 'ledger.db'}")
    yield opened
    opened.dispose()


def kept(ledger: Ledger) -> set[str]:
    with ledger.read() as connection:
        return set(connection.execute(select(deliveries.c.webhook_id)).scalars())


def lines(body: bytes, **changes: Any) -> list[str]:
    return [f"{name}: {value}" for name, value in headers(body, **changes).items()]


def request(*more: str, body: bytes = BODY, line: str = f"POST {DOOR} HTTP/1.1") -> bytes:
    return "\r\n".join([line, "Host: localhost", *more, "", ""]).encode("latin-1") + body


def answers(web: Web, sent: bytes) -> bytes:
    """All that comes back until the server hangs up, or says nothing more."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as line:
        heard = b""
        try:
            line.sendall(sent)
            while part := line.recv(65536):
                heard += part
                line.settimeout(1)  # a second answer would follow at once
        except (TimeoutError, ConnectionError):
            pass
    return heard


def statuses(heard: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3})", heard)]


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


# Two readers of one request must not see two different ones: a proxy before us may be the other.
AMBIGUOUS: dict[str, bytes] = {
    "both framings, length to the end": request(
        f"Content-Length: {len(chunked(BODY) + SMUGGLED)}", "Transfer-Encoding: chunked",
        *lines(BODY, webhook_id="both"), body=chunked(BODY) + SMUGGLED,
    ),
    "both framings, length of the chunks": request(
        "Content-Length: 4", "Transfer-Encoding: chunked", *lines(BODY, webhook_id="short"), body=chunked(BODY)
    ),
    "two lengths": request(
        f"Content-Length: {len(BODY)}", f"Content-Length: {len(BODY) + len(SMUGGLED)}",
        *lines(BODY, webhook_id="two"), body=BODY + SMUGGLED,
    ),
    "two lengths in one": request(f"Content-Length: {len(BODY)}, {len(BODY) + 1}", *lines(BODY, webhook_id="list")),
    "a length with a sign": request(f"Content-Length: +{len(BODY)}", *lines(BODY, webhook_id="sign")),
    "a length below zero": request("Content-Length: -1", *lines(BODY, webhook_id="negative")),
    "a length in hex": request(f"Content-Length: {len(BODY):#x}", *lines(BODY, webhook_id="hex")),
    "a length no machine has": request(f"Content-Length: {2**64}", *lines(BODY, webhook_id="huge")),
    "an encoding that is none": request("Transfer-Encoding: xchunked", *lines(BODY, webhook_id="x"), body=chunked(BODY)),
    "chunked, then something": request(
        "Transfer-Encoding: chunked, identity", *lines(BODY, webhook_id="identity"), body=chunked(BODY)
    ),
    "a blank before the colon": request("Transfer-Encoding : chunked", *lines(BODY, webhook_id="blank"), body=chunked(BODY)),
    "a folded header": request("Transfer-Encoding:", " chunked", *lines(BODY, webhook_id="folded"), body=chunked(BODY)),
    "a chunk without end": request(
        "Transfer-Encoding: chunked", *lines(BODY, webhook_id="endless"), body=b"ffffffffffffffffff\r\n" + BODY
    ),
    "a chunk whose size is none": request("Transfer-Encoding: chunked", *lines(BODY), body=b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a zero byte in a header": request("X-Odd: a\x00b", f"Content-Length: {len(BODY)}", *lines(BODY, webhook_id="zero")),
    "no version": request(f"Content-Length: {len(BODY)}", *lines(BODY, webhook_id="v"), line=f"POST {DOOR}"),
    "a line end in the address": request(
        f"Content-Length: {len(BODY)}", *lines(BODY, webhook_id="lf"), line=f"POST {DOOR}\n HTTP/1.1"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_of_two_meanings_is_refused_and_hides_no_second_one(
    web: Web, ledger: Ledger, name: str, note: Note
) -> None:
    before = kept(ledger)
    heard = answers(web, AMBIGUOUS[name])
    if name.startswith("both framings"):  # the chunks count, as RFC 9112 has it, and what follows is not read
        assert statuses(heard) in ([200], [400]) and b"connection: close" in heard
    else:
        assert not set(statuses(heard)) & {200, 500}, heard
        assert kept(ledger) == before
    assert len(statuses(heard)) <= 1, "what was hidden in the body was answered as a request of its own"
    assert b"reconciler_" not in heard
    assert not TELLING.search(heard), heard
    assert web.post(BODY, headers(webhook_id=f"after-{name.replace(' ', '-').replace(',', '')}")).status_code == 200
    note("requests of two meanings", sent=1, smuggled=0)


def test_many_or_long_headers_are_refused(web: Web, ledger: Ledger) -> None:
    before = kept(ledger)
    for more in ([f"X-{n}: 1" for n in range(5_000)], [f"X-Long: {'a' * MIB}"]):
        heard = answers(web, request(*more, f"Content-Length: {len(BODY)}", *lines(BODY, webhook_id="many")))
        assert set(statuses(heard)) <= {400, 414, 431}, heard[:200]
        assert not TELLING.search(heard)
    assert kept(ledger) == before


def bombs() -> dict[str, bytes]:
    """Bodies that are small on the wire and large when somebody unpacks them."""
    zeros = b"[" + b"0," * (50 * MIB) + b"0]"
    return {"gzip": gzip.compress(zeros), "deflate": zlib.compress(zeros)}


def deep(opening: str, closing: str, depth: int) -> bytes:
    return (opening * depth + closing * depth).encode()


def large_bodies() -> dict[str, bytes]:
    line = {"id": 1, "sku": "TEA", "quantity": 1, "price": "1.00"}
    return {
        "deep lists": deep("[", "]", LARGEST // 2),
        "deep objects": deep('{"a":', "}", 500_000).replace(b":}", b":1}"),
        "huge number": b'{"id": ' + b"9" * (LARGEST - 10) + b"}",
        "ten thousand lines": json.dumps({"id": 1, "line_items": [line] * 10_000}).encode(),
        "the largest there is": b"x" * LARGEST,
    }


def spent(web: Web) -> tuple[float, float]:
    """CPU seconds so far, and the memory in MiB."""
    family = [psutil.Process(web.process.pid), *psutil.Process(web.process.pid).children(recursive=True)]
    return (
        sum(sum(process.cpu_times()[:2]) for process in family),
        sum(process.memory_info().rss for process in family) / MIB,
    )


def test_what_is_large_or_packed_costs_the_door_little(web: Web, ledger: Ledger, note: Note) -> None:
    """Nothing is read of a body before it is proven, and nothing but its bytes after; it is never unpacked."""
    web.post(BODY, headers(webhook_id="warm"))
    cpu, memory = spent(web)
    sent = 0
    for number, (name, body) in enumerate([*bombs().items(), *large_bodies().items()]):
        encoding = {"Content-Encoding": name} if name in ("gzip", "deflate") else {}
        for secret, status in (("forged", 401), ("secret", 200)):
            answer = web.post(body, headers(body, secret=secret, webhook_id=f"large-{number}") | encoding)
            assert answer.status_code == status, name
            assert not TELLING.search(answer.content)
            sent += 1
    over = b"x" * (LARGEST + 1)
    assert [web.post(part, headers(over)).status_code for part in (over, iter([over]))] == [413, 413]
    cpu_after, memory_after = spent(web)
    each = (cpu_after - cpu) / sent
    assert each < 1.0
    assert memory_after - memory < 300
    assert {f"large-{number}" for number in range(7)} <= kept(ledger)
    note("bodies that are large, deep or packed", sent=sent, longest_cpu_seconds_each=each,
         longest_growth_mib=max(0.0, memory_after - memory))  # fmt: skip


def hold(web: Web, count: int) -> list[socket.socket]:
    """Connections that each send a signed delivery's first byte, and then nothing."""
    begun = request("Content-Length: 1000", *lines(BODY, webhook_id="slow"), body=b"{")
    held = [socket.create_connection(("127.0.0.1", web.port), timeout=15) for _ in range(count)]
    for one in held:
        one.sendall(begun)
    return held


def test_some_of_the_servers_threads_never_wait_for_a_body() -> None:
    threads = re.search(r"--blocking-threads (\d+)", (HOME / "Procfile").read_text())
    assert threads and int(threads[1]) >= MOST + 4


def test_bodies_that_come_drop_by_drop_take_neither_the_page_nor_the_answers(
    web: Web, ledger: Ledger, note: Note
) -> None:
    held = hold(web, MOST - 1)
    try:
        assert web.post(BODY, headers(webhook_id="beside-slow-bodies")).status_code == 200
        held += hold(web, 50)
        wait_until(lambda: web.post(BODY, headers(webhook_id="beside-slow-bodies")).status_code == 503)
        began = time.monotonic()
        answer = web.post(BODY, headers(webhook_id="too-many-slow-bodies"))
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
        assert requests.get(f"{web.url}/healthz", timeout=10).ok
        assert requests.get(f"{web.url}/sign-in", timeout=10).ok
        took = time.monotonic() - began
    finally:
        for one in held:
            one.close()
    wait_until(lambda: web.post(BODY, headers(webhook_id="too-many-slow-bodies")).status_code == 200)
    assert {"beside-slow-bodies", "too-many-slow-bodies"} <= kept(ledger) and "slow" not in kept(ledger)
    assert took < 15
    note("bodies that come drop by drop", held=len(held), longest_until_the_others_were_answered_s=took)


def test_many_that_send_no_end_of_their_headers_keep_nobody_out(web: Web, ledger: Ledger, note: Note) -> None:
    """They wait in the event loop and hold no thread."""
    head = f"POST {DOOR} HTTP/1.1\r\nHost: localhost\r\nX-".encode()
    held = [socket.create_connection(("127.0.0.1", web.port), timeout=15) for _ in range(200)]
    try:
        for one in held:
            one.sendall(head)
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            sent = list(pool.map(lambda n: web.post(BODY, headers(webhook_id=f"beside-{n}")).status_code, range(20)))
        took = time.monotonic() - began
    finally:
        for one in held:
            one.close()
    assert sent == [200] * 20
    assert took < 10
    note("connections that never end their headers", held=len(held), others_served=20, longest_for_the_others_s=took)
