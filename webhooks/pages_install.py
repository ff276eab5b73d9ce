"""The pages that a merchant sees who lets us in by a link: no sign-in, the link is what lets them in.

A link may be for Shopify, for the POS, or for both: after each approval they are back at the link until nothing is left.
"""

import hmac
import logging
import secrets
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from reconcile.config import Shop
from reconcile.errors import NotThere, ReconcilerError, Refused
from reconcile.people import approvals, invites
from reconcile.people.invites import POS, SHOPIFY
from reconcile.pos.registry import SCOPES as POS_SCOPES
from reconcile.services import Services
from reconcile.shopify.installed import SCOPES
from reconcile.subscriptions import register
from reconcile.support_words import POS_NAMES
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import pages

logger = logging.getLogger(__name__)

# In the session: the shop, the state that has to come back, the link, and what proves the POS's code to be ours.
INSTALLING, APPROVING = "installing", "approving"
DONE = "installed"  # and what came of it


@pages.get("/connect/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """What is going to happen, and the way to whoever has to approve it."""
    found = invites.invited(current_services(), token)
    shop = found.shop
    scopes = {SHOPIFY: SCOPES, POS: POS_SCOPES.get(shop.pos_kind, ())}
    return render_template(
        "install.html", shop=shop, token=token, scopes=scopes, open=found.open, pos_name=POS_NAMES[shop.pos_kind],
    )  # fmt: skip


@pages.get("/connect/<token>/go")
def go_to_shopify(token: str) -> ResponseReturnValue:
    """To Shopify's page of approval; the state in the session is what ties its answer to this browser."""
    return _to_shopify(invites.invited(current_services(), token).shop, token)


@pages.get("/connect/<token>/pos")
def go_to_pos(token: str) -> ResponseReturnValue:
    """To the POS's page of approval, likewise."""
    services, state, verifier = current_services(), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    shop = invites.invited(services, token).shop
    session[APPROVING] = [shop.store, state, token, verifier]
    return redirect(approvals.way_to_pos(services, shop, state, verifier))


@pages.get("/connect/app")
def opened() -> ResponseReturnValue:
    """The app's own address: Shopify opens it when a merchant has installed the app there, or looks at it."""
    return _to_shopify(approvals.opened(current_services(), request.args.items(multi=True)))


def _to_shopify(shop: Shop, token: str = "") -> ResponseReturnValue:
    state = secrets.token_urlsafe(24)
    session[INSTALLING] = [shop.store, state, token]
    return redirect(approvals.way_to_shopify(shop, state))


@pages.get(approvals.BACK)
def installed() -> ResponseReturnValue:
    """Shopify has sent the merchant back: the code becomes a token, and the webhooks are subscribed to."""
    services = current_services()
    store, token = _begun(services, INSTALLING)[:2]
    try:
        done = approvals.install(services, store, request.args.items(multi=True))
    except (NotThere, Refused):
        raise
    except ReconcilerError as error:
        return _not_let_in("Shopify", error)
    _subscribe(services, store)
    return _on(services, done.shop, token, shopify_missing=sorted(done.missing))


@pages.get(approvals.BACK_FROM_POS)
def approved() -> ResponseReturnValue:
    """The POS has sent somebody back who may approve: the code becomes tokens, and a first read proves them."""
    services = current_services()
    store, token, verifier = _begun(services, APPROVING)
    try:
        identity = approvals.approve(services, store, request.args.to_dict(), verifier)
    except (NotThere, Refused):
        raise
    except ReconcilerError as error:
        return _not_let_in(POS_NAMES[services.shop(store).pos_kind], error)
    seen = [location.name for location in identity.locations]
    told = {"pos_account": identity.account, "pos_locations": seen, "pos_missing": list(identity.blind_spots)}
    return _on(services, services.shop(store), token, **told)


def _begun(services: Services, what: str) -> list[str]:
    """The shop, the link and what else was noted when this browser was sent away; raises `Refused` for any other."""
    store, state, token, *more = session.pop(what, None) or ("", "", "")
    if not state or not hmac.compare_digest(state.encode(), request.args.get("state", "").encode()):
        raise Refused("This answer belongs to no installation that was begun in this browser. Open the link again.")
    if token:
        invites.invited(services, token)  # it may have been used, or have expired, meanwhile
    return [store, token, *more]


def _not_let_in(where: str, error: ReconcilerError) -> ResponseReturnValue:
    logger.warning("an approval at %s failed: %s", where, error)
    text = _(
        "%(where)s did not give us access. Open the link again; if it happens twice, tell whoever sent it to you.",
        where=where,
    )
    return render_template("problem.html", status=502, title=_("Not connected"), text=text), 502


def _on(services: Services, shop: Shop, token: str, **came_of_it: Any) -> ResponseReturnValue:
    """To what is left of the link, or to the end; in any case away from an address with a code in it."""
    wake_workers()
    session[DONE] = {**(session.get(DONE) or {}), "domain": shop.domain, **came_of_it}
    try:
        left = invites.invited(services, token).open if token else ()
    except NotThere:
        left = ()
    if left:
        flash(_("That is done. One more approval, and the shop is connected."))
        return redirect(url_for("pages.invitation", token=token), 303)
    return redirect(url_for("pages.connected"), 303)


@pages.get("/connect/done")
def connected() -> ResponseReturnValue:
    """What the merchant sees at the end."""
    done = session.get(DONE)
    if not done:
        raise NotThere("This link is not one of ours, or a part of it is missing: copy it whole.")
    return render_template("installed.html", **done)


def _subscribe(services: Services, store: str) -> None:
    """The sweep does it within the hour as well: a failure here costs nothing but time."""
    try:
        register(services.shop(store), services)
    except ReconcilerError as error:
        logger.warning("the webhooks are not subscribed to yet: %s", error, extra={"store": store})
