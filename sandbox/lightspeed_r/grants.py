"""OAuth: pairs of tokens. An old refresh token dies when the access token that replaces it is first used.

Source: the vendor's pages on refresh tokens and access tokens, changelog 2026.01.15.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

UNUSED_LIVES: Final = timedelta(days=30)
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


class Grants:
    """One connection of one client to one account."""

    def __init__(self, client_id: str, client_secret: str, account_id: int) -> None:
        """Start without any token."""
        self.client_id = client_id
        self.client_secret = client_secret
        self._account_id = account_id
        self._refresh: dict[str, datetime] = {}
        self._access: dict[str, Grant] = {}
        self._tries: list[datetime] = []
        self.refreshes = 0

    def begin(self, refresh_token: str, now: datetime) -> None:
        """Authorise: the refresh token that the admin pastes into the settings."""
        self._refresh[refresh_token] = now

    def refresh(self, client_id: str, client_secret: str, token: str, now: datetime, lives_s: int) -> Grant:
        """A new pair; the old one stays good until the new one is used. Raises TokenRefused."""
        self._tries = [at for at in self._tries if now - at < timedelta(minutes=1)] + [now]
        if len(self._tries) > TRIES_A_MINUTE:
            raise TokenRefused(429, "too_many_requests", "Too many refreshes")  # the words are ours
        if (client_id, client_secret) != (self.client_id, self.client_secret):
            raise TokenRefused(401, "invalid_client", "Client authentication failed")
        made = self._refresh.get(token)
        if made is None or now - made > UNUSED_LIVES:
            raise TokenRefused(400, "invalid_grant", "Token has been revoked")
        self.refreshes += 1
        grant = Grant(
            access=self._jwt(now), refresh=f"ls-refresh-{secrets.token_hex(20)}", made_at=now,
            expires_at=now + timedelta(seconds=lives_s), replaces=token,
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
