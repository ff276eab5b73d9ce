"""The tokens of both Lightspeeds: each refresh gives a new pair, which is kept before its first use.

At R-Series the old refresh token dies when the new access token is first used: when the answer to a refresh is lost, it
is still good. At X-Series it is revoked at once; it is asked again all the same, since the question may have been lost.
Source: facts/lightspeed-api.md, A2 and B2.
"""

import hashlib
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reconcile.clock import Clock
from reconcile.errors import Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.pos.base import Store

EARLY = timedelta(seconds=60)  # a token that dies during a request would cost a refusal
TRIES = 2  # a refresh whose answer is lost is asked again with the same token; five a minute are allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The app that is registered with the vendor, and the refresh token that an admin was given for this shop."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a vendor gives tokens, how it is asked, and under which key its pairs are kept."""

    name: str
    path: str
    key: str
    form: bool = False  # form-urlencoded, not JSON


R_SERIES = Endpoint(name="Lightspeed R", path="/auth/oauth/token", key="lightspeed_r.tokens")
X_SERIES = Endpoint(name="Lightspeed X", path="/api/1.0/token", key="lightspeed_x.tokens", form=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two tokens; `began` tells which refresh token of the settings the chain of pairs began with."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: str
    began: str


class Tokens:
    """One connection's tokens. Whoever refreshed last, in whatever worker, is believed: the store is read again."""

    def __init__(
        self, http: Http, client: Client, *, store: Store, clock: Clock, endpoint: Endpoint = R_SERIES
    ) -> None:
        self._http = http
        self._endpoint = endpoint
        self._client = client
        self._store = store
        self._clock = clock
        self._pair: Pair | None = None
        self._lock = threading.Lock()  # the threads of a process share one pair

    def access(self) -> str:
        """A token that is good as far as we know. Raises Unauthorised when there is no way to one."""
        with self._lock:
            if self._pair is None or self._expired(self._pair):
                self._pair = self._kept()
            if self._pair is None or self._expired(self._pair):
                self._pair = self._refreshed(self._pair)
            return self._pair.access

    def renew(self, refused: str) -> str:
        """Another token than the one that was refused: the one that another worker got, or a fresh one."""
        with self._lock:
            kept = self._kept()
            self._pair = kept if kept is not None and kept.access != refused else self._refreshed(kept)
            return self._pair.access

    def _expired(self, pair: Pair) -> bool:
        return self._clock.now() >= datetime.fromisoformat(pair.expires_at) - EARLY

    def _kept(self) -> Pair | None:
        """The newest pair, unless the settings name another refresh token since: the shop was authorised anew."""
        stored = self._store.get(self._endpoint.key)
        pair = Pair(**json.loads(stored)) if stored else None
        return pair if pair is not None and pair.began == self._origin() else None

    def _origin(self) -> str:
        return hashlib.sha256(self._client.refresh_token.encode()).hexdigest()

    def _refreshed(self, before: Pair | None) -> Pair:
        spent = before.refresh if before else self._client.refresh_token
        try:
            answer = self._asked(spent)
        except Unauthorised:
            kept = self._kept()
            if kept is None or kept.refresh == spent:
                raise
            return kept  # another worker has spent it meanwhile: what it got is good
        access, refresh, lives = (answer.get(key) for key in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(access, str) or not isinstance(refresh, str) or not str(lives).isdecimal():
            raise Untrustworthy(f"{self._endpoint.name}: the token endpoint gave no pair of tokens.")
        expires_at = self._clock.now() + timedelta(seconds=int(str(lives)))
        pair = Pair(access=access, refresh=refresh, expires_at=expires_at.isoformat(), began=self._origin())
        self._store.put(self._endpoint.key, json.dumps(asdict(pair)))  # before its first use, which kills the old one
        return pair

    def _asked(self, refresh_token: str) -> dict[str, Any]:
        body = {
            "client_id": self._client.client_id, "client_secret": self._client.client_secret,
            "grant_type": "refresh_token", "refresh_token": refresh_token,
        }  # fmt: skip
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._posted(body)
            except Throttled:
                raise
            except Retryable:
                if attempt == TRIES:
                    raise
            except Rejected as error:
                raise Unauthorised(
                    f"{self._endpoint.name} gives no token ({error.code}): authorise the connection again and set its new"
                    " refresh_token.", error.status,
                ) from None  # fmt: skip
            else:
                if not isinstance(answer, dict):
                    raise Untrustworthy(f"{self._endpoint.name}: the token endpoint gave no pair of tokens.")
                return answer
        raise AssertionError  # the last attempt has raised or returned

    def _posted(self, body: dict[str, str]) -> Any:
        if self._endpoint.form:
            return self._http.post(self._endpoint.path, form=body)
        return self._http.post(self._endpoint.path, json=body)
