"""What a finding rests on, and what differs, as the page says it: in the person's language, on the shop's clock."""

import re
from datetime import datetime

from reconcile import fact_words
from reconcile.model import Discrepancy, Fact
from webhooks.languages import language, zone
from webhooks.page_words import moment_at

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?: UTC|\+00:00)")


def fact(one: Fact, store: str) -> str:
    """One line of evidence."""
    what, said = fact_words.told(one, language())
    return f"{what}{' :' if language() == 'fr' else ':'} {_on_the_clock(said, store)}"


def difference(one: Discrepancy, store: str) -> tuple[str, str, str]:
    """What differs, what Shopify says and what the POS says."""
    what = f"{one.kind.value} {one.subject}".strip()
    shopify, pos = (_on_the_clock(fact_words.value(what, text, language()), store) for text in (one.shopify, one.pos))
    return fact_words.label(what, language()).replace("_", " "), shopify, pos


def _on_the_clock(text: str, store: str) -> str:
    """The same with every moment in it, kept in UTC, as the shop's clock showed it."""
    return MOMENT.sub(lambda found: moment_at(_read(found[0]), zone(store)), text)


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written.replace(" UTC", "+00:00"))
