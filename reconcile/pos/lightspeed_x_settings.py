"""X-Series settings for the checklist, and who the token is: each part alone, so that no refusal hides another.

Source: facts/lightspeed-api.md, B2, B6.
"""

from collections import Counter
from datetime import datetime

from reconcile.errors import Rejected, Unauthorised
from reconcile.model import Employee, Identity, Item, Location, SetUp, SetUpQuestions
from reconcile.pos.asking import part
from reconcile.pos.fields import Row, word
from reconcile.pos.lightspeed_x_pages import Pages
from reconcile.pos.lightspeed_x_products import Products
from reconcile.pos.lightspeed_x_wire import employee_from, id_of, location_from

PROBED = ("sales", "users", "products", "payment_types")


def read_set_up(pages: Pages, products: Products, wanted: SetUpQuestions, *, now: datetime) -> SetUp:
    """Every part that may be read; a refused one is None and `unread` says why. Other errors are raised.

    X-Series has no custom field that could be required: that part stays None, and is not unread.
    """
    unread: dict[str, str] = {}
    return SetUp(
        read_at=now,
        items=part(unread, "items", lambda: read_items(products, wanted)),
        locations=part(unread, "locations", lambda: read_locations(pages)),
        payment_types=part(unread, "payment_types", lambda: read_payment_types(pages)),
        employees=part(unread, "employees", lambda: read_employees(pages, wanted)),
        unread=unread,
    )


def read_items(products: Products, wanted: SetUpQuestions) -> dict[str, tuple[Item, ...]]:
    """The products under each SKU, archived ones included."""
    products.follow()
    return products.items(wanted.skus)


def read_locations(pages: Pages) -> tuple[Location, ...]:
    """Every outlet with the number of its tills."""
    tills = Counter(word(row.get("outlet_id")) for row in pages.every("registers") if not row.get("deleted_at"))
    return tuple(location_from(row, tills[id_of(row)]) for row in pages.every("outlets"))


def read_payment_types(pages: Pages) -> tuple[str, ...]:
    """The names of the ways to pay; at which outlets they are offered, no page gives."""
    return tuple(word(row.get("name")) for row in pages.every("payment_types") if not row.get("deleted_at"))


def read_employees(pages: Pages, wanted: SetUpQuestions) -> tuple[Employee, ...]:
    """The one who is assigned, those seen on sales, and the token's own.

    Whether the list has deleted users is not documented: whoever is missing from it is asked for by id, and one whom
    that does not know either is gone.
    """
    token_of = id_of(pages.single("user"))
    asked = {*wanted.employee_ids, token_of}
    listed = [row for row in pages.every("users") if id_of(row) in asked or _is_called(row, wanted.employee)]
    absent = sorted(asked - {id_of(row) for row in listed})
    rows = [*listed, *(pages.users(absent) if absent else [])]
    sellers = wanted.employee_ids
    found = {id_of(row): employee_from(row, token_of=token_of, sellers=sellers) for row in rows}
    gone = [
        Employee(employee_id=one, name="", deleted=True, owns_token=one == token_of, sells=one in sellers)
        for one in sorted(asked - set(found))
    ]
    return (*found.values(), *gone)


def _is_called(row: Row, name: str) -> bool:
    """Whether a user goes by this name: the whole of it, to the letter but for case and blanks."""
    wanted = " ".join(name.split()).casefold()
    return bool(wanted) and wanted in {word(row.get(key)).casefold() for key in ("display_name", "username")}


def read_identity(pages: Pages, host: str) -> Identity:
    """Who the token is, the outlets that it sees, and what it is refused. Raises Unauthorised when it opens nothing."""
    user = pages.single("user")
    blind: list[str] = []
    locations: tuple[Location, ...] = ()
    try:
        locations = read_locations(pages)
    except (Unauthorised, Rejected) as error:
        blind.append(f"locations: {error}")
    for name in PROBED:
        try:
            pages.page(name, 0, size=1)
        except (Unauthorised, Rejected) as error:
            blind.append(f"{name.replace('_', ' ')}: {error}")
    name = word(user.get("display_name")) or word(user.get("username"))
    return Identity(name=name, account=f"Lightspeed X at {host}", locations=locations, blind_spots=tuple(blind))
