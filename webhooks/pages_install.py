"""The pages that a merchant sees who installs the app by a link: no sign-in, the link is what lets them in."""

import hmac
import logging
import secrets

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from reconcile.config import Shop
from reconcile.errors import NotThere, ReconcilerError, Refused
from reconcile.people import invites
from reconcile.services import Services
from reconcile.shopify.installed import SCOPES
from reconcile.subscriptions import register
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import pages

logger = logging.getLogger(__name__)

INSTALLING = "installing"  # in the session: the shop, the state that Shopify has to bring back, and the link
DONE = "installed"  # and what came of it


@pages.get("/connect/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """What is going to happen, and the way to Shopify."""
    shop = invites.invited(current_services(), token)
    return render_template("install.html", shop=shop, token=token, scopes=SCOPES)


@pages.get("/connect/<token>/go")
def go_to_shopify(token: str) -> ResponseReturnValue:
    """To Shopify's page of approval; the state in the session is what ties its answer to this browser."""
    return _to_shopify(invites.invited(current_services(), token), token)


@pages.get("/connect/app")
def opened() -> ResponseReturnValue:
    """The app's own address: Shopify opens it when a merchant has installed the app there, or looks at it."""
    return _to_shopify(invites.opened(current_services(), request.args.items(multi=True)))


def _to_shopify(shop: Shop, token: str = "") -> ResponseReturnValue:
    state = secrets.token_urlsafe(24)
    session[INSTALLING] = [shop.store, state, token]
    return redirect(invites.way_to_shopify(shop, state))


@pages.get(invites.BACK)
def installed() -> ResponseReturnValue:
    """Shopify has sent the merchant back: the code becomes a token, and the webhooks are subscribed to."""
    services = current_services()
    store, state, token = session.pop(INSTALLING, None) or ("", "", "")
    if not state or not hmac.compare_digest(state.encode(), request.args.get("state", "").encode()):
        raise Refused("This answer belongs to no installation that was begun in this browser. Open the link again.")
    if token:
        invites.invited(services, token)  # it may have been used, or have expired, meanwhile
    try:
        done = invites.install(services, store, request.args.items(multi=True))
    except (NotThere, Refused):
        raise
    except ReconcilerError as error:
        logger.warning("an installation failed: %s", error)
        text = _(
            "Shopify did not give us access. Open the link again; if it happens twice, tell whoever sent it to you."
        )
        return render_template("problem.html", title=_("Not installed"), text=text), 502
    _subscribe(services, done.shop.store)
    wake_workers()
    session[DONE] = [done.shop.domain, sorted(done.missing)]
    return redirect(url_for("pages.connected"), 303)  # away from an address with a code in it


@pages.get("/connect/done")
def connected() -> ResponseReturnValue:
    """What the merchant sees at the end."""
    domain, missing = session.get(DONE) or ("", [])
    if not domain:
        raise NotThere("This link is not one of ours, or a part of it is missing: copy it whole.")
    return render_template("installed.html", domain=domain, missing=missing)


def _subscribe(services: Services, store: str) -> None:
    """The sweep does it within the hour as well: a failure here costs nothing but time."""
    try:
        register(services.shop(store), services)
    except ReconcilerError as error:
        logger.warning("the webhooks are not subscribed to yet: %s", error, extra={"store": store})
