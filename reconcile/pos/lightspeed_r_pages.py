"""Lightspeed R's collections read whole: every page by the cursor that was given, paced by the bucket's own headers.

A part of an answer is never returned: what does not add up is `Untrustworthy`.
Source: facts/lightspeed-api.md, A3, A4 and A10.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconcile.clock import Sleep
from reconcile.errors import Rejected, Throttled, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.pos.fields import Row, word
from reconcile.pos.lightspeed_oauth import Tokens
from reconcile.pos.lightspeed_r_wire import id_of, many

Params = list[tuple[str, str]]

MOST_PAGES = 100_000
LONGEST_WAIT_S = 30.0  # a bucket that needs longer is the loop's affair: it pauses the shop
DEAREST = 4.0  # drips of the dearest read that we make
UNAUTHORISED = 401
SECOND = 1.0
NOT_FOUND = 404
API = "/API"
SESSION, OTHER_SESSION = f"{API}/V3/Session.json", f"{API}/Session.json"


@dataclass(slots=True)
class Pace:
    """What the latest answer said about the limits."""

    level: float = 0.0
    size: float = 0.0  # 0: not said yet
    drip: float = 1.0
    burst: int = 0
    burst_limit: int = 0
    heard_at: float = 0.0
    spent: float = 0.0  # drips that our requests cost, as the vendor counted

    def wait(self, now: float) -> float:
        """Seconds until a request surely fits."""
        passed = now - self.heard_at
        over = self.level - passed * self.drip + DEAREST - self.size if self.size else 0.0
        full = bool(self.burst_limit) and self.burst >= self.burst_limit
        burst = SECOND if full and passed < SECOND else 0.0  # where its seconds begin is not said
        return max(0.0, over / self.drip if self.drip else 0.0, burst)

    def hear(self, headers: Mapping[str, str], now: float) -> None:
        self.heard_at = now
        self.level, self.size = _of(headers.get("X-LS-Api-Bucket-Level"), (self.level, self.size))
        burst, limit = _of(headers.get("X-LS-Api-Burst-Level"), (0.0, 0.0))
        self.burst, self.burst_limit = int(burst), int(limit)
        self.drip = _number(headers.get("X-LS-Api-Drip-Rate"), self.drip) or self.drip
        self.spent += _number(headers.get("X-LS-Api-Request-Cost"), 0.0)


class Pages:
    """Reads the account's collections over one connection; `account` is asked for once."""

    def __init__(
        self, http: Http, tokens: Tokens, *, sleep: Sleep, account: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.pace = Pace()
        self._http = http
        self._tokens = tokens
        self._sleep = sleep
        self._monotonic = monotonic
        self._account = account
        self._session_path = SESSION

    def every(self, name: str, params: Params, *, key: str) -> list[Row]:
        """Every row of a collection, each once."""
        found: dict[str, Row] = {}
        for rows in self.walk(name, params):
            found |= {id_of(row, key): row for row in rows}
        return list(found.values())

    def walk(self, name: str, params: Params) -> Iterator[list[Row]]:
        """Pages as they follow each other; `next` is followed as it was given, on our own connection."""
        path, asked = f"{API}/V3/Account/{self.account()}/{name}.json", set[str]()
        for _ in range(MOST_PAGES):
            body = self.get(path, params)
            rows = many(body.get(name), name)
            following = _next(body, name)
            if following and not rows:
                raise Untrustworthy(f"Lightspeed R: {name} promises more records and gives none.")
            yield rows
            if not following:
                return
            if following in asked:
                raise Untrustworthy(f"Lightspeed R: {name} leads in a circle.")
            asked.add(following)
            params = _params(following, name)
        raise Untrustworthy(f"Lightspeed R: {name} does not end.")

    def account(self) -> str:
        """The account's id; from the settings, or from the token's own session."""
        if not self._account:
            self._account = word(self.session().get("systemCustomerID"))
        if not self._account.isdecimal():
            raise Untrustworthy("Lightspeed R: the session names no account.")
        return self._account

    def session(self) -> Row:
        """Who the token is; the vendor's page and a client give two paths, one of which answers."""
        try:
            return self.get(self._session_path, [])
        except Rejected as error:
            if error.status != NOT_FOUND or self._session_path == OTHER_SESSION:
                raise
        self._session_path = OTHER_SESSION
        return self.get(self._session_path, [])

    def get(self, path: str, params: Params) -> dict[str, Any]:
        """One answer; a token that is refused is replaced once."""
        self._keep_pace()
        token = self._tokens.access()
        try:
            body = self._asked(path, params, token)
        except Unauthorised as error:
            if error.status != UNAUTHORISED:
                raise
            body = self._asked(path, params, self._tokens.renew(token))
        if not isinstance(body, dict):
            raise Untrustworthy("Lightspeed R answered something that is no object.")
        return body

    def _asked(self, path: str, params: Params, token: str) -> Any:
        answer = self._http.ask(path, params, headers={"Authorization": f"Bearer {token}"})
        self.pace.hear(answer.headers, self._monotonic())
        return answer.body

    def _keep_pace(self) -> None:
        wait = self.pace.wait(self._monotonic())
        if wait > LONGEST_WAIT_S:
            raise Throttled("Lightspeed R: the bucket is full.", timedelta(seconds=wait))
        if wait > 0:
            self._sleep(wait)


def _next(body: Mapping[str, Any], name: str) -> str:
    attributes = body.get("@attributes")
    following = attributes.get("next", "") if isinstance(attributes, dict) else None
    if not isinstance(following, str):
        raise Untrustworthy(f"Lightspeed R: {name} answered something that is no list of records.")
    return following


def _params(following: str, name: str) -> Params:
    """The question of the next page; it is asked at our own address, whatever host the cursor names."""
    parts = urlsplit(following)
    if not parts.path.endswith(f"/{name}.json"):
        raise Untrustworthy(f"Lightspeed R: {name} goes on in another collection.")
    return parse_qsl(parts.query, keep_blank_values=True)


def _of(text: str | None, before: tuple[float, float]) -> tuple[float, float]:
    """`3.4/90` as two numbers; what was known before when it is not said."""
    used, slash, size = (text or "").partition("/")
    return (_number(used, before[0]), _number(size, before[1])) if slash else before


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text) if text else otherwise
    except ValueError:
        return otherwise
