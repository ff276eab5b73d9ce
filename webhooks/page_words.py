"""How values read on the pages."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import g

from reconcile.model import CaseState
from reconcile.rules import Rule, catalogue
from reconcile.support_words import POS_NAMES
from webhooks.current import current_services

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
JUST_NOW_S = 5
WORST_FIRST = ("missing", "differs", "pending", "unread", "waiting", "matched", "excluded")
STATES = {"open": "any open", **{state.value: state.value.replace("_", " ") for state in CaseState}}


def moment(at: datetime | str | None) -> str:
    """A time in UTC, to the second."""
    if not at:
        return "never"
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{known.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def ago(at: datetime | None) -> str:
    """How long ago, or how far ahead, in one unit."""
    if at is None:
        return "never"
    seconds = int((current_services().clock.now() - at).total_seconds())
    if abs(seconds) < JUST_NOW_S:
        return "just now"
    length = span(abs(seconds))
    return f"in {length}" if seconds < 0 else f"{length} ago"


def span(seconds: float | timedelta) -> str:
    """A length of time in its largest unit."""
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    size, name = next((unit for unit in UNITS if total >= unit[0]), (1, "s"))
    return f"{total // size} {name}"


def money(amount: Decimal | None, currency: str = "") -> str:
    """An amount with its currency; what a side did not say is said to be so."""
    return "not said" if amount is None else f"{amount:,.2f} {currency}".rstrip()


def amounts(by_currency: Mapping[str, Decimal]) -> str:
    """Sums of several currencies in one line."""
    return ", ".join(money(amount, currency) for currency, amount in sorted(by_currency.items())) or "–"


def safe_link(url: str | None) -> str | None:
    """An address that may be followed: nothing a vendor sent becomes a script."""
    return url if url and url.startswith(("https://", "http://")) else None


def rule_of(cause: str | None) -> Rule | None:
    return catalogue().get(cause or "")


def title_of(cause: str | None, store: str) -> str:
    """The cause in the words and the language of its shop."""
    found = rule_of(cause)
    if found is None:
        return (cause or "").replace("_", " ")
    return found.title_fr if language_of(store) == "fr" else found.title


def fix_of(cause: str | None, store: str) -> str:
    found = rule_of(cause)
    if found is None:
        return ""
    return found.fix_fr if language_of(store) == "fr" else found.fix


def language_of(store: str) -> str:
    return current_services().shop(store).locale


def pos_name(store: str) -> str:
    kind = current_services().shop(store).pos_kind
    return POS_NAMES.get(kind, kind)


def for_every_page() -> dict[str, Any]:
    """What the frame around every page shows."""
    return {"who": g.get("caller"), "now": current_services().clock.now()}


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment, "ago": ago, "span": span, "money": money, "amounts": amounts, "link": safe_link,
}  # fmt: skip
GLOBALS: dict[str, Any] = {
    "title_of": title_of, "fix_of": fix_of, "rule_of": rule_of, "language_of": language_of, "pos_name": pos_name,
    "STANDINGS": WORST_FIRST, "STATES": STATES,
}  # fmt: skip
