"""`python -m sandbox --port N`: the sandbox on a port of this machine."""

import argparse

from granian import Granian
from granian.constants import Interfaces

THREADS = 16  # one may wait for the webhooks' answers, while their receiver asks the others


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    parser.add_argument("--port", type=int, required=True)
    # One worker: the world lives in its memory.
    Granian(
        "sandbox.server:create_app", factory=True, interface=Interfaces.WSGI, address="127.0.0.1",
        port=parser.parse_args().port, workers=1, blocking_threads=THREADS, log_enabled=False,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    main()
