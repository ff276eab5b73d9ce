"""One session for one remote: time-outs, spacing, size cap, redaction, and what each status means for the caller."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Never
from urllib.parse import urlencode, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from reconcile import clock
from reconcile.errors import OutcomeUnknown, Rejected, Retryable, Throttled, Unauthorised, Untrustworthy
from reconcile.http_answer import code_of, detail_of, media_type, retry_after
from reconcile.http_deadline import DeadlineAdapter

CONNECT_TIMEOUT_S = 3.0
DEADLINE_S = 20.0
LARGEST_BODY = 32 * 1024 * 1024
READ_SIZE = 64 * 1024
TRIES_OF_A_GET = 2  # a kept-alive connection may be closed just as it is used again
SHORT_WAITS = 2  # how often a GET waits by itself when it is asked to slow down
LONGEST_SHORT_WAIT = timedelta(seconds=5)
UNTOLD_WAIT = timedelta(seconds=1)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

Params = Mapping[str, str | int] | list[tuple[str, str]]
Headers = Mapping[str, str]
NONE: Headers = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a remote answered with a status below 300; `body` is parsed JSON, None when there is none."""

    status: int
    headers: Headers
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What passed: a request without its headers, and the answer to it as it came, whatever its status."""

    path: str
    params: Params | None
    status: int
    headers: Headers
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    path: str
    params: Params | None = None
    content: bytes | None = field(default=None, repr=False)
    headers: Headers = field(default_factory=dict, repr=False)
    write: bool = False
    wants_json: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    status: int
    headers: Headers
    content: bytes = field(repr=False)


class Http:
    """One remote, one request at a time. All times are seconds; `spacing` is the least time between two requests.

    Raises `Unauthorised`, `Throttled`, `Retryable`, `Untrustworthy`, `Rejected` and, for writes only, `OutcomeUnknown`.
    No token, e-mail address, query or body is ever in their texts. `calls` counts the requests sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Headers = NONE,
        sleep: clock.Sleep = clock.sleep,
        on_call: Callable[[], object] | None = None,
        spacing: float = 0.0,
        connect_timeout: float = CONNECT_TIMEOUT_S,
        deadline: float = DEADLINE_S,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.calls = 0
        self.slowed = 0  # how often we were asked to slow down
        self.heard: Headers = NONE  # of the latest answer
        self.on_answer: Callable[[Exchange], object] | None = None  # for whoever records what passes
        self._secrets = tuple(headers.values())
        self._sleep = sleep
        self._on_call = on_call
        self._spacing = spacing
        self._connect_timeout = connect_timeout
        self._deadline = deadline
        self._largest_body = largest_body
        self._next_at = 0.0
        self._lock = threading.Lock()
        self._session = _session(headers)

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Headers = NONE,
        wants_json: bool = True,
        deadline: float | None = None,
    ) -> Any:
        """The parsed JSON; a connection that breaks is tried once more within the same deadline.

        Asked to slow down for a few seconds it waits and asks again, twice; a longer wait is the caller's (`Throttled`).
        `wants_json=False`: any body of a success will do, and is dropped.
        """
        return self.ask(path, params, headers=headers, wants_json=wants_json, deadline=deadline).body

    def ask(
        self,
        path: str,
        params: Params | None = None,
        *,
        headers: Headers = NONE,
        wants_json: bool = True,
        deadline: float | None = None,
    ) -> Answer:
        """The same with the answer's headers, for a remote that says there how fast it may be asked."""
        request = _Request(method="GET", path=path, params=params, headers=headers, wants_json=wants_json)
        for _ in range(SHORT_WAITS):
            try:
                return self._exchange(request, deadline)
            except Throttled as error:
                wait = UNTOLD_WAIT if error.after is None else error.after
                if wait > LONGEST_SHORT_WAIT:
                    raise
                self._sleep(wait.total_seconds())
        return self._exchange(request, deadline)

    def post(
        self,
        path: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Headers = NONE,
        write: bool = False,
        wants_json: bool = True,
        deadline: float | None = None,
    ) -> Any:
        """The parsed JSON, None where there is none (201, 204); sent once, whatever happens. The body is JSON or a form.

        `write`: it changes something over there, so that an answer lost or garbled after sending is `OutcomeUnknown`.
        `wants_json=False`: any body of a success will do, and is dropped.
        """
        request = _Request(
            method="POST", path=path, content=_encoded(json) if form is None else urlencode(form).encode(),
            write=write, wants_json=wants_json, headers={"Content-Type": JSON if form is None else FORM, **headers},
        )  # fmt: skip
        return self._exchange(request, deadline).body

    def _exchange(self, request: _Request, deadline: float | None) -> Answer:
        with self._lock:
            raw = self._sent(request, self._deadline if deadline is None else deadline)
        self.heard = raw.headers
        if self.on_answer is not None:
            self.on_answer(
                Exchange(
                    path=request.path, params=request.params, status=raw.status, headers=raw.headers, content=raw.content
                )
            )  # fmt: skip
        if raw.status >= 300:
            self._refuse(request, raw)
        return Answer(status=raw.status, headers=raw.headers, body=self._parsed(request, raw))

    def _sent(self, request: _Request, deadline: float) -> _Raw:
        self._keep_distance()
        ends_at = time.monotonic() + deadline
        for _ in range(TRIES_OF_A_GET if request.method == "GET" else 1):
            try:
                return self._once(request, ends_at)
            except requests.RequestException as error:
                if request.write and not _never_sent(error):
                    raise self._no_answer(request, "the connection broke, or no answer came in time") from None
                if time.monotonic() >= ends_at:
                    break
        raise Retryable(f"{self._place(request)} could not be reached, or did not answer in time.")

    def _keep_distance(self) -> None:
        wait = self._next_at - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next_at = time.monotonic() + self._spacing

    def _once(self, request: _Request, ends_at: float) -> _Raw:
        left = max(ends_at - time.monotonic(), 0.001)
        self.calls += 1
        if self._on_call is not None:
            self._on_call()
        url = f"{self.base_url}/{request.path.lstrip('/')}" if request.path else self.base_url
        with self._session.request(
            request.method, url, params=request.params, data=request.content, headers=dict(request.headers),
            timeout=(min(self._connect_timeout, left), left), allow_redirects=False, stream=True,
        ) as response:  # fmt: skip
            content = self._read(request, response)
            return _Raw(status=response.status_code, headers=response.headers, content=content)

    def _read(self, request: _Request, response: requests.Response) -> bytes:
        content = bytearray()
        for piece in response.iter_content(READ_SIZE):
            content += piece
            if len(content) > self._largest_body:
                raise self._no_answer(request, f"the answer is larger than {self._largest_body:,} bytes")
        return bytes(content)

    def _parsed(self, request: _Request, raw: _Raw) -> Any:
        if not request.wants_json or (not raw.content and raw.status in (201, 204)):
            return None
        try:
            return json.loads(raw.content, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError):
            text = f"status {raw.status}, but the body is not whole JSON ({media_type(raw.headers)})"
            raise self._no_answer(request, text) from None

    def _refuse(self, request: _Request, raw: _Raw) -> Never:
        status, code, place = raw.status, code_of(raw.content), self._place(request)
        said = f"{status} {code}".strip()
        if status in (401, 403):
            raise Unauthorised(f"{place} refuses the credentials, or they may not do this ({said}).", status)
        if status == 429 or (status == 503 and not request.write):
            self.slowed += 1
            raise Throttled(f"{place} asks to slow down ({said}).", retry_after(raw.headers))
        if status < 400:
            raise self._no_answer(request, f"it points to another address ({said}); check the base_url")
        if status >= 500 or status in (408, 425):
            raise self._no_answer(request, f"it failed ({said})", Retryable)
        raise Rejected(code or f"http_{status}", detail_of(raw.content, self._secrets), status)

    def _no_answer(
        self, request: _Request, why: str, read: type[Retryable] = Untrustworthy
    ) -> OutcomeUnknown | Retryable:
        """What an unusable answer means: after a write nobody knows what was done."""
        text = f"{self._place(request)}: {why}."
        return OutcomeUnknown(text) if request.write else read(text)

    def _place(self, request: _Request) -> str:
        return f"{request.method} {urlsplit(self.base_url).hostname}/{request.path.lstrip('/')}"


def _session(headers: Headers) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc: what is configured is what is called
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"Accept": "application/json", "User-Agent": "order-reconciler", **headers})
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(max_retries=0, pool_maxsize=1))
    return session


def _encoded(body: object) -> bytes | None:
    return None if body is None else json.dumps(body).encode()


def _never_sent(error: requests.RequestException) -> bool:
    """Whether the connection was never made, so that the remote can not have seen the request."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _no_number(constant: str) -> Never:
    raise ValueError(constant)
