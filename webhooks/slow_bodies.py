"""Bodies that come drop by drop: the server's thread waits for one as long as its sender likes.

Not every thread may be kept so: of those who come with a body while most threads wait for one, each is told to come
again, and the page and the platform's questions are answered.
"""

import threading
import time
from collections.abc import Iterable
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import ServiceUnavailable

MOST = 12  # of the sixteen threads that the Procfile gives the server
SLOW_S = 1.0  # a body is there sooner, however busy the machine is


class SlowBodies:
    """A WSGI application that keeps some threads free of bodies for the one behind it."""

    def __init__(self, behind: WSGIApplication) -> None:
        self._behind = behind
        self._room = Room()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = Body(environ["wsgi.input"], self._room)
        return self._behind(environ, start_response)


class Room:
    """So many may wait for a body at a time."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(MOST)
        self._left_at = time.monotonic()

    def enter(self) -> None:
        """Raises `ServiceUnavailable` when there is no place soon; at once, when nobody has left for long."""
        if self._places.acquire(blocking=False):
            return
        if time.monotonic() - self._left_at > SLOW_S or not self._places.acquire(timeout=SLOW_S):
            raise ServiceUnavailable("Too many bodies are on their way here: send it again.")

    def leave(self) -> None:
        self._left_at = time.monotonic()
        self._places.release()


class Body:
    """The server's input, read in the room."""

    def __init__(self, came: InputStream, room: Room) -> None:
        self._came = came
        self._room = room

    def read(self, size: int = -1) -> bytes:
        self._room.enter()
        try:
            return self._came.read(size)
        finally:
            self._room.leave()
