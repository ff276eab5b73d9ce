"""What can be listed: its records, the fields to search by, the fields to sort by, and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.heartland.shelf import Shelf
from sandbox.lightspeed_r import wire
from sandbox.lightspeed_r.books import LightspeedRBooks
from sandbox.lightspeed_r.query import Field, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One collection. `key` names the id; whoever has no `archived` of its own is never archived."""

    key: str
    shelf: Callable[[LightspeedRBooks], Shelf[Any]]
    row: Callable[..., wire.Row]
    fields: Fields
    sorts: Mapping[str, Callable[[Any], Any]]
    relations: frozenset[str] = field(default_factory=frozenset)

    def archived(self, record: Any) -> bool:
        """Whether the default listing hides the record."""
        return bool(getattr(record, "archived", False))


def _plain(name: str, kind: str) -> Field:
    return Field(kind, lambda record: getattr(record, name))


def _id(record: Any) -> int:
    return int(record.id)


RESOURCES: Final[Mapping[str, Resource]] = {
    "Sale": Resource(
        key="saleID",
        shelf=lambda books: books.sales,
        row=wire.sale_row,
        fields={
            "saleID": _plain("id", "id"),
            "referenceNumber": _plain("reference", "text"),
            "referenceNumberSource": _plain("source", "text"),
            "completed": _plain("completed", "flag"),
            "voided": _plain("voided", "flag"),
            "shopID": _plain("shop_id", "id"),
            "registerID": _plain("register_id", "id"),
            "employeeID": _plain("employee_id", "id"),
            "customerID": _plain("customer_id", "id"),
            "total": _plain("total", "money"),
            "balance": _plain("balance", "money"),
            "timeStamp": _plain("updated_at", "moment"),
            "createTime": _plain("created_at", "moment"),
            "completeTime": _plain("completed_at", "moment"),
        },
        sorts={
            "saleID": _id,
            "timeStamp": lambda sale: sale.updated_at,
            "updatetime": lambda sale: sale.updated_at,
            "completeTime": lambda sale: sale.completed_at or sale.created_at,
        },
        relations=wire.SALE_RELATIONS,
    ),
    "Employee": Resource(
        key="employeeID",
        shelf=lambda books: books.employees,
        row=wire.employee_row,
        fields={
            "employeeID": _plain("id", "id"),
            "firstName": _plain("first_name", "text"),
            "lastName": _plain("last_name", "text"),
            "lockOut": _plain("locked", "flag"),
        },
        sorts={"employeeID": _id, "timeStamp": lambda one: one.updated_at},
    ),
    "Shop": Resource(
        key="shopID",
        shelf=lambda books: books.shops,
        row=wire.shop_row,
        fields={"shopID": _plain("id", "id"), "name": _plain("name", "text")},
        sorts={"shopID": _id},
    ),
    "Register": Resource(
        key="registerID",
        shelf=lambda books: books.registers,
        row=wire.register_row,
        fields={"registerID": _plain("id", "id"), "shopID": _plain("shop_id", "id"), "open": _plain("open", "flag")},
        sorts={"registerID": _id},
    ),
    "PaymentType": Resource(
        key="paymentTypeID",
        shelf=lambda books: books.payment_types,
        row=wire.payment_type_row,
        fields={"paymentTypeID": _plain("id", "id"), "name": _plain("name", "text")},
        sorts={"paymentTypeID": _id},
    ),
    "Item": Resource(
        key="itemID",
        shelf=lambda books: books.items,
        row=wire.item_row,
        fields={
            "itemID": _plain("id", "id"),
            "systemSku": _plain("system_sku", "text"),
            "customSku": _plain("custom_sku", "text"),
            "upc": _plain("upc", "text"),
            "ean": _plain("ean", "text"),
            "description": _plain("title", "text"),
        },
        sorts={"itemID": _id, "timeStamp": lambda item: item.updated_at},
    ),
}
