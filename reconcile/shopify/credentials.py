"""How the product shows Shopify who it is: a token that stays, or a day's token from the client-credentials grant."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from reconcile.clock import Clock
from reconcile.errors import Rejected, Unauthorised, Untrustworthy
from reconcile.http import Http

TOKEN_PATH = "/admin/oauth/access_token"
EARLY = timedelta(seconds=60)  # Shopify's own example renews a minute before the end

# What Shopify answers → what the operator can do. The last one is known from third parties only.
REFUSALS = {
    "shop_not_permitted": "the app and the shop are not in the same organisation. Make the app in the Dev Dashboard of the "
    "organisation that owns the shop, or put the `access_token` of an app made in the shop's own admin into the settings",
    "invalid_client": "Shopify does not know this client, or the secret is not its own. Compare `client_id` and "
    "`client_secret` with the Dev Dashboard > the app > Settings",
    "app_not_installed": "the app is not installed in the shop. Install it from the Dev Dashboard, then try again",
}


@dataclass(frozen=True, slots=True)
class StaticToken:
    """The permanent token of a custom app that was made in the shop's own admin (none new since 2026-01-01)."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An app of the Dev Dashboard in the shop's own organisation: its tokens last 86,399 s and are not refreshed."""

    client_id: str
    client_secret: str = field(repr=False)


class Access(Protocol):
    """What gives the Admin API's client its token."""

    def current(self) -> str: ...

    def forget(self) -> bool: ...

    def refused(self) -> Unauthorised: ...


class Tokens:
    """The token in force; asks for one when there is none or when its last minute has begun."""

    def __init__(self, http: Http, credentials: StaticToken | ClientCredentials, *, shop: str, clock: Clock) -> None:
        self._http = http
        self._credentials = credentials
        self._shop = shop
        self._clock = clock
        self._token = ""
        self._until: datetime | None = None

    def current(self) -> str:
        """Raises `Unauthorised` with what to do when Shopify gives none."""
        if isinstance(self._credentials, StaticToken):
            return self._credentials.token
        if self._until is None or self._clock.now() >= self._until - EARLY:
            self._renew(self._credentials)
        return self._token

    def forget(self) -> bool:
        """Drop a token that was refused; answers whether there may be a better one."""
        self._until = None
        return isinstance(self._credentials, ClientCredentials)

    def refused(self) -> Unauthorised:
        """The error for a token that Shopify does not take, with what to do."""
        if isinstance(self._credentials, StaticToken):
            return Unauthorised(
                f"Shopify refuses the access token of {self._shop}: it was revoked, or the app was uninstalled. "
                "Put a new one into the settings."
            )
        return Unauthorised(
            f"Shopify refuses even a new token of {self._shop}: check that the app is still installed there."
        )

    def _renew(self, credentials: ClientCredentials) -> None:
        asked_at = self._clock.now()
        answer = self._ask(credentials)
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lasts, (int, Decimal)):
            raise Untrustworthy(f"Shopify's answer to the token request for {self._shop} holds no token.")
        self._token, self._until = token, asked_at + timedelta(seconds=float(lasts))

    def _ask(self, credentials: ClientCredentials) -> dict[str, Any]:
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }
        try:
            answer = self._http.post(TOKEN_PATH, json=form)
        except (Rejected, Unauthorised) as error:
            raise self._explained(str(error)) from None
        return answer if isinstance(answer, dict) else {}

    def _explained(self, refusal: str) -> Unauthorised:
        why = next((why for slug, why in REFUSALS.items() if slug in refusal), None)
        if why is None:
            why = f"it was refused ({refusal}). Check `client_id`, `client_secret` and that the app is installed"
        return Unauthorised(f"Shopify gives no token for {self._shop}: {why}.")
