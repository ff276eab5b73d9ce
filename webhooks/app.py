"""The web process: `create_app` puts its parts together."""

import logging
import os
import sys
import time
from collections.abc import Callable

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from reconcile import log
from reconcile.bootstrap import services_from
from reconcile.errors import ConfigurationError
from reconcile.ledger.schema import schema_problem
from reconcile.services import Services
from reconcile.shops import enrol
from webhooks import api, commands, errors, health, metrics, openid, pages, shopify
from webhooks.current import SERVICES, WAKER
from webhooks.inbox_writer import InboxWriter
from webhooks.log import request_ids
from webhooks.slow_bodies import SlowBodies
from workers.app import celery
from workers.wake import Waker

logger = logging.getLogger(__name__)

LARGEST_FORM = 1024 * 1024  # of the API and the page; the front door has its own limit
ENROL_AGAIN_S = 5.0
WAKE_UP_KEPT_S = 30  # beat has asked the ledger itself by then


def create_app(services: Services | None = None) -> Flask:
    """The application on these services, or on the settings in force: then every problem of theirs ends the process."""
    made = services or _services_in_force()
    app = Flask(__name__)
    key, *older = [part.strip() for part in made.settings.secret_key.split(",")]
    app.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=older, MAX_CONTENT_LENGTH=LARGEST_FORM)
    app.extensions[SERVICES] = made
    app.extensions[WAKER] = Waker(publisher(made))
    app.extensions[metrics.KEY] = metrics.Metrics(made)
    if services is None:
        app.before_request(Enrolment(made))
    shopify.register(app, made, InboxWriter(made.ledger))
    health.register(app)
    api.register(app, made)
    pages.register(app, made)
    openid.register(app, made.settings.openid)
    commands.register(app)
    errors.register(app)
    app.wsgi_app = SlowBodies(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _services_in_force() -> Services:
    try:
        # A command says what it did; what happened to each order on the way is in the ledger's history.
        in_a_command = click.get_current_context(silent=True) is not None
        log.configure({"LOG_LEVEL": "WARNING", **os.environ} if in_a_command else None, more=[request_ids])
        return services_from()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


class Enrolment:
    """Gives every shop its row as soon as the ledger can take it: the web process may be up before its ledger."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._next_at = 0.0
        self._done = False

    def __call__(self) -> None:
        if self._done or time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + ENROL_AGAIN_S
        try:
            if schema_problem(self._services.ledger) is None:
                enrol(self._services)
                self._done = True
        except SQLAlchemyError as error:
            logger.warning("the shops are not enrolled yet: %s", getattr(error, "orig", None) or type(error).__name__)


def publisher(services: Services) -> Callable[[], None]:
    """What publishes a wake-up; without a broker there is nobody to wake."""
    url = services.settings.redis_url
    if not url:
        return lambda: None
    connection = celery.connection_for_write(url)  # opened at the first use; only the waker's thread has it

    def publish() -> None:
        try:
            celery.send_task("workers.tasks.drain_inbox", connection=connection, expires=WAKE_UP_KEPT_S)
        except Exception:
            connection.close()
            raise

    return publish
