"""How values read on the pages: in the language of the page, on the clock of the shop."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from flask import g, has_request_context, request
from markupsafe import Markup, escape

from reconcile.incident_words import words
from reconcile.rules import Rule, catalogue, section
from reconcile.support_words import POS_NAMES
from webhooks.counted_words import counted
from webhooks.current import current_services
from webhooks.languages import LANGUAGE, LANGUAGES, THEMES, language, liked, stated, theme, zone
from webhooks.languages import gettext as _
from webhooks.page_said import said
from webhooks.page_terms import CASE_STATES, term

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
JUST_NOW_S = 5
CODE = re.compile(r"`(\w+)`")
WORST_FIRST = ("missing", "differs", "pending", "unread", "waiting", "matched", "excluded")


def moment(at: datetime | str | None, store: str | None = None) -> str:
    """A time on the shop's clock, to the second."""
    return moment_at(at, zone(store)) if at else _("never")


def moment_at(at: datetime | str, clock: tzinfo) -> str:
    """The same on a clock that is known."""
    known = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(clock)
    return f"{format_datetime(known, 'd MMM y, HH:mm:ss', locale=language())} {known:%Z}"


def day(at: Any) -> str:
    """A date in words, with its weekday."""
    return str(format_date(at, "EEEE d MMMM y", locale=language()))


def ago(at: datetime | None) -> str:
    """How long ago, or how far ahead, in one unit."""
    if at is None:
        return _("never")
    seconds = int((current_services().clock.now() - at).total_seconds())
    if abs(seconds) < JUST_NOW_S:
        return _("just now")
    length = span(abs(seconds))
    return _("in %(length)s", length=length) if seconds < 0 else _("%(length)s ago", length=length)


def span(seconds: float | timedelta | None) -> str:
    """A length of time in its largest unit."""
    if seconds is None:
        return "–"
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    size, name = next((unit for unit in UNITS if total >= unit[0]), (1, "s"))
    unit = _("d") if name == "d" else name
    return f"{total // size} {unit}"


def money(amount: Decimal | None, currency: str = "") -> str:
    """An amount with its currency; what a side did not say is said to be so."""
    if amount is None:
        return _("not said")
    return f"{format_decimal(amount, '#,##0.00', locale=language())} {currency}".rstrip()


def amounts(by_currency: Mapping[str, Decimal]) -> str:
    """Sums of several currencies in one line."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(by_currency.items())) or "–"


def number(count: float | Decimal | None) -> str:
    """A count as people of the language write it; a quantity without needless zeros."""
    return "–" if count is None else str(format_decimal(count, "#,##0.###", locale=language()))


def count_of(count: int, word: str, most: int | None = None) -> str:
    """How many orders stand so, or checks went so; from `most` on it is said to be so many or more."""
    more = "+" if most is not None and count >= most else ""
    return counted(count, word, f"{number(count)}{more}")


def percent(share: float | None) -> str:
    """Rounded down: 100 % is only said when it is all of them."""
    if share is None:
        return "–"
    return str(format_percent(int(share * 1000) / 1000, _("#,##0.#%"), locale=language()))


def tenths(written: str) -> str:
    """A percentage that was written with a point, such as ``99.9 %``, with the sign of the language."""
    return written.replace(".", ",") if language() == "fr" else written


def begun(sentence: str) -> str:
    """A fix as a sentence of its own: the manual has it after a colon."""
    return sentence[:1].upper() + sentence[1:]


def coded(text: str) -> Markup:
    """A text of the manual: names of fields, between backticks there, as code here."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped before


def safe_link(url: str | None) -> str | None:
    """An address that may be followed: nothing a vendor sent becomes a script."""
    return url if url and url.startswith(("https://", "http://")) else None


def rule_of(cause: str | None) -> Rule | None:
    return catalogue().get(cause or "")


def title_of(cause: str | None, store: str) -> str:
    """The cause in words."""
    found = rule_of(cause)
    if found is None:
        return words(cause or "", language_of(store))[0].replace("_", " ")
    return found.title_fr if language_of(store) == "fr" else found.title


def fix_of(cause: str | None, store: str) -> str:
    found = rule_of(cause)
    if found is None:
        return ""
    return found.fix_fr if language_of(store) == "fr" else found.fix


def evidence_of(cause: str | None, store: str) -> str:
    """How the cause is told from others."""
    found = rule_of(cause)
    if found is None:
        return ""
    return found.evidence_fr if language_of(store) == "fr" else section(found.manual, "Evidence")


def then_of(cause: str | None, store: str) -> str:
    """What happens once the fix is made."""
    found = rule_of(cause)
    if found is None:
        return ""
    return found.then_fr if language_of(store) == "fr" else section(found.manual, "Then")


def causes() -> list[tuple[str, str]]:
    """Every cause with its title, by title."""
    french = language() == "fr"
    return sorted(
        ((one.slug, one.title_fr if french else one.title) for one in catalogue().values()), key=lambda c: c[1]
    )


def language_of(store: str) -> str:
    """What is said of a shop: in the person's language, or in the shop's where the person states none."""
    return stated() or current_services().shop(store).locale


def pos_name(store: str) -> str:
    kind = current_services().shop(store).pos_kind
    return POS_NAMES.get(kind, kind)


def for_every_page() -> dict[str, Any]:
    """What the frame around every page shows; a report that is written without a request has no frame."""
    if not has_request_context():
        return {}
    who, known = g.get("caller"), current_services().settings.shops
    mine = [store for store in known if who is not None and who.sees(store)]
    asked = (request.view_args or {}).get("store") or request.args.get("store")
    return {
        "who": who, "now": current_services().clock.now(), "mine": mine, "language": language(), "chosen": liked(LANGUAGE),
        "theme": theme(),
        "here": asked if asked in mine else next(iter(mine), None), "zone": zone,
    }  # fmt: skip


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment, "day": day, "ago": ago, "span": span, "money": money, "amounts": amounts, "number": number,
    "percent": percent, "tenths": tenths, "count_of": count_of, "link": safe_link, "begun": begun,
    "coded": coded, "term": term, "said": said,
}  # fmt: skip
GLOBALS: dict[str, Any] = {
    "title_of": title_of, "fix_of": fix_of, "rule_of": rule_of, "language_of": language_of, "pos_name": pos_name,
    "causes": causes, "STANDINGS": WORST_FIRST, "STATES": CASE_STATES, "LANGUAGES": LANGUAGES, "THEMES": THEMES,
}  # fmt: skip
