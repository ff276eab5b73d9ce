"""One shop's GraphQL endpoint: what goes out, and what each kind of bad answer means.

Shopify answers 200 to almost everything, so `errors` decides (https://shopify.dev/docs/api/admin-graphql#errors).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reconcile.clock import Clock, Sleep
from reconcile.errors import (
    OutcomeUnknown,
    ReconcilerError,
    Rejected,
    Retryable,
    Throttled,
    Unauthorised,
    Untrustworthy,
)
from reconcile.http import Http
from reconcile.shopify.credentials import Access
from reconcile.shopify.meter import Meter

TRIES_WHEN_THROTTLED = 5
LONGEST_TEXT = 300

Json = dict[str, Any]
Path = tuple[str | int, ...]


class CostExceeded(Rejected):
    """The query may cost more than the 1,000 points that a single one is allowed: ask for less at once."""


class FieldDenied(Unauthorised):
    """The app may not read a field, and the answer without it is of no use; `path` says where it stands."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class GraphQL:
    """Queries and mutations of one shop."""

    def __init__(self, http: Http, tokens: Access, *, shop: str, api_version: str, clock: Clock, sleep: Sleep) -> None:
        self._http = http
        self._tokens = tokens
        self._shop = shop
        self._path = f"/admin/api/{api_version}/graphql.json"
        self._meter = Meter(clock, sleep)

    def budget_left(self) -> float | None:
        """The share of the query budget that is left by now; None when no answer has said."""
        return self._meter.left()

    def query(self, document: str, variables: Mapping[str, object]) -> Json:
        """The answer's `data`; fields that the app may not see are taken out of it, so that null means null.

        Raises `CostExceeded`, `FieldDenied` and what Http raises; an answer that is not whole is never returned.
        """
        answer = self._send(document, variables, write=False)
        data = answer.get("data")
        for error in _errors(answer):
            if _code(error) != "ACCESS_DENIED" or not _take_out(data, _path(error)):
                raise self._failure(error)
        if not isinstance(data, dict):
            raise Untrustworthy(f"Shopify's answer for {self._shop} holds neither data nor errors.")
        return data

    def denied(self, document: str, variables: Mapping[str, object]) -> tuple[Json, frozenset[str]]:
        """The `data` as it came, and the names of the fields that the app may not see; any other error is raised."""
        answer = self._send(document, variables, write=False)
        refused = set()
        for error in _errors(answer):
            if _code(error) != "ACCESS_DENIED":
                raise self._failure(error)
            refused.add(next((str(step) for step in reversed(_path(error)) if isinstance(step, str)), ""))
        return answer.get("data") or {}, frozenset(refused)

    def mutate(self, document: str, variables: Mapping[str, object], name: str) -> Json:
        """The payload of one mutation, carried out for certain.

        Raises `Rejected` with Shopify's words when it was refused, `Unauthorised` when the app may not, `Throttled` when
        nothing was done for want of budget, `OutcomeUnknown` when the answer does not say.
        """
        answer = self._send(document, variables, write=True)
        for error in _errors(answer):
            raise self._failed_write(name, error)
        payload = (answer.get("data") or {}).get(name)
        if not isinstance(payload, dict):
            raise OutcomeUnknown(f"Shopify's answer to {name} for {self._shop} does not say what was done.")
        for refusal in payload.get("userErrors") or ():
            raise Rejected("user_error", str(refusal.get("message"))[:LONGEST_TEXT])
        return payload

    def _send(self, document: str, variables: Mapping[str, object], *, write: bool) -> Json:
        kind = document.partition("(")[0] + str(variables.get("first", ""))
        waited = 0.0
        for _ in range(TRIES_WHEN_THROTTLED):
            self._meter.wait_for(kind)
            answer = self._post({"query": document, "variables": dict(variables)}, write=write)
            self._meter.note(kind, answer)
            # A throttled mutation was not carried out: the budget is checked before execution.
            if all(_code(error) != "THROTTLED" for error in _errors(answer)):
                return answer
            self._http.slowed += 1
            waited = self._meter.wait_after_throttle(kind)
        message = f"Shopify throttles the queries for {self._shop}, {TRIES_WHEN_THROTTLED} times in a row."
        raise Throttled(message, after=timedelta(seconds=waited))

    def _post(self, body: Json, *, write: bool) -> Json:
        token = self._tokens.current()  # outside the try: why none is given is worth more than that one was refused
        try:
            return self._post_once(body, token, write=write)
        except Unauthorised:
            if not self._tokens.forget():
                raise self._tokens.refused() from None
        token = self._tokens.current()
        try:
            return self._post_once(body, token, write=write)
        except Unauthorised:
            raise self._tokens.refused() from None

    def _post_once(self, body: Json, token: str, *, write: bool) -> Json:
        headers = {"X-Shopify-Access-Token": token}
        answer = self._http.post(self._path, json=body, headers=headers, write=write)
        if isinstance(answer, dict):
            return answer
        raise (OutcomeUnknown if write else Untrustworthy)(f"Shopify's answer for {self._shop} is no JSON object.")

    def _failed_write(self, name: str, error: Json) -> ReconcilerError:
        """A code that says "refused before execution" is a refusal; with any other nobody knows."""
        failure = self._failure(error)
        if isinstance(failure, Retryable):
            return OutcomeUnknown(
                f"Shopify failed in the middle of {name} for {self._shop} ({_code(error) or 'no code'})."
            )
        return failure

    def _failure(self, error: Json) -> ReconcilerError:
        code, text, path = _code(error), str(error.get("message"))[:LONGEST_TEXT], _path(error)
        match code:
            case "ACCESS_DENIED":
                where = ".".join(str(step) for step in path if isinstance(step, str))
                return FieldDenied(
                    f"Shopify lets the app of {self._shop} not do this: {where or 'the query'}: {text}", path
                )
            case "MAX_COST_EXCEEDED":
                return CostExceeded(code, text)
            case "SHOP_INACTIVE":
                return Rejected(code, f"the shop {self._shop} is closed or frozen")
            case "" | "INTERNAL_SERVER_ERROR" | "TIMEOUT":
                return Retryable(f"Shopify could not answer for {self._shop} ({code or 'no code'}): {text}")
        return Rejected(code, text)


def _errors(answer: Json) -> list[Json]:
    """`errors` is a list in GraphQL, and a bare string when the request did not get as far as GraphQL."""
    errors = answer.get("errors") or []
    if isinstance(errors, list):
        return [error if isinstance(error, dict) else {"message": str(error)} for error in errors]
    return [{"message": str(errors)}]


def _code(error: Json) -> str:
    return str((error.get("extensions") or {}).get("code") or "")


def _path(error: Json) -> Path:
    return tuple(error.get("path") or ())


def _take_out(data: object, path: Path) -> bool:
    """Remove the null that stands at, or above, a refused field; False when what is lost is more than a field.

    A refused field that may not be null takes its parent with it, and that one its own, up to the first that may.
    """
    here: Any = data
    for depth, step in enumerate(path):
        try:
            inner = here[step]
        except (KeyError, IndexError, TypeError):
            return isinstance(here, dict) and depth > 1  # taken out already, with another field beside it
        if inner is None:
            if not isinstance(here, dict) or depth < 2:
                return False
            del here[step]
            return True
        here = inner
    return False
