"""`python -m sandbox --port N`: the sandbox on a port of this machine."""

import argparse
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.server import create_app


class Handler(WSGIRequestHandler):
    """Keeps connections open, answers at once, and writes no line for each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a kept-alive connection waits 40 ms between head and body

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the drivers ask a great many times."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox")
    parser.add_argument("--port", type=int, required=True)
    port: int = parser.parse_args().port
    make_server("127.0.0.1", port, create_app(), threaded=True, request_handler=Handler).serve_forever()


if __name__ == "__main__":
    main()
