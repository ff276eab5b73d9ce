"""Who sees the pages: a person signs in with a token, the session cookie carries the token's id, and nothing else does."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import Forbidden, NotFound, TooManyRequests

from reconcile.ledger.queries_preferences import keep_preferences, preferences_of
from webhooks import openid, tokens
from webhooks.auth import Caller, caller, caller_from
from webhooks.current import SPOKEN_TO_BY_PROGRAMS, current_services
from webhooks.languages import LANGUAGE, LANGUAGES, THEME, THEMES
from webhooks.languages import gettext as _
from webhooks.page_terms import term
from webhooks.sign_ins import LIMITER, tell_refusal, tell_sign_in
from webhooks.tokens import Role

View = TypeVar("View", bound=Callable[..., Any])

SIGNED_IN_FOR = timedelta(hours=12)
TRIES = parse("20 per minute")
TOKEN = "token_id"

pages = Blueprint("pages", __name__)
csrf = CSRFProtect()


class PageSession(SecureCookieSessionInterface):
    """Flask's signed cookie, `Secure` whenever the browser came by https, also through a proxy; programs have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return None if request.path.startswith(SPOKEN_TO_BY_PROGRAMS) else super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure or request.headers.get("X-Forwarded-Proto", "") == "https"


def register(app: Flask) -> None:
    """Sessions, CSRF, the limit on tries, and every page there is."""
    app.session_interface = PageSession()
    app.config.update(
        SESSION_COOKIE_NAME="reconciler", SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR, SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # programs send a token of their own with every call; only forms are checked
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )  # fmt: skip
    csrf.init_app(app)
    # In memory and per process: it slows down guessing at a secret of 256 random bits, no more is needed. The engine
    # of Flask-Limiter without its hooks, which would run for every webhook too.
    app.extensions[LIMITER] = FixedWindowRateLimiter(MemoryStorage())
    app.register_blueprint(pages)


@pages.before_request
def guard_forms() -> None:
    """Refuse a form that was not made by one of our own pages."""
    csrf.protect()


def page(role: Role | str = Role.VIEWER) -> Callable[[View], View]:
    """Only people who are signed in with this role or a higher one; others are sent to sign in, or refused with 403."""
    needed = Role(role)

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            found = signed_in()
            if found is None:
                back = request.full_path.rstrip("?") if request.method == "GET" else "/"
                return redirect(url_for("pages.sign_in", next=back), 303)
            g.caller = found
            if not found.may(needed):
                raise Forbidden(
                    _(
                        "This needs the role %(needed)s; you are signed in as %(role)s.",
                        needed=term(needed),
                        role=term(found.role),
                    )
                )
            return view(*args, **kwargs)

        return cast(View, guarded)

    return guard


def signed_in() -> Caller | None:
    """Who the session belongs to, if they still may; from then on the page is as they like it."""
    found = _person()
    if found is not None and "liked" not in g:
        with current_services().ledger.read() as connection:
            g.liked = preferences_of(connection, found.name)
    return found


def _person() -> Caller | None:
    """Whoever has the token, if it is still in force, or the grant of who came by OpenID Connect."""
    person = session.get(openid.PERSON)
    if isinstance(person, dict):
        return openid.caller_of(person)
    token_id = session.get(TOKEN)
    token = tokens.by_id(current_services(), token_id) if isinstance(token_id, int) else None
    return caller_from(token) if token is not None else None


def my_stores() -> list[str]:
    """The shops that the person may see, in the order of the stores file."""
    return [store for store in current_services().settings.shops if caller().sees(store)]


def my_store(store: str) -> str:
    """The same shop if the person may see it; another one is not there."""
    if store not in my_stores():
        raise NotFound(_("There is no such shop, or it is not among those of your token."))
    return store


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The form that takes a token."""
    return render_template("sign_in.html", next=_inside(request.args.get("next")), openid=openid.is_offered())


@pages.post("/sign-in")
def take_token() -> ResponseReturnValue:
    """A session for a token that is in force."""
    _count_try()
    token = tokens.find(current_services(), request.form.get("token", "").strip())
    back = _inside(request.form.get("next"))
    if token is None:
        tell_refusal(None, "the token is not known, was revoked or has expired")
        flash(_("The token is not known, was revoked or has expired."), "problem")
        return render_template("sign_in.html", next=back, openid=openid.is_offered()), 401
    _begin_session(TOKEN, token.id)
    tell_sign_in(caller_from(token), "a token")
    return redirect(back, 303)


@pages.get("/sign-in/openid")
def openid_sign_in() -> ResponseReturnValue:
    """On to the provider that signs people in."""
    _count_try()
    return openid.begin(_inside(request.args.get("next")))


@pages.get("/sign-in/openid/callback")
def openid_callback() -> ResponseReturnValue:
    """Back from the provider: a session for who it says it is."""
    _count_try()
    back = _inside(session.get(openid.BACK))
    found = openid.finish()
    if not isinstance(found, openid.Person):
        return found
    person = {"name": found.name, "value": found.value}
    _begin_session(openid.PERSON, person)
    come = openid.caller_of(person)
    if come is not None:
        tell_sign_in(come, "OpenID Connect")
    return redirect(back, 303)


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    _forget_person()
    return redirect(url_for("pages.sign_in"), 303)


@pages.post("/preferences")
def prefer() -> ResponseReturnValue:
    """The language and the look of the pages: in this browser, and wherever the same person signs in.

    An empty choice leaves it to the browser.
    """
    known = {LANGUAGE: ("", *LANGUAGES), THEME: ("", *THEMES)}
    chosen = {name: request.form[name] for name in known if request.form.get(name) in known[name]}
    session.update(chosen)
    who = signed_in()
    if who is not None:
        keep_preferences(current_services().ledger, who.name, chosen)
    return redirect(_inside(request.form.get("next")), 303)


def _count_try() -> None:
    if not current_app.extensions[LIMITER].hit(TRIES, request.remote_addr or ""):
        raise TooManyRequests(_("Too many tries; wait a minute."))


def _begin_session(what: str, who: object) -> None:
    """A new session, with nothing of an older one but the language and the look."""
    _forget_person()
    session.permanent = True
    session[what] = who


def _forget_person() -> None:
    kept = {name: session[name] for name in (LANGUAGE, THEME) if name in session}
    session.clear()
    session.update(kept)


def _inside(target: str | None) -> str:
    """A path of ours; anything that a browser could take for another host becomes the first page."""
    text = target or "/"
    parts = urlsplit(text)
    ours = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if ours and not parts.scheme and not parts.netloc else "/"
