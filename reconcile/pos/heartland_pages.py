"""Heartland's collections read whole: every page, every total met, every filter seen to have worked.

A part of an answer is never returned: what does not add up is `Untrustworthy`.
Source: facts/heartland-api.md, 1.6 and 1.7 (the walk by `id` is that of the vendor's own import tool).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconcile.errors import Rejected, Untrustworthy
from reconcile.http import Http
from reconcile.pos.fields import Row
from reconcile.pos.heartland_wire import id_of, objects

PER_PAGE = 500  # what the vendor's own tool asks of full records
BAD_QUESTION = (400, 422)  # statuses of a filter or an include that is not known there

Where = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page as answered; `total` counts every row that the filter matches, `pages` is None when not said."""

    rows: list[Row]
    total: int
    pages: int | None


class Pages:
    """Reads collections over one connection; remembers which includes a collection does not honour."""

    def __init__(self, http: Http, per_page: int = PER_PAGE) -> None:
        self._http = http
        self._per_page = per_page
        self._without: set[tuple[str, str]] = set()

    def every(
        self, path: str, where: Where | None = None, *, sort: str = "", includes: Sequence[str] = ()
    ) -> list[Row]:
        """Every row of a collection, by page numbers."""
        rows: list[Row] = []
        for number in range(1, 1_000_000):  # each page adds a row or ends the walk
            page = self.page(path, where, number=number, sort=sort, includes=includes)
            rows += page.rows
            if len(rows) >= page.total or not page.rows:
                break
        if len(rows) != page.total or (page.pages or 0) > number:
            raise Untrustworthy(f"Heartland: {path} promises {page.total} records and gives {len(rows)}.")
        if len({id_of(row) for row in rows}) != len(rows):
            raise Untrustworthy(f"Heartland: {path} gave a record twice, its pages moved.")
        return rows

    def ascending(self, path: str, where: Where, *, includes: Sequence[str] = ()) -> Iterator[list[Row]]:
        """Pages by rising id, each asked for from the last id seen: rows that come and go meanwhile shift nothing."""
        last: int | None = None
        while True:
            further = where if last is None else {**where, "id": {"$gt": last}}
            page = self.page(path, further, sort="id", includes=includes)
            ids = [id_of(row) for row in page.rows]
            if ids != sorted(set(ids)) or (ids and last is not None and ids[0] <= last):
                raise Untrustworthy(f"Heartland: {path} is not sorted by id, or gave rows that were not asked for.")
            if len(ids) > page.total or (page.total and not ids):
                raise Untrustworthy(f"Heartland: {path} promises {page.total} records and gives {len(ids)}.")
            yield page.rows
            if len(ids) == page.total:
                return
            last = ids[-1]

    def descending(self, path: str, *, includes: Sequence[str] = ()) -> Iterator[list[Row]]:
        """Pages by falling id, newest first; rows that arrive meanwhile only make some come twice, and are dropped."""
        seen: set[int] = set()
        for number in range(1, 1_000_000):
            page = self.page(path, None, number=number, sort="id,desc", includes=includes)
            ids = [id_of(row) for row in page.rows]
            if ids != sorted(set(ids), reverse=True) or (seen and any(i > max(seen) for i in ids)):
                raise Untrustworthy(f"Heartland: {path} is not sorted by id.")
            fresh = [row for row in page.rows if id_of(row) not in seen]
            yield fresh
            seen.update(ids)
            if len(seen) >= page.total:
                return
            if not fresh:  # nothing more comes, or the same page for ever
                raise Untrustworthy(f"Heartland: {path} promises {page.total} records and gives {len(seen)}.")

    def page(
        self, path: str, where: Where | None = None, *, number: int = 1, per_page: int = 0, sort: str = "",
        includes: Sequence[str] = (),
    ) -> Page:  # fmt: skip
        """One page. An include that is refused is left out from then on; so is one that rows come without."""
        wanted = [name for name in includes if (path, name) not in self._without]
        params = _params(where, sort, wanted, number, per_page or self._per_page)
        try:
            page = _page(path, self._http.get(path, params))
        except Rejected as error:
            if not wanted or error.status not in BAD_QUESTION:
                raise
            plain = _params(where, sort, (), number, per_page or self._per_page)
            page = _page(path, self._http.get(path, plain))  # when the filter is what is refused, this says so
        for name in wanted:
            if page.rows and not any(name in row for row in page.rows):
                self._without.add((path, name))
        return page


def _params(
    where: Where | None, sort: str, includes: Sequence[str], number: int, per_page: int
) -> list[tuple[str, str]]:
    params = [("page", str(number)), ("per_page", str(per_page))]
    if where:
        params.append(("_filter", json.dumps(where, separators=(",", ":"))))
    if sort:
        params.append(("sort[]", sort))
    return params + [("_include[]", name) for name in includes]


def _page(path: str, body: Any) -> Page:
    rows = body.get("results") if isinstance(body, dict) else None
    total, pages = (_count(body, "total"), _count(body, "pages")) if isinstance(body, dict) else (None, None)
    if not isinstance(rows, list) or total is None:
        raise Untrustworthy(f"Heartland: {path} answered something that is no list of records.")
    return Page(rows=objects(rows), total=total, pages=pages)


def _count(body: Mapping[str, Any], key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
