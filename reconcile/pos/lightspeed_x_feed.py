"""Lightspeed X's version feed, followed into an index: no filter on a reference exists that takes more than one.

Every change of a record puts it at the end of its feed under a new version. Each page is kept with its reach, so that
whoever is stopped goes on where it was; a call that does not come to the end raises, and concludes nothing.
Source: facts/lightspeed-api.md, B4 and B7.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from reconcile.clock import Clock
from reconcile.errors import Retryable, Untrustworthy
from reconcile.indexed import Indexed
from reconcile.pos.base import Index
from reconcile.pos.fields import Row
from reconcile.pos.lightspeed_x_pages import Page, Pages, Params
from reconcile.pos.lightspeed_x_wire import changed_at, version_of

PAGES_A_CALL = 250  # a first reading goes on in the next call; a till's own budget is 350 calls in five minutes
CLOSE_ENOUGH = 1_000  # versions: what is left between the two ends of the search for where to begin
KEPT_FOR = timedelta(days=61)  # an order is looked for during 60 days
FORGET_EVERY = timedelta(hours=6)

Keep = Callable[[Row], Indexed | None]


class Feed:
    """One followed collection. `keep` says what a row is kept as; None: it is not."""

    def __init__(
        self, pages: Pages, name: str, index: Index, keep: Keep, *, clock: Clock, origin: str, params: Params | None = None,
        kept_for: timedelta | None = None,
    ) -> None:  # fmt: skip
        self.index = index
        self._pages = pages
        self._name = name
        self._keep = keep
        self._clock = clock
        self._origin = origin
        self._params = params
        self._kept_for = kept_for
        self._forgot_at: datetime | None = None

    @property
    def begun(self) -> bool:
        """Whether anything was read of it yet."""
        return self.index.begin(self._origin) is not None

    @property
    def horizon(self) -> datetime | None:
        """From when on the index is whole; None: from the beginning."""
        return None if self._kept_for is None else self._clock.now() - self._kept_for

    def follow(self) -> None:
        """Read to the end of the feed. Raises when it does not get there: `Retryable` while a first reading lasts."""
        upto = self.index.begin(self._origin)
        page = self._first() if upto is None else self._again(upto)
        for _ in range(PAGES_A_CALL):
            if upto is None or page.upto > upto:
                self._kept(page)
            if page.last:
                self._forget()
                return
            page = self._pages.page(self._name, page.upto, self._params)
        raise Retryable(
            f"Lightspeed X: {self._name} is being read for the first time; this goes on with the next look."
        )

    def _again(self, upto: int) -> Page:
        """From the newest version that is known: it, or a later one of the same record, has to be there still."""
        page = self._pages.page(self._name, max(upto - 1, 0), self._params)
        if page.rows or upto == 0:
            return page
        oldest = self._pages.page(self._name, 0, self._params, size=1).rows
        if not oldest or version_of(oldest[0]) > upto:
            raise Untrustworthy(
                f"Lightspeed X: {self._name} no longer has what it gave before; is it the same account?"
            )
        return Page(rows=[], upto=upto, last=True)

    def _first(self) -> Page:
        """The first page that has anything young enough."""
        page, horizon = self._pages.page(self._name, 0, self._params), self.horizon
        if horizon is None or not page.rows or not self._older(page.rows[-1], horizon):
            return page
        return self._pages.page(self._name, self._begins(page.upto, horizon), self._params)

    def _begins(self, old: int, horizon: datetime) -> int:
        """A version up to which every record was changed last before the horizon: versions and changes rise together."""
        young = old * 2
        while (seen := self._oldest_after(young, horizon)) is not None:
            old, young = seen, max(seen, young) * 2
        while young - old > CLOSE_ENOUGH:
            middle = (old + young) // 2
            seen = self._oldest_after(middle, horizon)
            if seen is None:
                young = middle
            else:
                old = min(seen, young)
        return old

    def _oldest_after(self, version: int, horizon: datetime) -> int | None:
        """The version of the next record if it is older than the horizon; None when it is young, or there is none."""
        rows = self._pages.page(self._name, version, self._params, size=1).rows
        return version_of(rows[0]) if rows and self._older(rows[0], horizon) else None

    def _older(self, row: Row, horizon: datetime) -> bool:
        changed = changed_at(row)
        return changed is not None and changed < horizon

    def _kept(self, page: Page) -> None:
        rows: Sequence[Indexed] = [kept for row in page.rows if (kept := self._keep(row)) is not None]
        horizon = self.horizon
        if horizon is not None:
            rows = [row for row in rows if row.at is None or row.at >= horizon]
        self.index.keep(rows, upto=page.upto)

    def _forget(self) -> None:
        now, horizon = self._clock.now(), self.horizon
        if horizon is None or (self._forgot_at is not None and now - self._forgot_at < FORGET_EVERY):
            return
        self.index.forget_before(horizon)
        self._forgot_at = now
