"""Who came in, and whom nothing was opened to, as the activity tells it."""

import logging

from flask import current_app
from limits import parse
from limits.strategies import RateLimiter
from sqlalchemy.exc import OperationalError

from reconcile import history
from webhooks.auth import Caller
from webhooks.current import current_services

logger = logging.getLogger(__name__)

LIMITER = "page_limiter"
EVERYWHERE = ""  # of no shop: seen by who may see all of them
NOBODY = "nobody"
MOST_TOLD = parse("10 per hour")  # of those whom nobody knows: a guesser shall not fill the history


def tell_sign_in(who: Caller, how: str) -> None:
    """Somebody came in: told in each of their shops, or once if they see all of them."""
    _tell(who.name, f"signed in with {how} as {who.role.value}", *sorted(who.stores))


def tell_refusal(who: str | None, why: str) -> None:
    """Somebody was turned away; those whom nobody knows are told of a few times an hour, and logged always."""
    limiter: RateLimiter = current_app.extensions[LIMITER]
    if who is None and not limiter.hit(MOST_TOLD, "refusals"):
        logger.warning("a sign-in was refused: %s", why)
        return
    _tell(who or NOBODY, f"a sign-in was refused: {why}")


def _tell(who: str, text: str, *stores: str) -> None:
    services = current_services()
    common = {"at": services.clock.now(), "kind": "sign_in", "who": who, "text": text}
    try:
        with services.ledger.write() as connection:
            history.tell(connection, *({**common, "store": store} for store in stores or (EVERYWHERE,)))
    except OperationalError:  # a ledger that only reads now still lets people look
        logger.warning("%s: %s; the ledger could not keep it", who, text)
