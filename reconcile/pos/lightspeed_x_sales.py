"""The two ways to X-Series sales: the version feed followed into an index, or search over windows of the sale date.

Both give what is kept of a sale: the value without its lines, and the lines with the ids of their products.
Source: facts/lightspeed-api.md, B7 and B8.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from reconcile.clock import Clock
from reconcile.errors import Untrustworthy
from reconcile.indexed import Indexed
from reconcile.model import Sale, SaleLine, SaleStatus
from reconcile.pos.base import Index
from reconcile.pos.fields import Row
from reconcile.pos.lightspeed_x_feed import KEPT_FOR, Feed
from reconcile.pos.lightspeed_x_pages import Pages, Params
from reconcile.pos.lightspeed_x_wire import Line, id_of, lines_from, sale_from, version_of
from reconcile.pos.stored import sale_from_json, sale_to_json

LONGEST_KEY = 255
SEARCH_PAGE = 1000  # documented: larger values are capped
UNFINISHED = (SaleStatus.INCOMPLETE, SaleStatus.UNKNOWN)
DAY = timedelta(days=1)  # the date of a sale may be another than that of its record
WORDS_OF_UNFINISHED = ("parked", "pending")


class Found:
    """A sale with its lines as they came; `lined` puts the products' SKUs in."""

    def __init__(self, sale: Sale, lines: Sequence[Line] | None) -> None:
        self.sale = sale
        self.lines = lines

    def products(self) -> set[str]:
        return {line.product_id for line in self.lines or () if line.product_id}

    def lined(self, skus: dict[str, tuple[str, str]]) -> Sale:
        """`skus` gives SKU and name by the product's id."""
        if self.lines is None:
            return self.sale
        made = []
        for line in self.lines:
            sku, title = skus.get(line.product_id, ("", ""))
            made.append(SaleLine(sku=sku or None, quantity=line.quantity, unit_price=line.unit_price, title=title))
        return replace(self.sale, lines=tuple(made))


class Sales(Protocol):
    """A way to the sales. Every method is whole or raises."""

    def referenced(self, references: Sequence[str]) -> list[Found]:
        """Those with one of these references, to the letter."""
        ...

    def between(self, since: datetime, until: datetime) -> Iterable[Found]:
        """Those made in this span."""
        ...

    def unfinished(self) -> Iterable[Found]:
        """Those that are neither completed nor waiting for what is normal."""
        ...


class Followed:
    """Sales from the index, after its feed was followed to the end in the same call."""

    def __init__(
        self, pages: Pages, index: Index, *, clock: Clock, reference_field: str, origin: str,
        searched: Callable[[datetime], Sales],
    ) -> None:  # fmt: skip
        self._feed = Feed(
            pages, "sales", index, lambda row: kept_from(row, reference_field), clock=clock,
            origin=f"{origin} {reference_field}", kept_for=KEPT_FOR,
        )  # fmt: skip
        self._searched = searched

    def referenced(self, references: Sequence[str]) -> list[Found]:
        self._feed.follow()
        return [found_from(row) for row in self._feed.index.keyed([key_of(reference) for reference in references])]

    def between(self, since: datetime, until: datetime) -> Iterable[Found]:
        """What is older than the index is searched for."""
        horizon = self._feed.horizon
        if horizon is not None and since < horizon:
            return self._searched(since).between(since, until)
        self._feed.follow()
        return map(found_from, self._feed.index.between(since, until))

    def unfinished(self) -> Iterable[Found]:
        self._feed.follow()
        return map(found_from, self._feed.index.unfinished())


class Searched:
    """Sales by search, whose index may lag: every call reads the whole span since a moment."""

    def __init__(self, pages: Pages, *, clock: Clock, reference_field: str, since: datetime | timedelta) -> None:
        self._pages = pages
        self._clock = clock
        self._reference_field = reference_field
        self._since = since

    def referenced(self, references: Sequence[str]) -> list[Found]:
        wanted = {key_of(reference) for reference in references}
        every = (self._found(row) for row in self._window(self._began(), self._clock.now()))
        return [one for one in every if key_of(one.sale.reference or "") in wanted]

    def between(self, since: datetime, until: datetime) -> Iterable[Found]:
        found = (self._found(row) for row in self._window(since, until))
        return (one for one in found if one.sale.created_at is not None and since <= one.sale.created_at <= until)

    def unfinished(self) -> Iterable[Found]:
        states: Params = [("state", state) for state in WORDS_OF_UNFINISHED]
        for row in self._window(self._began(), self._clock.now(), states):
            found = self._found(row)
            if found.sale.status in UNFINISHED:
                yield found
            elif found.sale.status not in (SaleStatus.OPEN, SaleStatus.CANCELLED):
                raise Untrustworthy("Lightspeed X: search gave finished sales; the filter was ignored.")

    def _began(self) -> datetime:
        return self._clock.now() - self._since if isinstance(self._since, timedelta) else self._since

    def _window(self, since: datetime, until: datetime, more: Params | None = None) -> Iterator[Row]:
        span: Params = [
            ("type", "sales"), ("date_from", _zulu(since - DAY)), ("date_to", _zulu(until + DAY)), ("deleted", "true"),
        ]  # fmt: skip
        for rows in self._pages.search([*span, *(more or [])], SEARCH_PAGE):
            yield from rows

    def _found(self, row: Row) -> Found:
        return Found(sale_from(row, self._reference_field), lines_from(row))


def kept_from(row: Row, reference_field: str) -> Indexed:
    """What is kept of a sale."""
    sale = sale_from(row, reference_field)
    lines = lines_from(row)
    body: dict[str, Any] = {"sale": sale_to_json(sale)}
    if lines is not None:
        body["lines"] = [
            [line.product_id, str(line.quantity), None if line.unit_price is None else str(line.unit_price)]
            for line in lines
        ]
    return Indexed(
        record_id=id_of(row), version=version_of(row), key=key_of(sale.reference or ""), at=sale.created_at,
        unfinished=sale.status in UNFINISHED, body=body,
    )  # fmt: skip


def found_from(row: Indexed) -> Found:
    """The sale that was kept."""
    lines = row.body.get("lines")
    made = None if lines is None else tuple(_line(*parts) for parts in lines)
    return Found(sale_from_json(row.body["sale"]), made)


def _line(product_id: str, quantity: str, price: str | None) -> Line:
    return Line(product_id=product_id, quantity=Decimal(quantity), unit_price=None if price is None else Decimal(price))


def key_of(text: str) -> str:
    """What a record is found by; one that is too long to be a reference is found by nothing."""
    key = text.strip()
    return key if len(key) <= LONGEST_KEY else ""


def _zulu(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
