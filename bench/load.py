"""A load of signed deliveries over kept-alive connections:
`python -m bench.load URL COUNT CONNECTIONS SECRET SHOPS [PER_SECOND [PLACED_S_AGO [FIRST]]]`.

A process of its own, one thread. Without a pace every connection sends as soon as it is answered; with one each
delivery has its moment, whatever became of the earlier ones, and what is late counts from that moment.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bench.orders import body


def requests_for(url: str, secret: str, shops: int, count: int, placed: list[datetime], first: int) -> Iterator[bytes]:
    """Whole HTTP requests, signed before the clock starts; the shops in turn."""
    place, key, run = urlsplit(url), secret.encode(), time.time_ns()
    for number in range(count):
        content = body(first + number // shops, placed[number])
        signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nX-Shopify-Topic: orders/create\r\n"
            f"X-Shopify-Shop-Domain: shop-{number % shops}.myshopify.com\r\n"
            f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Webhook-Id: bench-{run}-{number}\r\n"
            f"X-Shopify-API-Version: 2026-10\r\nX-Shopify-Triggered-At: 2026-11-02T09:00:00Z\r\n\r\n"
        )
        yield head.encode() + content


class Load:
    """What is still to be sent, and what came of the rest."""

    def __init__(self, waiting: list[bytes], per_s: float) -> None:
        self.waiting = waiting[::-1]
        self.per_s = per_s
        self.times: list[float] = []
        self.refused = 0
        self.began = time.perf_counter()
        self._sent = 0

    async def connection(self, host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        while self.waiting:
            request, moment = self.waiting.pop(), self._moment()
            if moment > time.perf_counter():
                await asyncio.sleep(moment - time.perf_counter())
            began = moment if self.per_s else time.perf_counter()
            writer.write(request)
            status = await answered(reader)
            self.times.append(time.perf_counter() - began)
            self.refused += status != 200
        writer.close()

    def _moment(self) -> float:
        self._sent += 1
        return self.began + (self._sent - 1) / self.per_s if self.per_s else 0.0

    def found(self) -> dict[str, float]:
        seconds, times = time.perf_counter() - self.began, sorted(self.times)
        return {
            "per_s": len(times) / seconds, "p50_ms": times[len(times) // 2] * 1000,
            "p99_ms": times[int(len(times) * 0.99)] * 1000, "refused": self.refused,
        }  # fmt: skip


async def answered(reader: asyncio.StreamReader) -> int:
    """The status of one answer, read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    if length:
        await reader.readexactly(length)
    return int(head[9:12])


async def send(url: str, waiting: list[bytes], connections: int, per_s: float) -> dict[str, float]:
    place, load = urlsplit(url), Load(waiting, per_s)
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(load.connection(place.hostname or "", place.port or 80))
    return load.found()


def main(
    url: str, count: str, connections: str, secret: str, shops: str,
    per_s: str = "0", placed_s_ago: str = "0", first: str = "0",
) -> None:  # fmt: skip
    start, pace = datetime.now(UTC) - timedelta(seconds=float(placed_s_ago)), float(per_s)
    placed = [start + timedelta(seconds=number / pace if pace else 0) for number in range(int(count))]
    waiting = list(requests_for(url, secret, int(shops), int(count), placed, int(first)))
    print(json.dumps(asyncio.run(send(url, waiting, int(connections), pace))))


if __name__ == "__main__":
    main(*sys.argv[1:])
