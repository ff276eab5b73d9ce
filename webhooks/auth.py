"""Who calls: a bearer token becomes a `Caller`, and each view names the role that it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from webhooks import tokens
from webhooks.current import current_services
from webhooks.tokens import Role, Token

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks; `stores` empty: all shops."""

    name: str
    role: Role
    stores: frozenset[str] = frozenset()
    token_id: int = 0

    def sees(self, store: str) -> bool:
        """Whether this shop is within the token's; if not, the shop's objects do not exist for the caller (404)."""
        return not self.stores or store in self.stores

    def may(self, role: Role | str) -> bool:
        return self.role.covers(Role(role))


def caller_from(token: Token) -> Caller:
    return Caller(name=token.name, role=token.role, stores=token.stores, token_id=token.id)


def caller() -> Caller:
    """Who asks, in a view behind `require`."""
    return cast(Caller, g.caller)


def require(role: Role | str) -> Callable[[View], View]:
    """Only callers with this role or a higher one get in, and the view finds them in `g.caller`.

    Answers 401 `unauthorised` without a valid token and 403 `forbidden` with a lesser role.
    """
    needed = Role(role)

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.caller = authenticated()
            if not g.caller.may(needed):
                raise Forbidden(f"This needs the role {needed.value}; the token has the role {g.caller.role.value}.")
            return view(*args, **kwargs)

        return cast(View, guarded)

    return guard


def authenticated() -> Caller:
    """The caller that the request's bearer token stands for; raises werkzeug's `Unauthorized`."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorised("Send a token: `Authorization: Bearer <token>`.")
    token = tokens.find(current_services(), secret.strip())
    if token is None:
        raise _unauthorised("The token is not known, was revoked or has expired.")
    return caller_from(token)


def _unauthorised(message: str) -> Unauthorized:
    return Unauthorized(message, www_authenticate=WWWAuthenticate("bearer", {"realm": "reconciler"}))
