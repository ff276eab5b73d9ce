"""The account's records as R-Series writes them: every scalar a string, a collection of one an object, no empty keys.

Source: the vendor's pages on each endpoint, and recorded traffic of 2015 to 2017.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sandbox.lightspeed_r.books import LightspeedRBooks
from sandbox.lightspeed_r.records import NOBODY, ZERO, Employee, Item, Line, PaymentType, Register, Sale, Shop

Row = dict[str, object]
SALE_RELATIONS = frozenset({"SaleLines", "SaleLines.Item", "SalePayments", "SalePayments.PaymentType"})


def number(amount: Decimal) -> str:
    """An amount without trailing zeros, as text."""
    text = f"{amount.normalize():f}"
    return "0" if text in ("-0", "") else text


def flag(value: bool) -> str:
    """`true` or `false`, as text."""
    return "true" if value else "false"


def moment(at: datetime) -> str:
    """ISO 8601 with its offset, to the second."""
    return at.isoformat(timespec="seconds")


def one_or_many(rows: Sequence[Row]) -> object:
    """A collection of one is the record itself."""
    return rows[0] if len(rows) == 1 else list(rows)


def sale_row(sale: Sale, books: LightspeedRBooks, loaded: Collection[str] = ()) -> Row:
    """A sale with the relations that were asked for; nothing is there that has no value."""
    row: Row = {
        "saleID": str(sale.id),
        "timeStamp": moment(sale.updated_at),
        "discountPercent": "0",
        "completed": sale.wire_completed or flag(sale.completed),
        "archived": flag(sale.archived),
        "voided": flag(sale.voided),
        "enablePromotions": "false",
        "isTaxInclusive": "false",
        "createTime": moment(sale.created_at),
        books.switches.updated_key: moment(sale.updated_at),
        "referenceNumber": sale.reference,
        "referenceNumberSource": sale.source,
        "change": "0",
        "ticketNumber": f"22{sale.id:010}",
        "calcDiscount": number(sale.discount),
        "calcTotal": number(sale.total),
        "calcSubtotal": number(sale.total - sale.tax),
        "calcTax1": number(sale.tax),
        "calcTax2": "0",
        "calcPayments": number(sale.paid),
        "total": number(sale.total),
        "balance": number(sale.balance),
        "customerID": str(sale.customer_id),
        "employeeID": str(sale.employee_id),
        "quoteID": "0",
        "registerID": str(sale.register_id),
        "shipToID": "0",
        "shopID": str(sale.shop_id),
        "taxCategoryID": "0",
        "taxTotal": number(sale.tax),
    }
    if sale.completed_at is not None:
        row["completeTime"] = moment(sale.completed_at)
    return row | _relations(sale, books, loaded)


def _relations(sale: Sale, books: LightspeedRBooks, loaded: Collection[str]) -> Row:
    found: Row = {}
    if "SaleLines" in loaded or "SaleLines.Item" in loaded:
        lines = [_line_row(sale, place, line, books, loaded) for place, line in enumerate(sale.lines, start=1)]
        found |= _related("SaleLines", "SaleLine", lines, books)
    if "SalePayments" in loaded or "SalePayments.PaymentType" in loaded:
        found |= _related("SalePayments", "SalePayment", _payment_rows(sale, books, loaded), books)
    return found


def _related(name: str, record: str, rows: Sequence[Row], books: LightspeedRBooks) -> Row:
    """An empty relation has no key, or stands there as empty text."""
    if rows:
        return {name: {record: one_or_many(rows)}}
    return {} if books.switches.empty_relation == "absent" else {name: ""}


def _line_row(sale: Sale, place: int, line: Line, books: LightspeedRBooks, loaded: Collection[str]) -> Row:
    row: Row = {
        "saleLineID": str(sale.id * 100 + place),
        "createTime": moment(sale.created_at),
        "timeStamp": moment(sale.updated_at),
        "unitQuantity": number(line.qty),
        "unitPrice": number(line.unit_price),
        "normalUnitPrice": number(line.unit_price),
        "discountAmount": "0",
        "discountPercent": "0",
        "tax": "true",
        "isLayaway": "false",
        "isWorkorder": "false",
        "isSpecialOrder": "false",
        "calcTotal": number(line.qty * line.unit_price),
        "calcSubtotal": number(line.qty * line.unit_price),
        "saleID": str(sale.id),
        "itemID": str(line.item_id),
        "employeeID": str(sale.employee_id),
        "shopID": str(sale.shop_id),
        "noteID": "0",
        "parentSaleLineID": "0",
    }
    item = books.items.by_id.get(line.item_id)
    if "SaleLines.Item" in loaded and item is not None:
        row["Item"] = item_row(item, books)
    return row


def _payment_rows(sale: Sale, books: LightspeedRBooks, loaded: Collection[str]) -> list[Row]:
    """All that was paid, in one payment of the first type that the account knows."""
    if sale.paid == ZERO:
        return []
    kind = next(iter(books.payment_types.by_id.values()), None)
    row: Row = {
        "salePaymentID": str(sale.id),
        "amount": number(sale.paid),
        "tipAmount": "0",
        "createTime": moment(sale.created_at),
        "archived": "false",
        "saleID": str(sale.id),
        "paymentTypeID": str(kind.id if kind else NOBODY),
        "ccChargeID": "0",
        "registerID": str(sale.register_id),
        "employeeID": str(sale.employee_id),
    }
    if "SalePayments.PaymentType" in loaded and kind is not None:
        row["PaymentType"] = payment_type_row(kind, books)
    return [row]


def employee_row(one: Employee, _books: LightspeedRBooks, _loaded: Iterable[str] = ()) -> Row:
    """An employee; `accessPin` left the answers in 2016."""
    return {
        "employeeID": str(one.id),
        "firstName": one.first_name,
        "lastName": one.last_name,
        "lockOut": flag(one.locked),
        "archived": flag(one.archived),
        "timeStamp": moment(one.updated_at),
        "contactID": str(one.id),
        "clockInEmployeeHoursID": "0",
        "employeeRoleID": "4",
        "limitToShopID": "0",
        "lastShopID": "1",
        "lastSaleID": "0",
        "lastRegisterID": "1",
    }


def shop_row(shop: Shop, _books: LightspeedRBooks, _loaded: Iterable[str] = ()) -> Row:
    """A shop."""
    return {
        "shopID": str(shop.id),
        "name": shop.name,
        "serviceRate": "0",
        "timeZone": "UTC",
        "taxLabor": "false",
        "archived": flag(shop.archived),
        "contactID": str(shop.id),
        "taxCategoryID": "0",
    }


def register_row(register: Register, _books: LightspeedRBooks, _loaded: Iterable[str] = ()) -> Row:
    """A till."""
    return {
        "registerID": str(register.id),
        "name": register.name,
        "open": flag(register.open),
        "archived": flag(register.archived),
        "openEmployeeID": "0",
        "shopID": str(register.shop_id),
    }


def payment_type_row(kind: PaymentType, _books: LightspeedRBooks, _loaded: Iterable[str] = ()) -> Row:
    """A way to pay."""
    return {
        "paymentTypeID": str(kind.id),
        "name": kind.name,
        "requireCustomer": "false",
        "archived": flag(kind.archived),
        "internalReserved": "false",
        "type": kind.kind,
        "refundAsPaymentTypeID": "0",
    }


def item_row(item: Item, _books: LightspeedRBooks, _loaded: Iterable[str] = ()) -> Row:
    """A product with its codes; one that is not set is empty text."""
    return {
        "itemID": str(item.id),
        "systemSku": item.system_sku,
        "defaultCost": "0",
        "avgCost": "0",
        "discountable": "true",
        "tax": "true",
        "archived": flag(item.archived),
        "itemType": "default" if item.tracks_stock else "non_inventory",
        "serialized": "false",
        "description": item.title,
        "upc": item.upc,
        "ean": item.ean,
        "customSku": item.custom_sku,
        "manufacturerSku": "",
        "createTime": moment(item.created_at),
        "timeStamp": moment(item.updated_at),
        "publishToEcom": "false",
        "categoryID": "0",
        "taxClassID": "1",
        "itemMatrixID": "0",
        "Prices": {"ItemPrice": [{"amount": number(item.price), "useType": "Default"}]},
    }
