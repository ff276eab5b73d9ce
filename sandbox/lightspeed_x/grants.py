"""Access to an account: personal tokens, and pairs by OAuth. A refresh gives a new pair and revokes the old one at once.

Source: the vendor's pages on authorization, and its changelog of March 2025.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

CODE_LIVES: Final = timedelta(minutes=10)  # a client of the vendor's says so, the vendor does not
LEAST_STATE: Final = 8


class TokenRefused(Exception):
    """What the token endpoint answers instead of a pair: status and error."""

    def __init__(self, status: int, error: str) -> None:
        """Keep what the answer will say."""
        super().__init__(error)
        self.status, self.error = status, error


@dataclass(slots=True)
class Grant:
    """One pair."""

    access: str
    refresh: str
    expires_at: datetime


class Grants:
    """Everyone who may read this account. `used` are the refresh tokens that were exchanged already."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        """Start without any token."""
        self.client_id = client_id
        self.client_secret = client_secret
        self.personal: set[str] = set()
        self.refreshes = 0
        self._codes: dict[str, tuple[str, datetime]] = {}  # the way back that was named, and when
        self._good: set[str] = set()
        self._pair: Grant | None = None

    def begin(self, refresh_token: str) -> None:
        """Authorise: the refresh token that the admin pastes into the settings."""
        self._good.add(refresh_token)

    def approve(self, query: Mapping[str, str], domain_prefix: str, now: datetime) -> str | None:
        """Where the browser of a user who approves at once is sent; None where the vendor shows an error page."""
        back, state = query.get("redirect_uri"), query.get("state", "")
        known = query.get("client_id") == self.client_id and query.get("response_type") == "code"
        if not known or not back or len(state) < LEAST_STATE:
            return None
        code = secrets.token_hex(20)
        self._codes[code] = (back, now)
        told = {"code": code, "domain_prefix": domain_prefix, "state": state, "scope": query.get("scope", "")}
        return f"{back}?{urlencode(told)}"

    def exchange(
        self, client_id: str, client_secret: str, code: str, redirect_uri: str, now: datetime, lives_s: int
    ) -> Grant:
        """The first pair, for a code that is fresh and was not used. Raises TokenRefused."""
        self._must_know(client_id, client_secret)
        back, made_at = self._codes.pop(code, ("", now))
        if not back or back != redirect_uri or now - made_at > CODE_LIVES:
            raise TokenRefused(400, "invalid_grant")
        return self._granted(now, lives_s)

    def refresh(
        self, client_id: str, client_secret: str, token: str, now: datetime, lives_s: int, *, keeps_old: bool
    ) -> Grant:
        """A new pair; the old one is good no more. Raises TokenRefused."""
        self._must_know(client_id, client_secret)
        if token not in self._good:
            raise TokenRefused(400, "invalid_grant")
        if not keeps_old:
            self._good.discard(token)
        self.refreshes += 1
        return self._granted(now, lives_s)

    def _must_know(self, client_id: str, client_secret: str) -> None:
        if (client_id, client_secret) != (self.client_id, self.client_secret):
            raise TokenRefused(401, "invalid_client")

    def _granted(self, now: datetime, lives_s: int) -> Grant:
        self._pair = Grant(
            access=f"lsxs_at_{secrets.token_hex(20)}", refresh=f"lsxs_rt_{secrets.token_hex(20)}",
            expires_at=now + timedelta(seconds=lives_s),
        )  # fmt: skip
        self._good.add(self._pair.refresh)
        return self._pair

    def lets_in(self, access: str, now: datetime) -> bool:
        """Whether a request with this token may pass."""
        if access in self.personal:
            return True
        return self._pair is not None and access == self._pair.access and now < self._pair.expires_at

    def expire_access(self) -> None:
        """Make the access token too old."""
        if self._pair is not None:
            self._pair.expires_at = datetime.min.replace(tzinfo=self._pair.expires_at.tzinfo)

    def revoke_all(self) -> None:
        """End every connection, as deleting the user's sessions does."""
        self.personal.clear()
        self._good.clear()
        self._pair = None
