"""Brokers to be measured with, each a server of its own: the embedded one, and RabbitMQ from Debian's package."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kombu import Connection
from kombu.exceptions import OperationalError

from bench.serving import running, until
from workers.broker import embedded_broker, free_port

RABBITMQ = Path("/usr/lib/rabbitmq/bin")
SETTINGS = """\
listeners.tcp.local = 127.0.0.1:{port}
distribution.listener.interface = 127.0.0.1
log.console = false
"""


def has_rabbitmq() -> bool:
    return (RABBITMQ / "rabbitmq-server").exists()


@contextmanager
def valkey(folder: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """The URL of the embedded broker while it runs, reached at this address."""
    broker = embedded_broker(folder / "redis")
    configuration = Path(broker.command[1])
    configuration.write_text(configuration.read_text().replace("bind 127.0.0.1", f"bind {host}"))
    url = broker.url.replace("127.0.0.1", host)
    with running(broker.command, {}, folder):
        until(lambda: answers(url), "the broker")
        yield url


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """The URL of a RabbitMQ while it runs, all that it keeps below `folder`."""
    home = folder / "rabbitmq"
    home.mkdir()
    port, distribution = free_port(), free_port()
    (home / "rabbitmq.conf").write_text(SETTINGS.format(port=port))
    env = {
        "HOME": str(home), "RABBITMQ_BASE": str(home), "RABBITMQ_MNESIA_BASE": str(home / "kept"),
        "RABBITMQ_LOG_BASE": str(home / "log"), "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_NODENAME": f"bench{port}@localhost", "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"), "RABBITMQ_PID_FILE": str(home / "pid"),
        "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(free_port()), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
    }  # fmt: skip
    url = f"amqp://guest:guest@127.0.0.1:{port}//"
    try:
        with running([str(RABBITMQ / "rabbitmq-server")], env, folder):
            until(lambda: answers(url), "RabbitMQ", within_s=90)
            yield url
    finally:  # Erlang's own name server outlives it
        subprocess.run(["epmd", "-kill"], env={**os.environ, **env}, stdout=subprocess.DEVNULL, check=False)


def answers(url: str) -> bool:
    """Whether a broker takes connections at this URL."""
    try:
        with Connection(url, connect_timeout=2) as connection:
            connection.default_channel  # noqa: B018 - this is what connects
    except (OSError, OperationalError):
        return False
    return True
