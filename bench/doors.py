"""Front doors to be measured: where one listens, its process, and how many deliveries it kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.installed import Installed, kept_in
from bench.serving import BIN, HOME, running, wait_for
from workers.broker import free_port


@dataclass(frozen=True)
class Door:
    """One front door while it runs."""

    url: str
    process: psutil.Process
    kept: Callable[[], int]


@contextmanager
def ours(installed: Installed, processes: int = 1) -> Iterator[Door]:
    """Our own as installed: the Procfile's web process."""
    port = free_port()
    with (
        installed.ledger() as ledger,
        installed.program("web", PORT=str(port), WEB_PROCESSES=str(processes)) as process,
    ):
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield Door(f"http://127.0.0.1:{port}", process, lambda: kept_in(ledger))


@contextmanager
def bare(folder: Path) -> Iterator[Door]:
    """The ceiling: the same server with an application that reads the body, says 200 and keeps nothing."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", "16", "--backlog", "512", "--http", "1", "--no-ws", "bench.doors:keeps_nothing",
    ]  # fmt: skip
    with running(command, {"PYTHONPATH": str(HOME)}, folder) as process:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        yield Door(f"http://127.0.0.1:{port}", process, lambda: 0)


def keeps_nothing(environ: dict[str, object], start_response: object) -> list[bytes]:
    """A WSGI application, as small as one can be."""
    environ["wsgi.input"].read(int(str(environ.get("CONTENT_LENGTH") or 0)))  # type: ignore[attr-defined]
    start_response("200 OK", [("Content-Length", "0")])  # type: ignore[operator]
    return [b""]


def peak_memory_mb(process: psutil.Process) -> int:
    """The highest resident memory that a process and its children ever had."""
    kilobytes = 0
    for one in [process, *process.children(recursive=True)]:
        for line in Path(f"/proc/{one.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kilobytes += int(line.split()[1])
    return kilobytes // 1024
