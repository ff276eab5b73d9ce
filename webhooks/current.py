"""What a view works with: the application's services."""

from typing import cast

from flask import Flask, current_app

from reconcile.services import Services

KEY = "reconciler"


def current_services() -> Services:
    """The services of the application that answers this request."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    return cast(Services, app.extensions[KEY])
