"""What a view works with: the application's services, and the way to wake the workers."""

from typing import cast

from flask import Flask, current_app

from reconcile.services import Services
from workers.wake import Waker

SERVICES, WAKER = "reconciler", "waker"


def current_services() -> Services:
    """The services of the application that answers this request."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    return cast(Services, app.extensions[SERVICES])


def wake_workers() -> None:
    """Tell the workers that there is something to do, after it was committed; never blocks and never fails."""
    cast(Waker, current_app.extensions[WAKER]).wake()
