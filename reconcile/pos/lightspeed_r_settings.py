"""Lightspeed R's settings for the checklist, and who the token is: each part alone, so that no refusal hides another.

Source: facts/lightspeed-api.md, A2, A6 and A9.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from reconcile.clock import Clock
from reconcile.errors import Rejected, Unauthorised, Untrustworthy
from reconcile.model import Employee, Identity, Item, Location, SetUp, SetUpQuestions
from reconcile.pos.asking import Part, batches, part
from reconcile.pos.fields import Row, word
from reconcile.pos.lightspeed_r_pages import Pages, Params
from reconcile.pos.lightspeed_r_wire import (
    SKU_FIELDS,
    employee_from,
    flag,
    id_of,
    item_from,
    key_of,
    location_from,
    name_of,
)

ARCHIVED_TOO = ("archived", "true")
PROBED = {"sales": "Sale", "employees": "Employee", "items": "Item", "payment types": "PaymentType"}
SELDOM = timedelta(minutes=30)
CUSTOM = "customSku"  # where the connector's own products have their names


class Settings:
    """Reads one account's settings; what changes seldom, and no rule asks of the moment, is kept for a while."""

    def __init__(self, pages: Pages, *, clock: Clock, sku_field: str, most: int) -> None:
        self._pages = pages
        self._clock = clock
        self._codes = tuple(dict.fromkeys((sku_field, CUSTOM, *SKU_FIELDS)))
        self._most = most
        self._kept: dict[str, tuple[datetime, Any]] = {}

    def read(self, wanted: SetUpQuestions) -> SetUp:
        """Every part that may be read; a refused one is None and `unread` says why. Other errors are raised.

        R-Series has no custom field that the API could name as required: that part stays None, and is not unread.
        """
        unread: dict[str, str] = {}
        pages = self._pages
        return SetUp(
            read_at=self._clock.now(),
            items=part(unread, "items", lambda: self._items(wanted.skus)),
            locations=part(unread, "locations", lambda: self._seldom("locations", lambda: read_locations(pages))),
            payment_types=part(unread, "payment_types", lambda: self._seldom("types", lambda: _payment_types(pages))),
            employees=part(unread, "employees", lambda: self._employees(wanted)),
            unread=unread,
        )

    def _seldom(self, name: str, read: Callable[[], Part]) -> Part:
        kept = self._kept.get(name)
        if kept is None or self._clock.now() - kept[0] > SELDOM:
            kept = self._kept[name] = self._clock.now(), read()
        value: Part = kept[1]
        return value

    def _items(self, skus: Sequence[str]) -> dict[str, tuple[Item, ...]]:
        """Every item under each SKU, to the letter, archived ones included: by the code that is linked, then by others."""
        found: dict[str, tuple[Item, ...]] = dict.fromkeys(skus, ())
        for code in self._codes:
            missing = [sku for sku in skus if not found[sku]]
            for some in batches(missing, self._most):
                found |= _items_by(self._pages, code, some)
        return found

    def _employees(self, wanted: SetUpQuestions) -> tuple[Employee, ...]:
        """The one who is assigned, those seen on sales, and the token's own; one who is gone is deleted."""
        token_of = self._seldom("session", lambda: key_of(self._pages.session(), "employeeID"))
        asked = {*wanted.employee_ids, *([token_of] if token_of else [])}
        rows = self._staff() if wanted.employee.strip() else self._staff(sorted(asked))
        found = {
            id_of(row, "employeeID"): employee_from(row, token_of=token_of, sellers=wanted.employee_ids)
            for row in rows
            if id_of(row, "employeeID") in asked or _is_called(row, wanted.employee)
        }
        gone = (
            Employee(
                employee_id=number, name="", deleted=True, owns_token=number == token_of,
                sells=number in wanted.employee_ids,
            )
            for number in sorted(asked - set(found))
        )  # fmt: skip
        return (*found.values(), *gone)

    def _staff(self, ids: Sequence[str] | None = None) -> list[Row]:
        """The employees with these ids, a hundred in a call; all of them where one is known by name alone."""
        if ids is None:
            return self._pages.every("Employee", [ARCHIVED_TOO], key="employeeID")
        questions = ([ARCHIVED_TOO, ("employeeID", f"IN,[{','.join(some)}]")] for some in batches(ids, self._most))
        return [row for one in questions for row in self._pages.every("Employee", one, key="employeeID")]


def _items_by(pages: Pages, code: str, skus: list[str]) -> dict[str, tuple[Item, ...]]:
    near = {sku.strip().casefold() for sku in skus}
    found: dict[str, tuple[Item, ...]] = {}
    for row in pages.every("Item", [ARCHIVED_TOO, *equals_any(code, skus)], key="itemID"):
        sku = word(row.get(code))
        if sku.casefold() not in near:
            raise Untrustworthy("Lightspeed R: Item gave one that was not asked for; the filter was ignored.")
        if sku in skus:
            found[sku] = (*found.get(sku, ()), item_from(row, sku))
    return found


def equals_any(field: str, values: Sequence[str]) -> Params:
    """`or=` over one field: as cheap as a single value. Inner values are escaped once more than outer ones."""
    return [("or", "|".join(f"{field}={_inner(value)}" for value in values))]


def _inner(value: str) -> str:
    """Only what would be read as something else: whether the vendor unescapes twice is not settled for the rest."""
    for character in "%|&+=":
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def read_locations(pages: Pages) -> tuple[Location, ...]:
    """Every shop with the number of its tills."""
    tills = Counter(key_of(row, "shopID") for row in pages.every("Register", [], key="registerID"))
    rows = pages.every("Shop", [ARCHIVED_TOO], key="shopID")
    return tuple(location_from(row, tills[id_of(row, "shopID")]) for row in rows)


def _is_called(row: Row, name: str) -> bool:
    """Whether an employee goes by this name: the whole of it, to the letter but for case and blanks."""
    wanted = " ".join(name.split()).casefold()
    return bool(wanted) and name_of(row).casefold() == wanted


def read_identity(pages: Pages, host: str) -> Identity:
    """Who the token is, the shops that it sees, and what it is refused. Raises Unauthorised when it opens nothing."""
    blind: list[str] = []
    session = pages.session()
    employee = session.get("Employee")
    name = name_of(employee) if isinstance(employee, dict) else ""
    locations: tuple[Location, ...] = ()
    try:
        locations = read_locations(pages)
    except (Unauthorised, Rejected) as error:
        blind.append(f"locations: {error}")
    for what, collection in PROBED.items():
        try:
            next(pages.walk(collection, [("limit", "1")]))
        except (Unauthorised, Rejected) as error:
            blind.append(f"{what}: {error}")
    return Identity(name=name, account=f"{pages.account()} at {host}", locations=locations, blind_spots=tuple(blind))


def _payment_types(pages: Pages) -> tuple[str, ...]:
    rows = pages.every("PaymentType", [], key="paymentTypeID")
    return tuple(word(row.get("name")) for row in rows if not flag(row, "archived"))
