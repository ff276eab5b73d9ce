"""Support: one report on an order or an incident to send to the connector's support, without personal data or secrets.

Free text that people wrote (notes, reasons, titles of custom products) stays out: nobody checked it for names.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from reconcile import codec, fact_words
from reconcile.amounts import written
from reconcile.config import TOUCH_TAG, Shop
from reconcile.ledger.queries import actions_of, order_of
from reconcile.ledger.queries_incidents import IncidentRow, incident_of, touches_for
from reconcile.ledger.tables import checks, shops
from reconcile.model import Discrepancy, Fact, Finding, Order, Sale, SaleStatus, Standing
from reconcile.pos.stored import sale_from_json
from reconcile.references import spellings
from reconcile.rules import catalogue
from reconcile.services import Services
from reconcile.shopify.stored import order_from_json
from reconcile.shops import declared_of
from reconcile.support_words import POS_NAMES, words

EMAIL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[A-Za-z]{2,}")
SHORTEST_SECRET = 6
MOST_TRIED = 20
REMOVED = "[removed]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    key: str
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is sent: a subject line, and sections; `text` is the whole as plain text."""

    store: str
    locale: str
    subject: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        blocks = ["\n".join((part.heading, *(f"  {line}" for line in part.lines))) for part in self.sections]
        return "\n\n".join((self.subject, *blocks)) + "\n"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"text": self.text}


def report(
    connection: Connection, services: Services, store: str, order_id: int, locale: str | None = None
) -> Report | None:
    """The report on one order, in the shop's language unless another is named; None when there is no such order."""
    row = order_of(connection, store, order_id)
    if row is None:
        return None
    shop = services.shop(store)
    page = _Writer(connection, services, shop, locale or shop.locale)
    return page.of_order(row)


def incident_report(
    connection: Connection, services: Services, store: str, incident_id: int, locale: str | None = None
) -> Report | None:
    """The report on all orders that one cause holds back; None when the shop has no such incident."""
    incident = incident_of(connection, [store], incident_id)
    if incident is None:
        return None
    shop = services.shop(store)
    page = _Writer(connection, services, shop, locale or shop.locale)
    return page.of_incident(incident)


