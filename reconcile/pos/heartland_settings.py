"""Heartland's settings for the checklist, and who the token is: each part alone, so that one refusal hides no other.

Source: facts/heartland-api.md, 1.3 (whoami), 2.4 to 2.9.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from reconcile.errors import Rejected, Unauthorised, Untrustworthy
from reconcile.http import Http
from reconcile.model import Identity, Item, Location, SetUp, SetUpQuestions
from reconcile.pos.asking import batches, part
from reconcile.pos.fields import Row, word
from reconcile.pos.heartland_pages import BAD_QUESTION, Pages
from reconcile.pos.heartland_wire import id_of, item_from, location_from, reference_of, required_fields_from

WHOAMI = "/system/whoami"
NOT_FOUND = 404
PROBED = {
    "sales orders": "/sales/orders",
    "tickets, and with them refunds": "/sales/tickets",
    "custom fields": "/custom_fields",
    "items": "/items",
    "payment types": "/payment_types",
}
NAME_KEYS = ("login", "name", "full_name", "username")


def read_set_up(pages: Pages, wanted: SetUpQuestions, *, now: datetime, chunk: int) -> SetUp:
    """Every part that may be read; a refused one is None and `unread` says why. Other errors are raised."""
    unread: dict[str, str] = {}
    return SetUp(
        read_at=now,
        required_fields=part(unread, "required_fields", lambda: required_fields_from(pages.every("/custom_fields"))),
        items=part(unread, "items", lambda: read_items(pages, wanted.skus, chunk)),
        locations=part(unread, "locations", lambda: read_locations(pages)),
        payment_types=part(unread, "payment_types", lambda: _payment_types(pages)),
        unread=unread,
    )


def read_items(pages: Pages, skus: Sequence[str], chunk: int) -> dict[str, tuple[Item, ...]]:
    """Every item under each SKU, to the letter, archived ones included; () where there is none.

    Whether a plain question lists archived items is undocumented, so that they are asked for by themselves too.
    """
    found: dict[str, dict[str, Item]] = {sku: {} for sku in skus}
    for some in batches(list(found), chunk):
        for item in _items(pages, some):
            if item.sku in found:
                found[item.sku].setdefault(item.item_id, item)
    return {sku: tuple(items.values()) for sku, items in found.items()}


def skus_by_id(pages: Pages, ids: Sequence[int], chunk: int) -> dict[int, str]:
    """The Item # of each of these items; one that is gone is left out."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), chunk):
        some = ids[start : start + chunk]
        for row in pages.every("/items", {"id": {"$in": list(some)}}, sort="id"):
            if id_of(row) not in some:
                raise Untrustworthy("Heartland: /items gave an item that was not asked for; the filter was ignored.")
            found[id_of(row)] = reference_of(row) or ""
    return found


def read_locations(pages: Pages) -> tuple[Location, ...]:
    """Every location that the token's user may see, with its active tills where these are given."""
    return tuple(location_from(row) for row in pages.every("/locations", includes=("stations",)))


def read_identity(http: Http, pages: Pages) -> Identity:
    """Who the token is, and what it is refused.

    Raises Unauthorised when the token opens neither the question who it is nor the list of locations.
    """
    blind: list[str] = []
    name, refusal = _who(http, blind)
    try:
        locations = read_locations(pages)
    except (Unauthorised, Rejected) as error:
        if refusal is not None:
            raise refusal from None
        blind.append(f"locations: {error}")
        locations = ()
    for what, path in PROBED.items():
        try:
            pages.page(path, per_page=1)
        except (Unauthorised, Rejected) as error:
            blind.append(f"{what}: {error}")
    account = urlsplit(http.base_url).hostname or ""
    return Identity(name=name, account=account, locations=locations, blind_spots=tuple(blind))


def _items(pages: Pages, skus: list[str]) -> list[Item]:
    where = {"public_id": {"$in": skus}}
    plain = [item_from(row, active=True) for row in _asked_items(pages, where, skus)]
    if any(not item.active for item in plain):
        return plain  # archived ones are listed: asking for them again would tell nothing new
    try:
        archived = _asked_items(pages, {**where, "active": False}, skus)
    except Rejected as error:
        if error.status in BAD_QUESTION and {item.sku for item in plain} >= set(skus):
            return plain
        raise
    return plain + [item_from(row, active=False) for row in archived]


def _asked_items(pages: Pages, where: Mapping[str, Any], skus: list[str]) -> list[Row]:
    """Rows under these SKUs; near ones (case, blanks) answer the question too, but are another SKU."""
    near = {sku.strip().casefold() for sku in skus}
    rows = pages.every("/items", where, sort="id")
    if any((reference_of(row) or "").strip().casefold() not in near for row in rows):
        raise Untrustworthy("Heartland: /items gave an item that was not asked for; the filter was ignored.")
    return rows


def _payment_types(pages: Pages) -> tuple[str, ...]:
    return tuple(word(row.get("name")) for row in pages.every("/payment_types"))


def _who(http: Http, blind: list[str]) -> tuple[str, Unauthorised | None]:
    try:
        body = http.get(WHOAMI)
    except Unauthorised as error:
        blind.append(f"who the token belongs to: {error}")
        return "", error
    except Rejected as error:
        if error.status != NOT_FOUND:
            raise
        blind.append("who the token belongs to: this account has no such question; that it reads locations is all")
        return "", None
    return _name(body), None


def _name(body: object) -> str:
    """The user's name or login wherever it stands: no sample of the answer is public."""
    if not isinstance(body, dict):
        return ""
    user = body.get("user")
    row = {**body, **user} if isinstance(user, dict) else body
    first_last = f"{word(row.get('first_name'))} {word(row.get('last_name'))}".strip()
    return next((word(row[key]) for key in NAME_KEYS if isinstance(row.get(key), str)), first_last)
