"""Our own front door as installed: the Procfile's web process, in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from bench.serving import BIN, Served, running, wait_for
from reconcile.ledger import Ledger
from reconcile.ledger.tables import deliveries
from workers.broker import free_port

HOME = Path(__file__).resolve().parent.parent
DOMAIN = "bench.myshopify.com"
NOBODY = "redis://127.0.0.1:9/0"  # no broker: the door does not ask it
STORES = f"""\
[stores.bench]
shop = "{DOMAIN}"
webhook_secrets = ["env:BENCH_SECRET"]
[stores.bench.shopify]
access_token = "env:BENCH_SECRET"
[stores.bench.pos]
kind = "heartland"
subdomain = "bench"
token = "env:BENCH_SECRET"
"""


@contextmanager
def ours(folder: Path, secret: str, database_url: str = "", processes: int = 1) -> Iterator[Served]:
    """The door while it runs, on SQLite below `folder` or on the database of this URL."""
    port = free_port()
    (folder / "stores.toml").write_text(STORES)
    url = database_url or f"sqlite:///{folder / 'ledger.db'}"
    env = {
        "PORT": str(port), "DATABASE_URL": url, "STORES_FILE": str(folder / "stores.toml"), "BENCH_SECRET": secret,
        "SECRET_KEY": "bench", "REDIS_URL": NOBODY, "CLOCK_FILE": "", "PYTHONPATH": str(HOME),
        "WEB_PROCESSES": str(processes),
    }  # fmt: skip
    lines = dict(line.split(": ", 1) for line in (HOME / "Procfile").read_text().splitlines() if line)
    with running(["/bin/sh", "-c", lines["release"]], env, folder) as release:
        if release.wait(timeout=60):
            raise RuntimeError("the ledger was not migrated")
    ledger = Ledger(url)
    try:
        with running(["/bin/sh", "-c", f"exec {lines['web']}"], env, folder) as process:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Served(f"http://127.0.0.1:{port}", process, lambda: kept_in(ledger))
    finally:
        ledger.dispose()


def kept_in(ledger: Ledger) -> int:
    """How many deliveries are committed."""
    with ledger.read() as connection:
        return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()


@contextmanager
def bare(folder: Path) -> Iterator[Served]:
    """The ceiling: the same server with an application that reads the body, says 200 and keeps nothing."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "16", "--backlog", "512", "--http", "1", "--no-ws", "bench.ours:keeps_nothing",
    ]  # fmt: skip
    with running(command, {"PYTHONPATH": str(HOME)}, folder) as process:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield Served(f"http://127.0.0.1:{port}", process, lambda: 0)


def keeps_nothing(environ: dict[str, object], start_response: object) -> list[bytes]:
    """A WSGI application, as small as one can be."""
    environ["wsgi.input"].read(int(str(environ.get("CONTENT_LENGTH") or 0)))  # type: ignore[attr-defined]
    start_response("200 OK", [("Content-Length", "0")])  # type: ignore[operator]
    return [b""]
