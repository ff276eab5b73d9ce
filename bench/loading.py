"""Running the load as a process of its own."""

import json
import subprocess
import sys

from bench.figures import Run
from bench.installed import SECRET
from bench.serving import HOME


def load(
    url: str, count: int, connections: int, *, shops: int = 1, per_s: float = 0, placed_s_ago: float = 0, first: int = 0
) -> Run:
    """One run of `bench.load`, in its own figures."""
    place = f"{url}/webhooks/shopify"
    told = (place, count, connections, SECRET, shops, per_s, placed_s_ago, first)
    command = [sys.executable, "-m", "bench.load", *map(str, told)]
    answer = subprocess.run(command, cwd=HOME, capture_output=True, check=True)
    found: Run = json.loads(answer.stdout)
    return found
