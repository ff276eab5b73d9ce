"""Signing in at an OpenID Connect provider: Authlib speaks the protocol, the claim says what a person may do.

The session keeps who it was and the value of the claim; what that value grants is asked of the settings at every request,
so that a grant that is taken away ends at the next start, and every session after its twelve hours.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask, current_app, flash, render_template, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.exceptions import NotFound

from reconcile.openid import OpenId
from webhooks.auth import Caller
from webhooks.current import current_services
from webhooks.languages import gettext as _
from webhooks.sign_ins import tell_refusal
from webhooks.tokens import Role

logger = logging.getLogger(__name__)

CLIENT, PERSON, BACK = "openid", "person", "openid_back"
ANSWERS_WITHIN_S = 10
LONGEST_NAME = 128


def register(app: Flask, provider: OpenId | None) -> None:
    """The client of the provider, if there is one; it is first asked when somebody signs in."""
    if provider is None:
        return
    known = OAuth(app)
    app.extensions[CLIENT] = known.register(
        CLIENT, client_id=provider.client_id, client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": provider.scopes, "code_challenge_method": "S256", "timeout": ANSWERS_WITHIN_S, "trust_env": False,
        },
    )  # fmt: skip


def is_offered() -> bool:
    return CLIENT in current_app.extensions


def begin(back: str) -> ResponseReturnValue:
    """Send the person to the provider; `back` is where they wanted to go."""
    provider, client = _provider(), _client()
    session[BACK] = back
    callback = f"{provider.public_url}{url_for('pages.openid_callback')}" if provider.public_url else None
    try:
        answer: ResponseReturnValue = client.authorize_redirect(
            callback or url_for("pages.openid_callback", _external=True)
        )
    except (AuthlibBaseError, RequestException, ValueError, RuntimeError) as error:
        return refused(_("The sign-in service does not answer; try again, or use a token."), error)
    return answer


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows, and the value of the claim that lets them in."""

    name: str
    value: str


def finish() -> Person | ResponseReturnValue:
    """Who has come back from the provider, or the page that says why nobody has."""
    try:
        told = _client().authorize_access_token().get("userinfo")
    except (AuthlibBaseError, JoseError, RequestException, ValueError, RuntimeError, KeyError) as error:
        tell_refusal(None, "OpenID Connect was not completed")
        return refused(_("The sign-in was not completed; begin again."), error)
    if not told:
        return refused(_("The sign-in was not completed; begin again."), "no ID token")
    grant = _provider().grant_of(_values(told))
    if grant is None:
        tell_refusal(_name(told), "nothing is granted to them")
        return refused(
            _("You are known, but nothing is granted to you here: ask an admin."), f"{told.get('sub')}: no grant"
        )
    return Person(_name(told), grant.value)


def caller_of(person: Mapping[str, str]) -> Caller | None:
    """Who a session belongs to, with what the settings grant now."""
    grant = _provider().grant_of([person["value"]]) if is_offered() else None
    return None if grant is None else Caller(name=person["name"], role=Role(grant.role), stores=grant.stores)


def refused(text: str, why: object) -> ResponseReturnValue:
    """The form again, with what went wrong; the log has the reason."""
    logger.warning("sign-in by OpenID Connect: %s", why if isinstance(why, str) else f"{type(why).__name__}: {why}")
    flash(text, "problem")
    return render_template("sign_in.html", next="/", openid=is_offered()), 401


def _values(told: Mapping[str, Any]) -> frozenset[str]:
    found = told.get(_provider().claim)
    several = found if isinstance(found, list) else [found]
    return frozenset(str(one) for one in several if one is not None)


def _name(told: Mapping[str, Any]) -> str:
    """What the audit says: an address that the provider has verified, or else its own id of the person."""
    verified = told.get("email") if told.get("email_verified") is True else None
    return str(verified or told["sub"])[:LONGEST_NAME]


def _provider() -> OpenId:
    found = current_services().settings.openid
    if found is None:
        raise NotFound(_("Nobody signs in here by OpenID Connect."))
    return found


def _client() -> FlaskOAuth2App:
    _provider()
    return cast(FlaskOAuth2App, current_app.extensions[CLIENT])
