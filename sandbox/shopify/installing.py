"""The authorization code grant, as a merchant who approves at once goes through it.

https://shopify.dev/docs/apps/build/authentication-authorization/authenticate-standalone-apps and …/offline-access-tokens:
one expiring token an app and shop; a refresh token is good until its follower is used. Which form of the query is
signed, and whether an app gets a token without an end, are switches (`ShopifyFaults`).
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import quote_plus, urlencode

from sandbox.shopify.faults import ShopifyFaults
from sandbox.shopify.oauth import Access, Refusal

LASTS_S = 3_600
REFRESH_LASTS_S = 90 * 86_400


@dataclass(slots=True, kw_only=True)
class Installations:
    """The codes and refresh tokens that are out; `access` knows the tokens that let in."""

    access: Access
    codes: set[str] = field(default_factory=set)
    current: str = ""  # the refresh token in force
    before: str = ""  # the one that it replaced, good until `current` is used
    installed: str = ""  # the expiring token that is in force

    def approve(self, query: Mapping[str, str], shop: str, now: datetime, faults: ShopifyFaults) -> str | None:
        """Where the merchant's browser goes; None when Shopify would show an error page instead."""
        if query.get("client_id") != self.access.client_id or not query.get("redirect_uri"):
            return None
        code = token_hex(16)
        self.codes.add(code)
        told = {
            "code": code, "host": b64encode(f"admin.shopify.com/store/{shop.partition('.')[0]}".encode()).decode(),
            "shop": shop, "state": query.get("state", ""), "timestamp": str(int(now.timestamp())),
        }  # fmt: skip
        told["hmac"] = self.sign(told, faults)
        return f"{query['redirect_uri']}?{urlencode(told)}"

    def sign(self, query: Mapping[str, str], faults: ShopifyFaults) -> str:
        quoted = quote_plus if faults.hmac_over == "encoded" else str
        message = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted(query.items()))
        return hmac.new(self.access.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()

    def grant(self, form: Mapping[str, str], now: datetime, faults: ShopifyFaults) -> Refusal:
        """Status and body of the answer to a code, or to a refresh token."""
        if not self.access.knows(form):
            return 400, {"error": "invalid_client", "error_description": "Client authentication failed"}
        if "code" in form:
            return self._for_code(form, now, faults)
        presented = form.get("refresh_token", "")
        if not presented or presented not in (self.current, self.before):
            return 400, {"error": "invalid_grant", "error_description": "The refresh token is not valid"}
        if presented == self.current:
            self.before = presented
        return self._pair(now, faults)

    def uninstall(self) -> None:
        """The merchant takes the app away: nothing that was given is good any more."""
        self.access.tokens.pop(self.installed, None)
        self.current = self.before = self.installed = ""

    def _for_code(self, form: Mapping[str, str], now: datetime, faults: ShopifyFaults) -> Refusal:
        if form["code"] not in self.codes:
            return 400, {"error": "invalid_request", "error_description": "The code was used or is not known"}
        self.codes.remove(form["code"])
        self.before = ""
        if form.get("expiring") == "1" and faults.offline == "expiring":
            return self._pair(now, faults)
        self.installed = f"shpca_{token_hex(16)}"
        self.access.tokens[self.installed] = None
        return 200, {"access_token": self.installed, "scope": ",".join(faults.scopes)}

    def _pair(self, now: datetime, faults: ShopifyFaults) -> Refusal:
        self.access.tokens.pop(self.installed, None)  # only one is in force
        self.installed, self.current = f"shpca_{token_hex(16)}", f"shprt_{token_hex(16)}"
        self.access.tokens[self.installed] = now + timedelta(seconds=LASTS_S)
        return 200, {
            "access_token": self.installed, "expires_in": LASTS_S, "scope": ",".join(faults.scopes),
            "refresh_token": self.current, "refresh_token_expires_in": REFRESH_LASTS_S,
        }  # fmt: skip
