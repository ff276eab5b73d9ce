"""A load of signed deliveries over kept-alive connections: `python -m bench.load URL COUNT CONNECTIONS SECRET DOMAIN`.

A process of its own, one thread: what it costs is seen in `user_s` beside the server's.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

BODY_BYTES = 7_000
SAMPLE = Path(__file__).parent.parent / "tests/fixtures/shopify/go-shopify/order.json"


def bodies(count: int) -> list[bytes]:
    """Order payloads of 7 kB, each of another order."""
    order = json.loads(SAMPLE.read_text())["order"]
    made = []
    for number in range(count):
        order |= {"id": 5_000_000_000_000 + number, "name": f"#{10_000 + number}", "order_number": 10_000 + number}
        order["note"] = ""
        order["note"] = "x" * (BODY_BYTES - len(json.dumps(order)))
        made.append(json.dumps(order).encode())
    return made


def requests_for(url: str, secret: str, domain: str, count: int) -> list[bytes]:
    """Whole HTTP requests, signed before the clock starts."""
    place = urlsplit(url)
    key = secret.encode()
    made = []
    for number, body in enumerate(bodies(count)):
        signature = base64.b64encode(hmac.digest(key, body, hashlib.sha256)).decode()
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nX-Shopify-Topic: orders/create\r\nX-Shopify-Shop-Domain: {domain}\r\n"
            f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Webhook-Id: bench-{time.time_ns()}-{number}\r\n"
            f"X-Shopify-API-Version: 2026-10\r\nX-Shopify-Triggered-At: 2026-11-02T09:00:00Z\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def one_connection(host: str, port: int, waiting: list[bytes], times: list[float], refused: list[int]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while waiting:
        request = waiting.pop()
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if length:
            await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        status = int(head[9:12])
        if status != 200:
            refused.append(status)
    writer.close()


async def send(url: str, waiting: list[bytes], connections: int) -> dict[str, object]:
    place = urlsplit(url)
    times: list[float] = []
    refused: list[int] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one_connection(place.hostname or "", place.port or 80, waiting, times, refused))
    seconds = time.perf_counter() - began
    times.sort()
    return {
        "count": len(times), "seconds": seconds, "per_s": len(times) / seconds, "refused": len(refused),
        "p50_ms": times[len(times) // 2] * 1000, "p99_ms": times[int(len(times) * 0.99)] * 1000,
        "client_cpu_s": time.process_time(),
    }  # fmt: skip


def main(url: str, count: str, connections: str, secret: str, domain: str) -> None:
    waiting = requests_for(url, secret, domain, int(count))
    print(json.dumps(asyncio.run(send(url, waiting, int(connections)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