class _Writer:
    """Writes the sections in one language, and takes out what may not leave."""

    def __init__(self, connection: Connection, services: Services, shop: Shop, locale: str) -> None:
        self.connection = connection
        self.shop = shop
        self.locale = locale
        self.words = words(locale)
        self.colon = " :" if locale == "fr" else ":"
        self.now = services.clock.now()
        row = connection.execute(select(shops).where(shops.c.store == shop.store)).first()
        self.declared = declared_of(services, shop.store, row)
        self.pos = POS_NAMES.get(shop.pos_kind, shop.pos_kind)
        self.secrets = sorted(_secrets(shop), key=len, reverse=True)

    def of_order(self, row: Row[Any]) -> Report:
        order = order_from_json(row.body)
        sales = [sale_from_json(stored) for stored in row.sales]
        standing = self.words[row.standing]
        subject = self.words["subject"].format(name=row.name, standing=standing, pos=self.pos)
        differences = [codec.from_json(Discrepancy, stored) for stored in row.discrepancies]
        parts = [
            ("summary", self._summary()),
            ("ask", self._asked(bool(sales))),
            ("shopify", self._order(row, order)),
            ("pos", self._sales(row, order, sales)),
            ("differences", [self._difference(one) for one in differences]),
            ("findings", [*self._settled(row), *self._findings(row)]),
            ("checks", self._checks()),
            ("tried", self._tried(row)),
        ]
        return self._report(subject, parts)

    def of_incident(self, incident: IncidentRow) -> Report:
        row = incident.row
        title = self._title(row.cause)
        subject = self.words["subject_incident"].format(count=incident.orders, shop=self.shop.domain, title=title)
        first = order_of(self.connection, row.store, incident.sample[0].order_id) if incident.sample else None
        parts = [
            ("summary", self._summary()),
            ("ask", [self.words["ask_incident"], self.words["no_retry"]]),
            ("orders", self._concerned(incident)),
            ("findings", [f"{title} [{row.cause}]", *(self._findings(first) if first is not None else ())]),
            ("checks", self._checks()),
            ("tried", self._tried_on(row)),
        ]
        return self._report(subject, parts)

    def _report(self, subject: str, parts: Sequence[tuple[str, Iterable[str]]]) -> Report:
        sections = []
        for key, lines in parts:
            kept = tuple(self._clean(line) for line in lines)
            heading = self.words[key].format(at=_moment(self._checked_at()))
            if kept:
                sections.append(Section(key=key, heading=heading, lines=kept))
        return Report(store=self.shop.store, locale=self.locale, subject=self._clean(subject), sections=tuple(sections))

    def _clean(self, line: str) -> str:
        """One line that carries neither a secret of the shop nor an e-mail address."""
        for secret in self.secrets:
            line = line.replace(secret, REMOVED)
        return EMAIL.sub(REMOVED, " ".join(line.split()) if "\n" in line else line)

    def _line(self, key: str, value: object) -> str:
        return f"{self.words[key]}{self.colon} {value}"

    def _summary(self) -> list[str]:
        return [
            self._line("shop", self.shop.domain),
            self._line("connector", self.declared.name),
            self._line("the_pos", self.pos),
            self._line("written", _moment(self.now)),
        ]

    def _asked(self, there: bool) -> list[str]:
        if there:
            return [self.words["ask_there"], self.words["no_retry"]]
        return [self.words["ask_missing"]]

    # --- both sides -------------------------------------------------------------------------------------------------

    def _order(self, row: Row[Any], order: Order) -> Iterator[str]:
        yield self._line("order", f"{order.name} (id {order.order_id})")
        yield self._line("link", f"{self.shop.admin_url}/orders/{order.order_id}")
        moments = {
            "placed": order.created_at, "eligible": row.eligible_at, "updated": order.updated_at,
            "archived": order.closed_at, "cancelled": order.cancelled_at,
        }  # fmt: skip
        yield from (self._line(key, _moment(at)) for key, at in moments.items() if at)
        words = {
            "payment": order.financial_status, "fulfilment": order.fulfillment_status, "channel": order.source_name,
            "gateways": ", ".join(order.gateways), "tags": ", ".join(self._tags(order)),
            "locations": ", ".join(sorted(order.assigned_locations or ())),
        }  # fmt: skip
        yield from (self._line(key, value) for key, value in words.items() if value)
        yield from self._money(order)
        yield self._line("lines", "")
        yield from (f"  {line.quantity} × {line.sku or self.words['no_sku']}" for line in order.lines)

    def _money(self, order: Order) -> Iterator[str]:
        parts = self.words["parts"].format(
            tax=written(order.tax), shipping=written(order.shipping), discount=written(order.discount)
        )
        yield f"{self._line('total', written(order.total))} {order.currency}, {parts}"
        if order.current_total != order.total:
            yield self._line("current_total", f"{written(order.current_total)} {order.currency}")
        for refund in order.refunds:
            yield f"{self.words['refund'].format(at=_moment(refund.created_at))}: {written(refund.amount)} {order.currency}"

    def _tags(self, order: Order) -> list[str]:
        """Only those that the connector or we act on: others are the merchant's, and may name people."""
        declared = (self.declared.allow_tags, self.declared.ignore_tags, self.declared.routing_tags)
        known = {tag.casefold() for tags in declared for tag in tags or ()}
        return [tag for tag in sorted(order.tags) if tag.casefold() in known or tag.startswith(TOUCH_TAG)]

    def _sales(self, row: Row[Any], order: Order, sales: Sequence[Sale]) -> Iterator[str]:
        if row.standing == Standing.UNREAD and not sales:
            yield self.words["not_read"]
        elif not sales:
            references = ", ".join(spellings(order, self.shop.references))
            yield self.words["no_sale"].format(references=references)
            if row.absent_first_at:
                first, last = _moment(row.absent_first_at), _moment(row.absent_last_at)
                yield self.words["absent"].format(first=first, last=last)
        for sale in sales:
            status = sale.raw_status or SaleStatus.UNKNOWN.value
            yield self.words["record"].format(sale_id=sale.sale_id, reference=sale.reference, status=status)
            yield f"  {self._of_sale(sale)}"
            if sale.url:
                yield f"  {sale.url}"
        yield self._looked(row)

    def _of_sale(self, sale: Sale) -> str:
        said = {"total": sale.total, "tax": sale.tax, "balance": sale.balance}
        parts = [f"{self.words['created']} {_moment(sale.created_at)}"] if sale.created_at else []
        parts += [f"{self.words[key]} {self._amount(amount)}" for key, amount in said.items()]
        return ", ".join(parts)

    def _amount(self, amount: Decimal | None) -> str:
        return self.words["unsaid"] if amount is None else written(amount)

    def _difference(self, one: Discrepancy) -> str:
        what = f"{one.kind.value} {one.subject}".strip()
        shopify, pos = (fact_words.value(what, text, self.locale) for text in (one.shopify, one.pos))
        return self.words["sides"].format(what=fact_words.label(what, self.locale), shopify=shopify, pos=pos)

    # --- what is concluded ------------------------------------------------------------------------------------------

    def _settled(self, row: Row[Any]) -> Iterator[str]:
        """The cause that the case is kept under, where the last look found another one."""
        if row.cause and row.case_state and row.cause not in [stored["cause"] for stored in row.findings]:
            yield self._line("settled", f"{self._title(row.cause)} [{row.cause}]")

    def _findings(self, row: Row[Any]) -> Iterator[str]:
        found = [codec.from_json(Finding, stored) for stored in row.findings]
        if not found and row.standing not in ("matched", "waiting"):
            yield self.words["no_finding"]
        for finding in found:
            certainty = self.words[finding.certainty.value]
            yield f"{self._title(finding.cause)} ({self._line('certainty', certainty)}) [{finding.cause}]"
            yield from (f"  {self._fact(fact)}" for fact in finding.facts)

    def _fact(self, fact: Fact) -> str:
        what, value = fact_words.told(fact, self.locale)
        colon = " :" if self.locale == "fr" else ":"
        return f"{self.words[f'side_{fact.side}']}{colon} {what}{colon} {value}"

    def _title(self, cause: str) -> str:
        rule = catalogue().get(cause)
        if rule is None:
            return cause.replace("_", " ")
        return rule.title_fr if self.locale == "fr" else rule.title

    def _checked_at(self) -> datetime:
        found = self._check_rows()
        return max((row.checked_at for row in found), default=self.now)

    def _check_rows(self) -> Sequence[Row[Any]]:
        query = select(checks).where(checks.c.store == self.shop.store).order_by(checks.c.position)
        return self.connection.execute(query).all()

    def _checks(self) -> Iterator[str]:
        rows = self._check_rows()
        if not rows:
            yield self.words["unchecked"]
        for row in rows:
            title, evidence = (row.title_fr, row.evidence_fr) if self.locale == "fr" else (row.title, row.evidence)
            subject = f" ({row.subject})" if row.subject and row.subject not in title else ""
            yield f"[{self.words[row.result]}] {title}{subject}{self.colon} {evidence}"

    # --- what was done ----------------------------------------------------------------------------------------------

    def _looked(self, row: Row[Any]) -> str:
        if row.looked_at is None:
            return self.words["not_looked"]
        return self.words["looked"].format(looks=row.looks, at=_moment(row.looked_at))

    def _tried(self, row: Row[Any]) -> Iterator[str]:
        tried = actions_of(self.connection, row.store, row.order_id)
        if not tried:
            yield self.words["nothing_tried"]
        yield from (self._touch(action) for action in tried)

    def _tried_on(self, incident: Row[Any]) -> Iterator[str]:
        """The touches of the orders that the incident's cause held back, oldest first; of many the latest."""
        count, tried = touches_for(self.connection, incident, MOST_TRIED)
        if not tried:
            yield self.words["nothing_tried_on"]
        if count > len(tried):
            yield self.words["earlier_touches"].format(count=count - len(tried))
        yield from (f"{action.name}{self.colon} {self._touch(action)}" for action in tried)

    def _touch(self, action: Row[Any]) -> str:
        went = "refused" if action.state == "refused" else action.outcome or "not_judged"
        touch = self.words["touch"].format(at=_moment(action.intended_at), tag=action.tag)
        return f"{touch}; {self.words[went]}"

    def _concerned(self, incident: IncidentRow) -> Iterator[str]:
        yield self.words["held_back"].format(since=_moment(incident.row.since), count=incident.orders)
        if incident.at_risk:
            value = ", ".join(f"{written(amount)} {currency}" for currency, amount in sorted(incident.at_risk.items()))
            yield self.words["at_risk"].format(value=value)
        for order in incident.sample:
            link = f"{self.shop.admin_url}/orders/{order.order_id}"
            yield f"{order.name} {self.words[order.standing]} ({written(order.total)} {order.currency}) {link}"
        more = incident.orders - len(incident.sample)
        if more > 0:
            yield self.words["and_more"].format(count=more)


def _secrets(shop: Shop) -> Iterator[str]:
    """Every value of the shop's settings that must not leave; a setting that is no secret is listed here by name."""
    plain = {"api_version", "base_url", "kind", "subdomain", "references", "spacing_ms"}
    own: Mapping[str, Any] = {**shop.shopify, **{f"pos {key}": value for key, value in shop.pos.items()}}
    values = [value for key, value in own.items() if key.removeprefix("pos ") not in plain]
    for value in (*values, *shop.webhook_secrets, shop.alert_secret, shop.alert_url):
        if isinstance(value, str) and len(value) >= SHORTEST_SECRET:
            yield value


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
