"""The service as it is installed: the Procfile's processes in a folder of their own, with as many shops as are wanted."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import psutil
from sqlalchemy import func, insert, select

from bench.orders import body
from bench.serving import HOME, running
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries, orders
from reconcile.model import Standing
from reconcile.vault import Vault

NOBODY = "redis://127.0.0.1:9/0"  # no broker: the door does not ask it
NOWHERE = "http://127.0.0.1:9"
SECRET = "bench-secret"
SHOP = """\
[stores.{store}]
shop = "{store}.myshopify.com"
webhook_secrets = ["env:BENCH_SECRET"]
[stores.{store}.shopify]
access_token = "env:BENCH_SECRET"
base_url = "{till}"
[stores.{store}.pos]
kind = "heartland"
base_url = "{till}"
spacing_ms = 0
token = "env:BENCH_SECRET"
"""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """One installation; `url` is its ledger, `till` where its POS and its Shopify are."""

    folder: Path
    url: str
    broker: str = NOBODY
    till: str = NOWHERE
    shops: int = 1
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def stores(self) -> list[str]:
        return [f"shop-{number}" for number in range(self.shops)]

    @cached_property
    def environment(self) -> dict[str, str]:
        path = self.folder / "stores.toml"
        path.write_text("".join(SHOP.format(store=store, till=self.till) for store in self.stores))
        return {
            "DATABASE_URL": self.url, "STORES_FILE": str(path), "BENCH_SECRET": SECRET, "SECRET_KEY": SECRET,
            "REDIS_URL": self.broker, "CLOCK_FILE": "", "PYTHONPATH": str(HOME), "LOG_LEVEL": "WARNING", **self.env,
        }  # fmt: skip

    def program(self, name: str, within: tuple[str, ...] = (), **env: str) -> AbstractContextManager[psutil.Process]:
        """A process of the Procfile while it runs; `within` is a command to run it under."""
        lines = dict(line.split(": ", 1) for line in (HOME / "Procfile").read_text().splitlines() if line)
        command = [*within, "/bin/sh", "-c", f"exec env {lines[name]}"]
        return running(command, {**self.environment, **env}, self.folder)

    def release(self) -> None:
        """Migrate the ledger, as before every start."""
        with self.program("release") as process:
            if process.wait(timeout=120):
                raise RuntimeError("the ledger was not migrated")

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        found = Ledger(self.url)
        try:
            yield found
        finally:
            found.dispose()


def deliver(ledger: Ledger, stores: list[str], counts: list[int], at: datetime, first: int = 0) -> None:
    """Put webhooks into the inbox as the front door leaves them: so many orders for each shop, shop by shop in turn."""
    vault, upcoming = Vault(SECRET), []
    for count in range(max(counts)):
        for store, wanted in zip(stores, counts, strict=True):
            if count < wanted:
                upcoming.append(
                    {
                        "store": store, "webhook_id": f"bench-{first + count}", "topic": "orders/create",
                        "received_at": at, "body": vault.seal(body(first + count, at)),
                    }
                )  # fmt: skip
    with ledger.write() as connection:
        connection.execute(insert(deliveries), upcoming)


def kept_in(ledger: Ledger) -> int:
    """How many deliveries are committed."""
    with ledger.read() as connection:
        return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()


def matched_in(ledger: Ledger) -> dict[str, int]:
    """How many orders of each shop are judged `matched`, leaving out those that `filling` put there."""
    query = (
        select(orders.c.store, func.count())
        .where(orders.c.standing == Standing.MATCHED.value, orders.c.order_id > 0)
        .group_by(orders.c.store)
    )
    with ledger.read() as connection:
        return {store: count for store, count in connection.execute(query)}


def cpu_s(*processes: psutil.Process) -> float:
    """Processor time of these and their children so far."""
    every = [one for process in processes for one in (process, *process.children(recursive=True))]
    return sum(sum(one.cpu_times()[:2]) for one in every)
