"""Heartland Retail as a POS: orders and tickets by their number (`public_id`), read whole or not at all.

Source: facts/heartland-api.md, 2.1, 2.3, 3 and 4.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from reconcile.clock import Clock
from reconcile.errors import Rejected, Unsupported, Untrustworthy
from reconcile.http import Http
from reconcile.model import Identity, Sale, SaleStatus, SetUp, SetUpQuestions
from reconcile.pos.asking import batches
from reconcile.pos.base import Capability
from reconcile.pos.fields import Row
from reconcile.pos.heartland_pages import BAD_QUESTION, Pages
from reconcile.pos.heartland_settings import read_identity, read_set_up, skus_by_id
from reconcile.pos.heartland_wire import (
    ORDER,
    TICKET,
    moment,
    nameless_items,
    reference_of,
    sale_from,
    sale_with_lines,
    status_of,
)

PATHS = {ORDER: "/sales/orders", TICKET: "/sales/tickets"}
REFERENCES_A_CALL = 100  # the vendor's own tool asks for 100 numbers at a time
LINES = ("lines",)
NUMBER = "public_id"
SECOND = timedelta(seconds=1)


class Heartland:
    """One Heartland Retail account. Refunds, and sales rung up by hand, are tickets: both are always asked for."""

    together = REFERENCES_A_CALL
    capabilities = frozenset(
        {
            Capability.UNFINISHED_SALES,
            Capability.SALES_BETWEEN,
            Capability.REQUIRED_FIELDS,
            Capability.ITEMS,
            Capability.LOCATIONS,
            Capability.PAYMENT_TYPES,
        }
    )

    def __init__(
        self, http: Http, *, clock: Clock, chunk: int = REFERENCES_A_CALL, reference_field: str = NUMBER
    ) -> None:
        self.http = http  # what passes on it may be recorded
        self._pages = Pages(http)
        self._clock = clock
        self._chunk = chunk
        self._reference_field = reference_field  # of sales orders; tickets have only their number
        self._undated: set[str] = set()  # kinds whose list cannot be filtered by date here
        self._ui = "{0.scheme}://{0.netloc}".format(urlsplit(http.base_url))

    def sales_by_reference(self, references: Sequence[str]) -> list[Sale]:
        """Every order and ticket with one of these numbers. Raises Rejected where numbers cannot be asked for."""
        wanted = list(dict.fromkeys(reference for reference in references if reference.strip()))
        return [
            sale
            for some in batches(wanted, self._chunk)
            for kind in PATHS
            for sale in self._sales(kind, self._numbered(kind, some))
        ]

    def with_lines(self, sales: Sequence[Sale]) -> list[Sale]:
        """The same records; one call for each whose lines are unread."""
        return [sale if sale.lines is not None else self._lined(sale) for sale in sales]

    def unfinished_sales(self) -> Iterator[Sale]:
        """Every order that stands at `pending`."""
        self._must_offer(Capability.UNFINISHED_SALES)
        return self._pending()

    def sales_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        """Orders and tickets made in this span. Where the account refuses to filter by date: newest first, by id."""
        self._must_offer(Capability.SALES_BETWEEN)
        return self._made_between(since, until)

    def set_up(self, wanted: SetUpQuestions) -> SetUp:
        """Custom fields, items, locations and payment types."""
        return read_set_up(self._pages, wanted, now=self._clock.now(), chunk=self._chunk)

    def identity(self) -> Identity:
        """Who the token is, the locations that it sees, and what it is refused; some seven small calls."""
        return read_identity(self.http, self._pages)

    def _must_offer(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(f"Heartland: {capability.value} is not offered for this account.")

    def _numbered(self, kind: str, references: list[str]) -> list[Row]:
        field = self._reference_field if kind == ORDER else NUMBER
        rows = self._pages.every(PATHS[kind], {field: {"$in": references}}, sort="id", includes=LINES)
        rows = [self._named(kind, row) for row in rows]
        asked = {reference.strip().casefold() for reference in references}
        if any((reference_of(row) or "").strip().casefold() not in asked for row in rows):
            raise Untrustworthy(f"Heartland: {PATHS[kind]} gave a record nobody asked for; the filter was ignored.")
        return rows

    def _pending(self) -> Iterator[Sale]:
        for rows in self._pages.ascending(PATHS[ORDER], {"status": "pending"}, includes=LINES):
            if any(status_of(row) is not SaleStatus.PENDING for row in rows):
                raise Untrustworthy(
                    "Heartland: /sales/orders gave orders that are not pending; the filter was ignored."
                )
            yield from self._sales(ORDER, rows)

    def _made_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        for kind in PATHS:
            if kind not in self._undated:
                try:
                    rows = self._dated(kind, since, until)
                except Rejected as error:
                    if error.status not in BAD_QUESTION:
                        raise
                    self._undated.add(kind)
            if kind in self._undated:
                rows = self._walked_back(kind, since, until)
            yield from self._sales(kind, rows)

    def _dated(self, kind: str, since: datetime, until: datetime) -> list[Row]:
        span = {"created_at": {"$gte": _to_the_second(since), "$lte": _to_the_second(until)}}
        rows = [row for page in self._pages.ascending(PATHS[kind], span, includes=LINES) for row in page]
        if any(not since - SECOND < _made(row) < until + SECOND for row in rows):
            raise Untrustworthy(f"Heartland: {PATHS[kind]} gave records of another time; the filter was ignored.")
        return rows

    def _walked_back(self, kind: str, since: datetime, until: datetime) -> list[Row]:
        found: list[Row] = []
        for page in self._pages.descending(PATHS[kind], includes=LINES):
            found += [row for row in page if since - SECOND < _made(row) < until + SECOND]
            # One old row may be a late entry with a date of its own; a whole page of them is the past.
            if page and all(_made(row) < since - SECOND for row in page):
                break
        return found

    def _sales(self, kind: str, rows: Sequence[Row]) -> list[Sale]:
        skus = self._skus(rows)
        return [sale_from(kind, self._named(kind, row), ui=self._ui, skus=skus) for row in rows]

    def _named(self, kind: str, row: Row) -> Row:
        """The row with the order's reference where every other row has it."""
        if kind != ORDER or self._reference_field == NUMBER:
            return row
        custom = row.get("custom")
        key = self._reference_field.partition("@")[2]
        return {**row, NUMBER: custom.get(key) if isinstance(custom, dict) else None}

    def _lined(self, sale: Sale) -> Sale:
        kind, _, number = sale.sale_id.partition(":")
        rows = self._pages.every(f"{PATHS[kind]}/{number}/lines")
        return sale_with_lines(sale, rows, self._skus([{"lines": rows}]))

    def _skus(self, rows: Sequence[Row]) -> dict[int, str]:
        return skus_by_id(self._pages, sorted(nameless_items(rows)), self._chunk)


def _to_the_second(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _made(row: Row) -> datetime:
    made = moment(row, "created_at")
    if made is None:
        raise Untrustworthy("Heartland: a record does not say when it was made.")
    return made
