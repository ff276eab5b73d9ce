"""OAuth: pairs of tokens. An old refresh token dies when the access token that replaces it is first used.

Source: the vendor's pages on the authorization code, refresh tokens and access tokens, changelog 2026.01.15.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

UNUSED_LIVES: Final = timedelta(days=30)
CODE_LIVES: Final = timedelta(seconds=60)
TRIES_A_MINUTE: Final = 5


class TokenRefused(Exception):
    """What the token endpoint answers instead of a pair: status, error and hint."""

    def __init__(self, status: int, error: str, hint: str) -> None:
        """Keep what the answer will say."""
        super().__init__(error)
        self.status, self.error, self.hint = status, error, hint


@dataclass(slots=True)
class Grant:
    """One pair; `replaces` is the refresh token it was made with, until its access token is used."""

    access: str
    refresh: str
    made_at: datetime
    expires_at: datetime
    replaces: str | None


@dataclass(slots=True)
class Code:
    """What an approval gives; `challenge` is that of RFC 7636, empty when there was none."""

    made_at: datetime
    challenge: str


class Grants:
    """One connection of one client to one account; `redirect_uri` is the way back that the client was registered with."""

    def __init__(self, client_id: str, client_secret: str, account_id: int) -> None:
        """Start without any token."""
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uri = "https://reconciler.example/connect/approved"
        self._account_id = account_id
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, datetime] = {}
        self._access: dict[str, Grant] = {}
        self._tries: list[datetime] = []
        self.refreshes = 0

    def begin(self, refresh_token: str, now: datetime) -> None:
        """Authorise: the refresh token that the admin pastes into the settings."""
        self._refresh[refresh_token] = now

    def approve(self, query: Mapping[str, str], now: datetime) -> str | None:
        """Where the browser of an employee who approves at once is sent; None where the vendor shows an error page."""
        known = query.get("client_id") == self.client_id and query.get("response_type") == "code"
        if not known or not query.get("scope") or query.get("code_challenge_method", "S256") != "S256":
            return None
        code = secrets.token_hex(20)
        self._codes[code] = Code(made_at=now, challenge=query.get("code_challenge", ""))
        return f"{self.redirect_uri}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def exchange(
        self, client_id: str, client_secret: str, code: str, verifier: str, now: datetime, lives_s: int
    ) -> Grant:
        """The first pair, for a code that is a minute old at most and was not used. Raises TokenRefused."""
        self._must_know(client_id, client_secret)
        given = self._codes.pop(code, None)
        if given is None or now - given.made_at > CODE_LIVES:
            raise TokenRefused(400, "invalid_grant", "Authorization code has expired")
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if given.challenge and made != given.challenge:
            raise TokenRefused(400, "invalid_grant", "Failed to verify `code_verifier`.")
        return self._granted(now, lives_s, replaces=None)

    def refresh(self, client_id: str, client_secret: str, token: str, now: datetime, lives_s: int) -> Grant:
        """A new pair; the old one stays good until the new one is used. Raises TokenRefused."""
        self._tries = [at for at in self._tries if now - at < timedelta(minutes=1)] + [now]
        if len(self._tries) > TRIES_A_MINUTE:
            raise TokenRefused(429, "too_many_requests", "Too many refreshes")  # the words are ours
        self._must_know(client_id, client_secret)
        made = self._refresh.get(token)
        if made is None or now - made > UNUSED_LIVES:
            raise TokenRefused(400, "invalid_grant", "Token has been revoked")
        self.refreshes += 1
        return self._granted(now, lives_s, replaces=token)

    def _must_know(self, client_id: str, client_secret: str) -> None:
        if (client_id, client_secret) != (self.client_id, self.client_secret):
            raise TokenRefused(401, "invalid_client", "Client authentication failed")

    def _granted(self, now: datetime, lives_s: int, *, replaces: str | None) -> Grant:
        grant = Grant(
            access=self._jwt(now), refresh=f"ls-refresh-{secrets.token_hex(20)}", made_at=now,
            expires_at=now + timedelta(seconds=lives_s), replaces=replaces,
        )  # fmt: skip
        self._access[grant.access] = grant
        self._refresh[grant.refresh] = now
        return grant

    def use(self, access: str, now: datetime, *, siblings_stay: bool) -> str | None:
        """Let a request in; answers the hint of the refusal when the token is none of ours, or too old."""
        grant = self._access.get(access)
        if grant is None:
            return "Access token has been revoked"
        if now >= grant.expires_at:
            return "Access token could not be verified"
        if grant.replaces is not None:
            self._refresh.pop(grant.replaces, None)
            if not siblings_stay:
                self._drop_siblings(grant)
            grant.replaces = None
        return None

    def revoke_all(self) -> None:
        """End the connection, as `/auth/oauth/revoke` does."""
        self._access.clear()
        self._refresh.clear()

    def expire_access(self) -> None:
        """Make every access token too old."""
        for grant in self._access.values():
            grant.expires_at = grant.made_at

    def _drop_siblings(self, used: Grant) -> None:
        for other in [g for g in self._access.values() if g is not used and g.replaces == used.replaces]:
            del self._access[other.access]
            self._refresh.pop(other.refresh, None)

    def _jwt(self, now: datetime) -> str:
        claims = {"jti": secrets.token_hex(8), "aud": self.client_id, "acct": self._account_id, "iat": now.timestamp()}
        parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
        head, body = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        return f"{head}.{body}.{secrets.token_urlsafe(24)}"
