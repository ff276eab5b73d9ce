"""A WSGI application on a port of its own, for tests that want real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def send_header(self, keyword: str, value: str) -> None:
        """An application that says its own time is believed: the server's `Date` gives way, as it does elsewhere."""
        if keyword == "Date":
            self._headers_buffer = [line for line in self._headers_buffer if not line.startswith(b"Date:")]
        super().send_header(keyword, value)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing is written: the answers are what a test looks at."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The base URL while the application answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
