"""Tokens: the client-credentials grant, and the permanent token of an older app.

https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from secrets import token_hex

from sandbox.shopify.faults import ShopifyFaults

LASTS_S = 86399
BAD_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
REFUSALS = {
    "shop_not_permitted": "Client credentials cannot be performed on this shop.",
    "app_not_installed": "The app is not installed on this shop.",
}

Refusal = tuple[int, dict[str, object] | str]


@dataclass(slots=True, kw_only=True)
class Access:
    """Who may call; `tokens` holds until when each one is good, None for always."""

    client_id: str
    client_secret: str
    tokens: dict[str, datetime | None] = field(default_factory=dict)
    lasts_s: int = LASTS_S

    def grant(self, form: dict[str, str], now: datetime, faults: ShopifyFaults) -> Refusal:
        """Status and body of the answer to a token request; a refusal may be a page, as Shopify's are."""
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type", "error_description": "The grant type is not supported"}
        if not self.knows(form):
            return 400, {"error": "invalid_client", "error_description": "Client authentication failed"}
        if faults.grants:
            return 400, f"<!doctype html><title>Oauth error {faults.grants}: {REFUSALS.get(faults.grants, '')}</title>"
        token = f"shpat_{token_hex(16)}"
        self.tokens[token] = now + timedelta(seconds=self.lasts_s)
        return 200, {"access_token": token, "scope": ",".join(faults.scopes), "expires_in": self.lasts_s}

    def knows(self, form: Mapping[str, str]) -> bool:
        known = compare_digest(str(form.get("client_id")), self.client_id)
        return compare_digest(str(form.get("client_secret")), self.client_secret) and known

    def lets_in(self, token: str, now: datetime) -> bool:
        if token not in self.tokens:
            return False
        until = self.tokens[token]
        return until is None or now < until
