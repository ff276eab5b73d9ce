"""Orders written straight into the ledger, for tests of what is read from it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from reconcile import codec
from reconcile.ledger import Ledger
from reconcile.ledger.tables import orders
from reconcile.model import Finding, Order, OrderLine, Sale, SaleKind, SaleStatus
from reconcile.pos.stored import sale_to_json
from reconcile.shopify.stored import order_to_json, sought_in

PLACED = datetime(2026, 11, 2, 8, tzinfo=UTC)
TOTAL = Decimal("107.50")


def an_order(order_id: int = 1001, **changes: Any) -> Order:
    """A paid order of two mugs; `current_total` follows `total` unless it is given."""
    order = Order(
        order_id=order_id, name=f"#{order_id}", number=order_id, created_at=PLACED, updated_at=PLACED,
        financial_status="paid", currency="CAD", total=TOTAL, current_total=TOTAL, tax=Decimal("7.50"),
        current_tax=Decimal("7.50"), shipping=Decimal(10), source_name="web",
        lines=(OrderLine(line_id=1, sku="MUG-01", title="Mug", quantity=2, current_quantity=2, price=Decimal(45)),),
    )  # fmt: skip
    if "total" in changes:
        changes.setdefault("current_total", changes["total"])
    return replace(order, **changes)


def a_sale(order: Order, **changes: Any) -> Sale:
    """The POS record that says the same as the order."""
    sale = Sale(
        sale_id=f"ticket:{order.order_id}", kind=SaleKind.SALE, status=SaleStatus.COMPLETE, raw_status="complete",
        reference=order.name, total=order.total, tax=order.tax, shipping=order.shipping, discount=order.discount,
        created_at=order.created_at, lines=(),
    )  # fmt: skip
    return replace(sale, **changes)


def keep(
    ledger: Ledger, order: Order, sales: Sequence[Sale] = (), findings: Sequence[Finding] = (), **columns: Any
) -> None:
    """Write the order's row as the loop would leave it; `columns` are the ledger's own."""
    values: dict[str, Any] = {
        "store": "demo", "order_id": order.order_id, "name": order.name, "created_at": order.created_at,
        "updated_at": order.updated_at, "eligible_at": order.created_at, "changed_at": order.updated_at,
        "first_seen_at": order.created_at, "found_by": "webhook", "total": order.total, "currency": order.currency,
        "body": order_to_json(order), "sought": sought_in(order), "sales": [sale_to_json(sale) for sale in sales],
        "findings": [codec.to_json(finding) for finding in findings],
        "standing": "matched" if sales else "missing",
    }  # fmt: skip
    with ledger.write() as connection:
        connection.execute(insert(orders).values(**values | columns))
