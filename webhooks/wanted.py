"""The filter of the list of orders, as it stands in the page's address."""

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from reconcile.ledger.queries import SORTS, OrderFilter
from webhooks.current import current_services
from webhooks.languages import gettext as _
from webhooks.languages import zone

TEXT_PARTS = ("store", "standing", "cause", "subject", "state", "q")
DAYS = ("since", "until")
SUMS = ("least", "most")
SEARCHED = timedelta(days=90)
LARGEST = Decimal(10) ** 12


def filter_from(given: MultiDict[str, str]) -> OrderFilter:
    """The filter in an address or a form; `until` is a day that is still included, on the shop's clock."""
    parts = asked(given)
    since, until = (_day(parts.get(name), name, parts.get("store")) for name in DAYS)
    least, most = (_sum(parts.get(name), name) for name in SUMS)
    texts = {name: parts.get(name) for name in TEXT_PARTS}
    after = until + timedelta(days=1) if until else None
    return OrderFilter(**texts, since=since, until=after, least=least, most=most)


def asked(given: MultiDict[str, str]) -> dict[str, str]:
    """The parts of the filter that say something, and the order of the list where it is not the usual one."""
    parts = {name: given.get(name, "").strip() for name in (*TEXT_PARTS, *DAYS, *SUMS)}
    found = {name: text for name, text in parts.items() if text}
    if "q" in found and not any(name in found for name in DAYS):
        found["since"] = _searched_since(found.get("store"))
    sort = sort_from(given)
    return found if sort == "newest" else {**found, "sort": sort}


def _searched_since(store: str | None) -> str:
    """A text is looked for in what is recent, unless days are given: it has no index, and a ledger may hold years."""
    return (current_services().clock.now().astimezone(zone(store)) - SEARCHED).date().isoformat()


def sort_from(given: MultiDict[str, str]) -> str:
    wanted = given.get("sort", "")
    return wanted if wanted in SORTS else "newest"


def _day(text: str | None, name: str, store: str | None) -> datetime | None:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), zone(store)) if text else None
    except ValueError:
        raise BadRequest(_("%(name)s: write a day, such as 2026-11-02.", name=name)) from None


def _sum(text: str | None, name: str) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) > LARGEST:
        raise BadRequest(_("%(name)s: write an amount, such as 49.90.", name=name))
    return found
