"""Lightspeed Retail R-Series as a POS: one kind of record for sales, refunds and drafts, found by its Reference #.

Source: facts/lightspeed-api.md, part A.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from reconcile.clock import Clock
from reconcile.errors import Unsupported, Untrustworthy
from reconcile.http import Http
from reconcile.model import Identity, Sale, SaleStatus, SetUp, SetUpQuestions
from reconcile.pos.asking import batches
from reconcile.pos.base import Approval, Capability
from reconcile.pos.fields import Row, word
from reconcile.pos.lightspeed_oauth import Tokens
from reconcile.pos.lightspeed_r_pages import Pages, Params
from reconcile.pos.lightspeed_r_settings import ARCHIVED_TOO, Settings, equals_any, read_identity
from reconcile.pos.lightspeed_r_wire import SKU_FIELDS, id_of, moment, sale_from, status_of

REFERENCES_A_CALL = 100  # the documented most of IN; no most is documented for `or`
TOGETHER = 86  # a page has a hundred sales, and some orders have several
REFERENCE = "referenceNumber"
LINES = ("load_relations", '["SaleLines","SaleLines.Item"]')
SECOND = timedelta(seconds=1)
LIVE = {SaleStatus.INCOMPLETE, SaleStatus.UNKNOWN}


class LightspeedR:
    """One R-Series account. `by_in`: ask for references with IN, which no page documents for text."""

    together = TOGETHER
    capabilities = frozenset(
        {
            Capability.UNFINISHED_SALES,
            Capability.SALES_BETWEEN,
            Capability.ITEMS,
            Capability.LOCATIONS,
            Capability.PAYMENT_TYPES,
            Capability.EMPLOYEES,
        }
    )

    def __init__(
        self, http: Http, pages: Pages, tokens: Tokens, *, clock: Clock, by_in: bool = False,
        sku_field: str = SKU_FIELDS[0],
    ) -> None:  # fmt: skip
        self.http = http  # what passes on it may be recorded
        self.pages = pages
        self._tokens = tokens
        self._settings = Settings(pages, clock=clock, sku_field=sku_field, most=REFERENCES_A_CALL)
        self._by_in = by_in
        self._sku_field = sku_field
        self._host = urlsplit(http.base_url).hostname or ""

    def sales_by_reference(self, references: Sequence[str]) -> list[Sale]:
        """Every sale, refund and deleted draft with one of these references, with its lines."""
        wanted = list(dict.fromkeys(reference for reference in references if reference.strip()))
        return [sale for some in batches(wanted, REFERENCES_A_CALL) for sale in self._referenced(some)]

    def with_lines(self, sales: Sequence[Sale]) -> list[Sale]:
        """The same records; those whose lines are unread are read again, up to a hundred in a call."""
        unread = [sale.sale_id.partition(":")[2] for sale in sales if sale.lines is None]
        found: dict[str, Sale] = {}
        for some in batches(unread, REFERENCES_A_CALL):
            for sale in self._sales([ARCHIVED_TOO, LINES, ("saleID", f"IN,[{','.join(some)}]")]):
                found[sale.sale_id] = sale
        if found.keys() != {sale.sale_id for sale in sales if sale.lines is None}:
            raise Untrustworthy("Lightspeed R: not every sale that was just read could be read again with its lines.")
        return [found.get(sale.sale_id, sale) for sale in sales]

    def unfinished_sales(self) -> Iterator[Sale]:
        """Every sale that is neither completed, voided nor archived."""
        self._must_offer(Capability.UNFINISHED_SALES)
        return self._unfinished()

    def sales_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        """Sales made in this span; asked for by their last change, which is never before they were made."""
        self._must_offer(Capability.SALES_BETWEEN)
        return self._made_between(since, until)

    def set_up(self, wanted: SetUpQuestions) -> SetUp:
        """Items, shops, payment types, and the employees that matter."""
        return self._settings.read(wanted)

    def identity(self) -> Identity:
        """Who the token is, the shops that it sees, and what it is refused; some seven small calls."""
        return read_identity(self.pages, self._host)

    def budget_left(self) -> float | None:
        """Of the bucket, as the latest answer had it; it fills up by itself."""
        pace = self.pages.pace
        return max(0.0, 1 - pace.level / pace.size) if pace.size else None

    def is_approved(self) -> bool:
        return self._tokens.are_there()

    def approval_url(self, asked: Approval) -> str:
        """Where an employee approves, with the rights that they have themselves."""
        return self._tokens.approval_url(asked)

    def approve(self, asked: Approval, code: str) -> Identity:
        """Who the tokens that the code was changed for belong to, and what they see."""
        with self._tokens.approved(asked, code):
            return self.identity()

    def _must_offer(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(f"Lightspeed R: {capability.value} is not offered for this account.")

    def _referenced(self, references: list[str]) -> list[Sale]:
        question: Params = (
            [(REFERENCE, f"IN,{_array(references)}")] if self._by_in else equals_any(REFERENCE, references)
        )
        asked = {reference.strip().casefold() for reference in references}
        found = self._sales([ARCHIVED_TOO, LINES, *question])
        if any((sale.reference or "").casefold() not in asked for sale in found):
            raise Untrustworthy("Lightspeed R: Sale gave one that nobody asked for; the filter was ignored.")
        return found

    def _unfinished(self) -> Iterator[Sale]:
        for rows in self.pages.walk("Sale", [LINES, ("completed", "false"), ("voided", "false")]):
            if any(status_of(row) not in LIVE for row in rows):
                raise Untrustworthy("Lightspeed R: Sale gave finished ones; the filter was ignored.")
            yield from map(self._sale, rows)

    def _made_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        rows = self.pages.every(
            "Sale",
            [ARCHIVED_TOO, LINES, ("timeStamp", f">=,{_vendor_time(since)}"), ("sort", "timeStamp")],
            key="saleID",
        )
        if any(_changed(row) < since - SECOND for row in rows):
            raise Untrustworthy("Lightspeed R: Sale gave ones of another time; the filter was ignored.")
        for row in rows:
            made = moment(row, "createTime") or _changed(row)
            if since - SECOND < made < until + SECOND:
                yield self._sale(row)

    def _sales(self, params: Params) -> list[Sale]:
        return [self._sale(row) for row in self.pages.every("Sale", params, key="saleID")]

    def _sale(self, row: Row) -> Sale:
        return sale_from(row, lined=True, sku_field=self._sku_field)


def _array(values: Sequence[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "[" + ",".join(f'"{value}"' for value in quoted) + "]"


def _vendor_time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-0000"


def _changed(row: Row) -> datetime:
    changed = moment(row, "timeStamp")
    if changed is None:
        raise Untrustworthy(f"Lightspeed R: sale {word(id_of(row, 'saleID'))} does not say when it was changed.")
    return changed
