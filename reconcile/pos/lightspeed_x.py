"""Lightspeed Retail X-Series as a POS: sales and returns by their number, from a followed feed or by search.

Source: facts/lightspeed-api.md, part B.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from reconcile.clock import Clock
from reconcile.errors import Rejected, Unauthorised, Unsupported
from reconcile.http import Http
from reconcile.model import Identity, Sale, SetUp, SetUpQuestions
from reconcile.pos.base import Approval, Capability
from reconcile.pos.lightspeed_oauth import Tokens
from reconcile.pos.lightspeed_x_pages import Pages
from reconcile.pos.lightspeed_x_products import Products
from reconcile.pos.lightspeed_x_sales import Found, Sales
from reconcile.pos.lightspeed_x_settings import read_identity, read_set_up


class LightspeedX:
    """One X-Series account. Refunds are sales of their own, and so is each location's part of an order."""

    together = 100  # the feed is followed, whatever is asked for
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
        self, http: Http, pages: Pages, sales: Sales, products: Products, *, clock: Clock, tokens: Tokens | None = None
    ) -> None:
        self.http = http  # what passes on it may be recorded
        self._pages = pages
        self._tokens = tokens
        self._sales = sales
        self._products = products
        self._clock = clock
        self._host = urlsplit(http.base_url).hostname or ""

    def budget_left(self) -> float | None:
        """Of the calls that five minutes allow, as the latest answer had it."""
        left, limit = (self.http.heard.get(f"X-RateLimit-{word}", "") for word in ("Remaining", "Limit"))
        return min(1.0, int(left) / int(limit)) if left.isdecimal() and limit.isdecimal() and int(limit) else None

    def sales_by_reference(self, references: Sequence[str]) -> list[Sale]:
        """Every sale and return with one of these references; with lines once the catalogue has been read."""
        wanted = list(dict.fromkeys(reference.strip() for reference in references if reference.strip()))
        if not wanted:
            return []
        return self._lined(self._sales.referenced(wanted), begin=False)

    def with_lines(self, sales: Sequence[Sale]) -> list[Sale]:
        """The same records; those whose lines are unread are looked up again. Unread they stay where products are refused."""
        unread = [sale for sale in sales if sale.lines is None]
        references = sorted({sale.reference for sale in unread if sale.reference})
        found = self._sales.referenced(references) if references else []
        lined = {sale.sale_id: sale for sale in self._lined(found, begin=True)}
        return [lined.get(sale.sale_id, sale) if sale.lines is None else sale for sale in sales]

    def unfinished_sales(self) -> Iterator[Sale]:
        """Every sale that is parked, or pending without a pickup, a delivery, an account, a layby or a service."""
        self._must_offer(Capability.UNFINISHED_SALES)
        return (one.sale for one in self._sales.unfinished())

    def sales_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        """Sales whose records were made in this span; with lines once the catalogue has been read."""
        self._must_offer(Capability.SALES_BETWEEN)
        return iter(self._lined(self._sales.between(since, until), begin=False))

    def set_up(self, wanted: SetUpQuestions) -> SetUp:
        """Products, outlets, payment types, and the users that matter."""
        return read_set_up(self._pages, self._products, wanted, now=self._clock.now())

    def identity(self) -> Identity:
        """Who the token is, the outlets that it sees, and what it is refused; some nine small calls."""
        return read_identity(self._pages, self._host)

    def is_approved(self) -> bool:
        return self._by_app().are_there()

    def approval_url(self, asked: Approval) -> str:
        """Where a user of the shop approves."""
        return self._by_app().approval_url(asked)

    def approve(self, asked: Approval, code: str) -> Identity:
        """Who the tokens that the code was changed for belong to, and what they see."""
        with self._by_app().approved(asked, code):
            return self.identity()

    def _by_app(self) -> Tokens:
        if self._tokens is None:
            raise Unsupported("Lightspeed X: this shop is reached by a personal token, there is nothing to approve.")
        return self._tokens

    def _must_offer(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(f"Lightspeed X: {capability.value} is not offered for this account.")

    def _lined(self, found: Iterable[Found], *, begin: bool) -> list[Sale]:
        """The sales with their lines. A sale names products by their id, so that the catalogue has to be known.

        `begin`: read the catalogue if that was never done; otherwise the lines stay unread then.
        """
        every = list(found)
        wanted = {product for one in every for product in one.products()}
        try:
            if wanted and not self._products.read and not begin:
                return [one.sale for one in every]
            skus = self._products.skus(wanted)
            if wanted - skus.keys():
                self._products.follow()
                skus = self._products.skus(wanted)
        except (Unauthorised, Rejected):
            return [one.sale for one in every]
        return [one.lined(skus) for one in every]
