"""Hosts of their own on one machine: network namespaces that reach this one over a bridge. Needs root and `ip`."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from shutil import which

BRIDGE = "bench-br"
NETWORK = "10.77.0"
ROOT = f"{NETWORK}.1"  # where this machine listens for them

Within = tuple[str, ...]


def may_make_hosts() -> bool:
    if os.geteuid() != 0 or which("ip") is None:
        return False
    tried = subprocess.run(["ip", "netns", "add", "bench-try"], capture_output=True, check=False).returncode == 0
    if tried:
        _ip("netns", "del", "bench-try")
    return tried


@contextmanager
def hosts(count: int) -> Iterator[list[Within]]:
    """For each host the command to run a program under."""
    with ExitStack() as stack:
        _ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(_ip, "link", "del", BRIDGE)
        _ip("addr", "add", f"{ROOT}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for number in range(count):
            _add_host(stack, f"bench-{number}", f"{NETWORK}.{number + 2}")
        yield [("ip", "netns", "exec", f"bench-{number}") for number in range(count)]


def _add_host(stack: ExitStack, name: str, address: str) -> None:
    _ip("netns", "add", name)
    stack.callback(_ip, "netns", "del", name)
    _ip("link", "add", f"{name}-out", "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", f"{name}-out", "master", BRIDGE, "up")
    for command in ("addr add {}/24 dev eth0", "link set eth0 up", "link set lo up"):
        _ip("-n", name, *command.format(address).split())


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
