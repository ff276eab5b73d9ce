"""`/search`: windows of sales by their date, and products by SKU, with offsets; up to a thousand records a call.

Source: the vendor's description of search; that a SKU with a hyphen finds nothing was seen live by others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from sandbox.lightspeed_x.books import LightspeedXBooks
from sandbox.lightspeed_x.records import Product, Sale
from sandbox.lightspeed_x.refusal import Refused

LARGEST_PAGE: Final = 1000
SMALLEST_PAGE: Final = 1
PLAIN: Final = {"type", "offset", "page_size", "order_by", "order_direction", "deleted"}
OF_SALES: Final = {
    "date_from", "date_to", "state", "status", "invoice_number", "user_id", "outlet_id", "customer_id", "register_id",
}  # fmt: skip
OF_PRODUCTS: Final = {"sku"}
WORD: Final = re.compile(r"[a-z0-9]+")


def search(args: MultiDict[str, str], books: LightspeedXBooks) -> tuple[str, list[Any]]:
    """What was searched for, and one page of it. Raises Refused on a parameter that no page names."""
    kind = args.get("type", "")
    if kind not in ("sales", "products"):
        raise Refused(400, "type is sales, products or customers")
    unknown = set(args) - PLAIN - (OF_SALES if kind == "sales" else OF_PRODUCTS)
    if unknown:
        raise Refused(400, f"unknown parameter: {', '.join(sorted(unknown))}")
    found: list[Any] = list(_sales(args, books) if kind == "sales" else _products(args, books))
    if args.get("deleted") != "true":
        found = [record for record in found if record.deleted_at is None]
    start, size = _number(args, "offset", 0), min(_number(args, "page_size", 50), LARGEST_PAGE)
    return kind, found[start : start + max(size, SMALLEST_PAGE)]


def _sales(args: MultiDict[str, str], books: LightspeedXBooks) -> list[Sale]:
    seen_until = books.clock() - timedelta(seconds=books.switches.search_lag_s)
    tests = [*_window(args), *_exact(args), *_numbered(args, books)]
    known = [sale for sale in books.sales.by_id.values() if sale.updated_at <= seen_until]
    found = [sale for sale in known if all(test(sale) for test in tests)]
    return sorted(found, key=lambda sale: (sale.sale_at, sale.version), reverse=args.get("order_direction") == "desc")


Test = Callable[[Sale], bool]


def _window(args: MultiDict[str, str]) -> Iterable[Test]:
    since, until = _moment(args, "date_from"), _moment(args, "date_to")
    if since is not None:
        yield lambda sale: sale.sale_at >= since
    if until is not None:
        yield lambda sale: sale.sale_at <= until


def _exact(args: MultiDict[str, str]) -> Iterable[Test]:
    states, registers = args.getlist("state"), args.getlist("register_id")
    if states:
        yield lambda sale: (sale.wire_state or sale.state) in states
    if registers:
        yield lambda sale: sale.register_id in registers
    for name in ("user_id", "outlet_id"):
        if args.get(name):
            yield lambda sale, name=name: getattr(sale, name) == args[name]  # type: ignore[misc]  # a default binds it


def _numbered(args: MultiDict[str, str], books: LightspeedXBooks) -> Iterable[Test]:
    wanted = args.get("invoice_number")
    if not wanted:
        return
    if books.switches.search_words == "exact":
        yield lambda sale: sale.invoice_number == wanted
    else:
        words = set(WORD.findall(wanted.lower()))
        yield lambda sale: bool(words & set(WORD.findall(sale.invoice_number.lower())))


def _products(args: MultiDict[str, str], books: LightspeedXBooks) -> list[Product]:
    """By SKU as the index has it: in lower case, and in one piece, which a SKU with a hyphen is not."""
    wanted = args.get("sku")
    everything = list(books.products.by_id.values())
    if wanted is None:
        return everything
    if "-" in wanted:
        return []
    return [product for product in everything if product.sku.lower() == wanted]


def _number(args: MultiDict[str, str], name: str, otherwise: int) -> int:
    text = args.get(name, str(otherwise))
    if not text.isdigit():
        raise Refused(400, f"{name} is a number from 0")
    return int(text)


def _moment(args: MultiDict[str, str], name: str) -> datetime | None:
    text = args.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, f"{name} is a time in ISO 8601") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
