"""The authorization code grant: a merchant installs the app by a link, and the token of it expires and is renewed.

Shopify's pages *Authenticate a standalone app* and *Offline access tokens*: an expiring token lives an hour, its refresh
token ninety days and is another one after each use; the one before stays good until its follower is used. Apps that were
made for one merchant may get a token without an end instead: both forms are taken.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

from reconcile.clock import Clock
from reconcile.errors import Rejected, Unauthorised, Untrustworthy
from reconcile.http import Http

AUTHORISE_PATH = "/admin/oauth/authorize"
TOKEN_PATH = "/admin/oauth/access_token"
TOKENS = "shopify.tokens"  # where they are kept
EARLY = timedelta(minutes=2)
SCOPES = (
    "read_orders", "read_all_orders", "write_orders", "read_products", "read_locations",
    "read_assigned_fulfillment_orders", "read_merchant_managed_fulfillment_orders",
)  # fmt: skip

Pairs = Iterable[tuple[str, str]]


class TokenStore(Protocol):
    """Where tokens outlive the process, sealed."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An app that a merchant installs by a link; its tokens are in the store once that has happened."""

    client_id: str
    client_secret: str = field(repr=False)
    store: TokenStore = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A token and the way to the next one; `expires_at` is empty for one that has no end."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: str = ""
    refresh_expires_at: str = ""

    def is_over(self, now: datetime) -> bool:
        return bool(self.expires_at) and now >= datetime.fromisoformat(self.expires_at) - EARLY


def authorise_url(base_url: str, client_id: str, redirect_uri: str, state: str, scopes: Iterable[str] = SCOPES) -> str:
    """Where the merchant is sent to approve."""
    asked = {"client_id": client_id, "scope": ",".join(scopes), "redirect_uri": redirect_uri, "state": state}
    return f"{base_url.rstrip('/')}{AUTHORISE_PATH}?{urlencode(asked)}"


def is_genuine(query: Pairs, client_secret: str) -> bool:
    """Whether Shopify made this query: its `hmac` is over the other parameters, sorted.

    The page shows them as they are, the official libraries encode them: a difference only where one holds `=` or `&`.
    """
    given = dict(query)
    claimed = given.pop("hmac", "").encode("utf-8", "surrogateescape")
    parts = sorted(given.items())
    fits = False
    for quoted in (quote_plus, str):
        message = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in parts)
        made = hmac.new(client_secret.encode(), message.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
        fits |= hmac.compare_digest(made.encode(), claimed)
    return fits


class InstalledTokens:
    """The tokens of one installation. Whoever renewed last, in whatever process, is believed: the store is read again."""

    def __init__(self, http: Http, app: Installed, *, shop: str, clock: Clock) -> None:
        self._http = http
        self._app = app
        self._shop = shop
        self._clock = clock
        self._pair: Pair | None = None
        self._refused = ""

    def install(self, code: str) -> frozenset[str]:
        """Change the code that the merchant came back with for tokens, and keep them; answers the scopes granted."""
        answer = self._asked({"code": code, "expiring": "1"})
        self._kept(answer)
        return frozenset(str(answer.get("scope", "")).split(","))

    def current(self) -> str:
        """A token that is good as far as we know; raises `Unauthorised` with what to do when there is no way to one."""
        if self._pair is None or self._is_over(self._pair):
            self._pair = self._stored()
        if self._is_over(self._pair):
            self._pair = self._renewed(self._pair)
        return self._pair.access

    def forget(self) -> bool:
        """Drop a token that was refused; answers whether there may be a better one."""
        before, self._pair = self._pair, None
        self._refused = before.access if before else ""
        return before is not None

    def refused(self) -> Unauthorised:
        """The error for a token that Shopify does not take, with what to do."""
        return self._install_again("Shopify refuses its token, the app may have been uninstalled")

    def _is_over(self, pair: Pair) -> bool:
        return pair.access == self._refused or pair.is_over(self._clock.now())

    def _stored(self) -> Pair:
        stored = self._app.store.get(TOKENS)
        if not stored:
            raise self._install_again("the app is not installed yet")
        return Pair(**json.loads(stored))

    def _renewed(self, before: Pair) -> Pair:
        if not before.refresh:
            raise self._install_again("the token is refused and cannot be renewed")
        return self._kept(self._asked({"grant_type": "refresh_token", "refresh_token": before.refresh}))

    def _kept(self, answer: dict[str, Any]) -> Pair:
        """Kept before its first use, which ends the refresh token before it."""
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise Untrustworthy(f"Shopify's answer to the token request for {self._shop} holds no token.")
        pair = Pair(
            access=access, refresh=refresh if isinstance(refresh, str) else "",
            expires_at=self._moment(answer.get("expires_in")),
            refresh_expires_at=self._moment(answer.get("refresh_token_expires_in")),
        )  # fmt: skip
        self._app.store.put(TOKENS, json.dumps(asdict(pair)))
        return pair

    def _moment(self, lasts: object) -> str:
        try:
            return (self._clock.now() + timedelta(seconds=float(str(lasts)))).isoformat()
        except ValueError:
            return ""

    def _asked(self, wanted: dict[str, str]) -> dict[str, Any]:
        form = {"client_id": self._app.client_id, "client_secret": self._app.client_secret, **wanted}
        try:
            answer = self._http.post(TOKEN_PATH, json=form)
        except (Rejected, Unauthorised) as error:
            raise self._install_again(f"it was refused ({error})") from None
        return answer if isinstance(answer, dict) else {}

    def _install_again(self, why: str) -> Unauthorised:
        return Unauthorised(
            f"There is no token for {self._shop}: {why}. Make a link with `stores invite` and let the merchant install the"
            " app by it."
        )
