"""All that happened to an order, on one line of time: deliveries, looks, touches and people."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from webhooks.languages import gettext as _
from webhooks.page_said import said
from webhooks.page_terms import term
from webhooks.page_words import rule_of, title_of

DECISION = re.compile(r"(?P<verb>[a-z]+): (?P<reason>.+)", re.DOTALL)
CAUSE = re.compile(r"(?:(?P<how>opened|resolved): )?(?P<cause>[a-z_]+)(?: \((?P<certainty>[a-z]+)\))?(?P<subject> .+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    at: datetime
    kind: str
    text: str
    who: str = ""  # empty: nobody in person
    delivery_id: int | None = None


def timeline(
    events: Sequence[Row[Any]], deliveries: Sequence[Row[Any]] = (), touches: Sequence[Row[Any]] = ()
) -> list[Entry]:
    """Newest first."""
    found = [_of_event(row) for row in events]
    found += [_of_delivery(row) for row in deliveries]
    found += [entry for row in touches for entry in _of_touch(row)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _of_event(row: Row[Any]) -> Entry:
    who = "" if row.who == "policy" else row.who
    return Entry(at=row.at, kind=row.kind, text=told(row), who=who)


def told(row: Row[Any]) -> str:
    """What an event says, with a cause by its title."""
    if row.kind == "standing":
        return " → ".join(term(part) for part in row.text.split(" → "))
    named = CAUSE.fullmatch(row.text)
    if row.kind in ("finding", "incident") and named is not None and rule_of(named["cause"]) is not None:
        certainty = f" ({term(named['certainty'])})" if named["certainty"] else ""
        what = f"{title_of(named['cause'], row.store)}{certainty}{named['subject'] or ''}"
        return _("%(how)s: %(what)s", how=term(named["how"]), what=what) if named["how"] else what
    verb = DECISION.fullmatch(row.text) if row.kind == "decision" else None
    if verb is not None:
        return _("%(verb)s: %(reason)s", verb=term(verb["verb"]), reason=said(verb["reason"]))
    return said(row.text)


def _of_delivery(row: Row[Any]) -> Entry:
    return Entry(at=row.received_at, kind="delivery", text=f"{row.topic} · {term(row.state)}", delivery_id=row.id)


def _of_touch(row: Row[Any]) -> Iterator[Entry]:
    if row.answered_at is not None:
        yield Entry(
            at=row.answered_at,
            kind="touch",
            text=_("Shopify has taken %(tag)s: %(state)s", tag=row.tag, state=term(row.state)),
        )
