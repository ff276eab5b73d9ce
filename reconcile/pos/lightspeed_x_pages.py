"""Lightspeed X's answers: one request, one page. A version that an account does not serve gives way to API 2.0.

Source: facts/lightspeed-api.md, B1 to B5.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconcile.errors import Rejected, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.pos.fields import Row
from reconcile.pos.lightspeed_x_wire import id_of, objects, one, version_of

Params = list[tuple[str, str]]

VERSION = "2026-07"
OLD_VERSION = "2.0"
PAGE_SIZE = 500  # what a client asks of the lists; the documented most of search is another
MOST_PAGES = 100_000
ROUND = 10
UNAUTHORISED, GONE = 401, (404, 410)


class Access(Protocol):
    """Where the token comes from."""

    def access(self) -> str:
        """A token that is good as far as we know."""
        ...

    def renew(self, refused: str) -> str:
        """Another one than this. Raises Unauthorised when there is none."""
        ...


class PersonalToken:
    """A token that an admin made; there is no other."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access(self) -> str:
        return self._token

    def renew(self, refused: str) -> str:
        raise Unauthorised("Lightspeed X refuses the personal token: make a new one and set it.", UNAUTHORISED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The rows of one page in the order of their versions, and up to which version it reaches."""

    rows: list[Row]
    upto: int
    last: bool  # nothing follows


class Pages:
    """Reads the account over one connection; remembers which collections only API 2.0 serves."""

    def __init__(self, http: Http, access: Access, *, version: str = VERSION) -> None:
        self._http = http
        self._access = access
        self._version = version
        self._old: set[str] = set()
        self._longest: dict[str, int] = {}

    def page(self, name: str, after: int, params: Params | None = None, *, size: int = PAGE_SIZE) -> Page:
        """The records that changed after a version, oldest change first. Raises Untrustworthy when they are others.

        The end is an empty page; or one that is shorter than the same collection was seen to give: how many records a
        page holds at most is not documented, but it is a number of records.
        """
        return self._page(name, after, params, size, lambda count: count < self._longest.get(name, 0))

    def _page(self, name: str, after: int, params: Params | None, size: int, ends: Callable[[int], bool]) -> Page:
        body = self.get(name, [("after", str(after)), ("page_size", str(size)), *(params or [])])
        rows = objects(body.get("data"), name)
        versions = [version_of(row) for row in rows]
        if any(later <= earlier for earlier, later in zip([after, *versions], versions, strict=False)):
            raise Untrustworthy(f"Lightspeed X: {name} gave records that nobody asked for; the filter was ignored.")
        upto = max([after, *versions, *_reach(body)])
        if not rows and upto > after:
            raise Untrustworthy(f"Lightspeed X: {name} promises records and gives none.")
        last = not rows or ends(len(rows))
        if size == PAGE_SIZE:
            self._longest[name] = max(self._longest.get(name, 0), len(rows))
        return Page(rows=rows, upto=upto, last=last)

    def every(self, name: str, params: Params | None = None) -> list[Row]:
        """Every row of a small collection, each once.

        A page shorter than any collection's longest is its end, unless its length is a round number: one collection's
        pages may hold fewer than another's, and that is how such limits are.
        """
        found: dict[str, Row] = {}
        after = 0
        for _ in range(MOST_PAGES):
            page = self._page(name, after, params, PAGE_SIZE, lambda count: self._is_end(name, count))
            found |= {id_of(row): row for row in page.rows}
            after = page.upto
            if page.last:
                return list(found.values())
        raise Untrustworthy(f"Lightspeed X: {name} does not end.")

    def _is_end(self, name: str, count: int) -> bool:
        shorter = count < max(self._longest.values(), default=0)
        return shorter and (count % ROUND != 0 or count < self._longest.get(name, 0))

    def search(self, params: Params, size: int) -> Iterator[list[Row]]:
        """Every page of a search, by offsets. Raises Untrustworthy when its pages moved meanwhile."""
        seen: set[str] = set()
        for number in range(MOST_PAGES):
            place = [("page_size", str(size)), ("offset", str(number * size))]
            rows = objects(self.get("search", [*params, *place]).get("data"), "search")
            ids = {id_of(row) for row in rows}
            if len(ids) < len(rows) or ids & seen:
                raise Untrustworthy("Lightspeed X: search gave a record twice, its pages moved.")
            seen |= ids
            yield rows
            if len(rows) < size:
                return
        raise Untrustworthy("Lightspeed X: search does not end.")

    def single(self, name: str) -> Row:
        """A record that has a path of its own."""
        return one(self.get(name, []).get("data"), name)

    def users(self, user_ids: list[str]) -> list[Row]:
        """Users by their ids, many at once; the two generations want them in different shapes."""
        found = self._versioned(
            "users/bulk",
            lambda path, token, old: self._http.post(
                path, json={"user_ids": user_ids} if old else user_ids, headers=_bearer(token)
            ),
        )
        return objects(found.get("data"), "users/bulk")

    def get(self, name: str, params: Params) -> Mapping[str, Any]:
        """One answer; a token that is refused is replaced once."""
        return self._versioned(
            name, lambda path, token, old: self._http.get(path, params or None, headers=_bearer(token))
        )

    def _versioned(self, name: str, ask: "Ask") -> Mapping[str, Any]:
        old = name in self._old or self._version == OLD_VERSION
        try:
            return self._answered(name, ask, old=old)
        except Rejected as error:
            if old or error.status not in GONE:
                raise
        found = self._answered(name, ask, old=True)
        self._old.add(name)
        return found

    def _answered(self, name: str, ask: "Ask", *, old: bool) -> Mapping[str, Any]:
        path = f"/api/{OLD_VERSION if old else self._version}/{name}"
        token = self._access.access()
        try:
            body = ask(path, token, old)
        except Unauthorised as error:
            if error.status != UNAUTHORISED:
                raise
            body = ask(path, self._access.renew(token), old)
        if not isinstance(body, dict):
            raise Untrustworthy("Lightspeed X answered something that is no object.")
        return body


class Ask(Protocol):
    """One request, at the path of a generation."""

    def __call__(self, path: str, token: str, old: bool, /) -> Any: ...


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _reach(body: Mapping[str, Any]) -> list[int]:
    """Up to which version the page says that it reaches; an empty one says null, 0, or nothing."""
    found = body.get("version")
    most = found.get("max") if isinstance(found, dict) else None
    return [most] if isinstance(most, int) and not isinstance(most, bool) else []
