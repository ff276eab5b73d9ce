"""What a view works with: the application's services, and the way to wake the workers."""

from typing import cast

from flask import Flask, current_app, request

from reconcile.services import Services
from workers.wake import Waker

SERVICES, WAKER = "reconciler", "waker"
SPOKEN_TO_BY_PROGRAMS = ("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics")


def current_services() -> Services:
    """The services of the application that answers this request."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    return cast(Services, app.extensions[SERVICES])


def is_for_programs() -> bool:
    """Whether the request's address is one that programs call; at all others there are people."""
    return request.path.startswith(SPOKEN_TO_BY_PROGRAMS)


def wake_workers() -> None:
    """Tell the workers that there is something to do, after it was committed; never blocks and never fails."""
    waker_of(current_app).wake()


def waker_of(app: Flask) -> Waker:
    return cast(Waker, app.extensions[WAKER])
