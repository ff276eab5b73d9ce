"""The tokens of both Lightspeeds: each refresh gives a new pair, which is kept before its first use.

The first pair comes of a refresh token in the settings, or of the approval of somebody who was sent a link.
At R-Series the old refresh token dies when the new access token is first used: when the answer to a refresh is lost, it
is still good. At X-Series it is revoked at once; it is asked again all the same, since the question may have been lost.
Source: facts/lightspeed-api.md, A2 and B2.
"""

import hashlib
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from reconcile.clock import Clock
from reconcile.errors import ReconcilerError, Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.pos.base import Approval, Store

EARLY = timedelta(seconds=60)  # a token that dies during a request would cost a refusal
TRIES = 2  # a refresh whose answer is lost is asked again with the same token; five a minute are allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The app that is registered with the vendor, and the refresh token that an admin was given for this shop.

    Where somebody of the shop approves by a link there is none; `approve_at` is the host that asks them.
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    approve_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a vendor asks for approval and gives tokens, how it is asked, and under which key its pairs are kept."""

    name: str
    approve_path: str
    scopes: tuple[str, ...]
    path: str
    key: str
    form: bool = False  # form-urlencoded, not JSON
    registered: bool = False  # the way back is the one that was registered, and is not named; the code takes a proof


R_SERIES = Endpoint(
    name="Lightspeed R", approve_path="/auth/oauth/authorize", path="/auth/oauth/token", key="lightspeed_r.tokens",
    registered=True,
    scopes=(
        "employee:register_read", "employee:register", "employee:admin_employees", "employee:inventory_read",
        "employee:admin_shops",
    ),
)  # fmt: skip
X_SERIES = Endpoint(
    name="Lightspeed X", approve_path="/connect", path="/api/1.0/token", key="lightspeed_x.tokens", form=True,
    scopes=("sales:read", "users:read", "outlets:read", "registers:read", "products:read", "payment_types:read"),
)  # fmt: skip


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

    def are_there(self) -> bool:
        """Whether a pair is kept; it may have been refused since."""
        return self._kept() is not None

    def approval_url(self, asked: Approval) -> str:
        """Where somebody of the shop is sent to approve."""
        query = {
            "response_type": "code", "client_id": self._client.client_id, "state": asked.state,
            "scope": " ".join(self._endpoint.scopes),
        }  # fmt: skip
        if self._endpoint.registered:
            query |= {"code_challenge": _challenge(asked.verifier), "code_challenge_method": "S256"}
        else:
            query["redirect_uri"] = asked.redirect_uri
        return f"{self._client.approve_at.rstrip('/')}{self._endpoint.approve_path}?{urlencode(query)}"

    @contextmanager
    def approved(self, asked: Approval, code: str) -> Iterator[None]:
        """The first pair of an approval is in force, and stays so unless the block fails: then the one before it is again.

        Raises Unauthorised for a code that is not taken.
        """
        before = self._store.get(self._endpoint.key)
        proof = {"code_verifier": asked.verifier} if self._endpoint.registered else {"redirect_uri": asked.redirect_uri}
        with self._lock:
            self._pair = self._pair_of(self._asked({"grant_type": "authorization_code", "code": code, **proof}))
        try:
            yield
        except ReconcilerError:
            with self._lock:
                self._store.put(self._endpoint.key, before or "")
                self._pair = None
            raise

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
        if not spent:
            raise Unauthorised(f"{self._endpoint.name}: nobody of the shop has approved yet: {self._mend()}")
        try:
            return self._pair_of(self._asked({"grant_type": "refresh_token", "refresh_token": spent}))
        except Unauthorised:
            kept = self._kept()
            if kept is None or kept.refresh == spent:
                raise
            return kept  # another worker has spent it meanwhile: what it got is good

    def _pair_of(self, answer: dict[str, Any]) -> Pair:
        access, refresh, lives = (answer.get(key) for key in ("access_token", "refresh_token", "expires_in"))
        if not isinstance(access, str) or not isinstance(refresh, str) or not str(lives).isdecimal():
            raise Untrustworthy(f"{self._endpoint.name}: the token endpoint gave no pair of tokens.")
        expires_at = self._clock.now() + timedelta(seconds=int(str(lives)))
        pair = Pair(access=access, refresh=refresh, expires_at=expires_at.isoformat(), began=self._origin())
        self._store.put(self._endpoint.key, json.dumps(asdict(pair)))  # before its first use, which kills the old one
        return pair

    def _asked(self, wanted: dict[str, str]) -> dict[str, Any]:
        body = {"client_id": self._client.client_id, "client_secret": self._client.client_secret, **wanted}
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._posted(body)
            except Throttled:
                raise
            except Retryable:
                if attempt == TRIES:
                    raise
            except Rejected as error:
                text = f"{self._endpoint.name} gives no token ({error.code}): {self._mend()}"
                raise Unauthorised(text, error.status) from None
            else:
                if not isinstance(answer, dict):
                    raise Untrustworthy(f"{self._endpoint.name}: the token endpoint gave no pair of tokens.")
                return answer
        raise AssertionError  # the last attempt has raised or returned

    def _mend(self) -> str:
        if self._client.refresh_token:
            return "authorise the connection again and set its new refresh_token."
        return "make a link with `stores invite` and let somebody of the shop approve by it."

    def _posted(self, body: dict[str, str]) -> Any:
        if self._endpoint.form:
            return self._http.post(self._endpoint.path, form=body)
        return self._http.post(self._endpoint.path, json=body)


def _challenge(verifier: str) -> str:
    """RFC 7636, S256: what is shown of the verifier before the code comes back."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
