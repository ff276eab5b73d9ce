"""Evidence from a case written in YAML; the language is described at the top of test_rules.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reconcile import model as m
from reconcile.compare import Look, compare
from reconcile.config import declared_from
from reconcile.evidence import Evidence, Outcome, Return, ShopEvidence
from reconcile.traits import CREATED_LONG_BEFORE, LONG_BEFORE, traits

CREATED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CASE_KEYS = {
    "order", "sale", "sales", "declared", "set_up", "shop", "certainty", "subject", "also", "instead",
    "now_after_s", "eligible_after_s", "grace_s", "pending_after_s",
}  # fmt: skip
SHOP_KEYS = {"pos", "outcomes", "returns", "unreferenced"}
LINES = (
    {"sku": "MUG-01", "title": "Mug", "quantity": 2, "price": 20},
    {"sku": "TEE-01", "title": "T-shirt", "quantity": 1, "price": 45},
)
MONEY = {
    "total", "current_total", "tax", "current_tax", "discount", "shipping", "duties", "fees", "price", "unit_price",
    "balance", "paid", "amount",
}  # fmt: skip
Raw = Mapping[str, Any]


def at(seconds: float) -> datetime:
    return CREATED + timedelta(seconds=seconds)


def plain(raw: Raw) -> dict[str, Any]:
    """Numbers of money become Decimals, `x_after_s` becomes `x_at`, lists become tuples."""
    made: dict[str, Any] = {}
    for key, value in raw.items():
        if key.endswith("_after_s"):
            made[key.removesuffix("_after_s") + "_at"] = None if value is None else at(value)
        elif key in MONEY:
            made[key] = None if value is None else Decimal(str(value))
        else:
            made[key] = tuple(value) if isinstance(value, list) else value
    return made


def evidence(case: Raw) -> Evidence:
    """What the rules are given; the standing and the discrepancies are those that `compare` finds."""
    assert set(case) <= CASE_KEYS, f"unknown keys: {set(case) - CASE_KEYS}"
    order = order_of(case.get("order") or {})
    times = {
        "eligible_at": at(case.get("eligible_after_s", 0)),
        "now": at(case.get("now_after_s", 3600)),
        "grace": timedelta(seconds=case.get("grace_s", 900)),
        "pending_after": timedelta(seconds=case.get("pending_after_s", 1800)),
    }
    raw_sales = case.get("sales") or ([case["sale"] or {}] if "sale" in case else [])
    sales = tuple(sale_of(raw, order, n) for n, raw in enumerate(raw_sales, start=1))
    shop = shop_of(case, order)
    look = compare(order, sales, shop=shop, **times)
    return Evidence(
        order=order, standing=look.standing, sales=sales, discrepancies=look.discrepancies,
        shop=replace(shop, outcomes=(*shop.outcomes, own_outcome(look, times))), **times,
    )  # fmt: skip


def order_of(raw: Raw) -> m.Order:
    values: dict[str, Any] = {
        "order_id": 1001, "name": "#1001", "number": 1001, "created_at": CREATED, "updated_at": CREATED,
        "financial_status": "paid", "source_name": "web", "gateways": ("shopify_payments",), "currency": "USD",
        "total": Decimal(100), "tax": Decimal(10), "shipping": Decimal(5), "lines": LINES,
        "assigned_locations": ("Main Store",), "on_hold": False, "customer": {},
    } | plain(raw)  # fmt: skip
    values.setdefault("current_total", values["total"])
    values.setdefault("current_tax", values["tax"])
    values["lines"] = tuple(order_line(line, n) for n, line in enumerate(values["lines"], start=1))
    numbers = {line.sku: line.line_id for line in values["lines"]}
    values["refunds"] = tuple(refund_of(one, n, numbers) for n, one in enumerate(values.get("refunds", ()), start=1))
    values["customer"] = customer_of(values["customer"])
    values["payments"] = payments_of(values)
    values["tags"] = frozenset(values.get("tags", ()))
    if values["assigned_locations"] is not None:
        values["assigned_locations"] = frozenset(values["assigned_locations"])
    return m.Order(**values)


def order_line(raw: Raw, number: int) -> m.OrderLine:
    values: dict[str, Any] = {"title": raw.get("sku") or "Line", "quantity": 1, "price": Decimal(10)} | plain(raw)
    values.setdefault("current_quantity", values["quantity"])
    return m.OrderLine(line_id=number, **values)


def refund_of(raw: Raw, number: int, numbers: Mapping[str | None, int]) -> m.Refund:
    parts = tuple(
        m.RefundLine(line_id=numbers[line["sku"]], **({"quantity": 1} | dict(line))) for line in raw.get("lines", ())
    )
    values: dict[str, Any] = {"refund_id": number, "amount": Decimal(0)} | plain(
        {k: v for k, v in raw.items() if k != "after_s"}
    )
    return m.Refund(**(values | {"created_at": at(raw.get("after_s", 0)), "lines": parts}))


def customer_of(raw: Raw) -> m.CustomerFacts:
    values: dict[str, Any] = {"valid_email": True, "missing_parts": ()} | dict(raw)
    if values["missing_parts"] is not None:
        values["missing_parts"] = frozenset(values["missing_parts"])
    return m.CustomerFacts(**values)


def payments_of(values: Raw) -> tuple[m.Payment, ...] | None:
    if "payments" not in values:
        captured = values["financial_status"] not in ("pending", "authorized")
        raws: Any = [{}] if captured else []
    else:
        raws = values["payments"]
    if raws is None:
        return None
    usual: dict[str, Any] = {
        "kind": "sale",
        "status": "success",
        "gateway": "shopify_payments",
        "amount": values["total"],
    }
    return tuple(m.Payment(**(usual | {"created_at": CREATED} | plain(raw))) for raw in raws)


def sale_of(raw: Raw, order: m.Order, number: int) -> m.Sale:
    """A POS record that mirrors the order as it was placed, but for what the case says."""
    kind = m.SaleKind(raw.get("kind", "sale"))
    status = m.SaleStatus(raw.get("status", "complete"))
    prefix = "order:500" if kind is m.SaleKind.SALE else "ticket:600"
    said = {k: v for k, v in raw.items() if k not in ("arrived_after_s", "lines")}
    values: dict[str, Any] = {
        "sale_id": f"{prefix}{number}", "raw_status": status.value, "reference": order.name,
        "total": order.total, "tax": order.tax, "shipping": order.shipping, "discount": order.discount,
        "balance": Decimal(0), "created_at": at(raw.get("arrived_after_s", 40)), "location": "Main Store",
        "has_address": True, "unfilled_fields": (),
    } | plain(said)  # fmt: skip
    return m.Sale(**(values | {"kind": kind, "status": status, "lines": sale_lines(raw, order)}))


def sale_lines(raw: Raw, order: m.Order) -> tuple[m.SaleLine, ...] | None:
    lines: Any = raw.get("lines", "as ordered")
    if lines == "as ordered":
        return tuple(
            m.SaleLine(sku=line.sku, quantity=Decimal(line.quantity), unit_price=line.price, title=line.title)
            for line in order.lines
        )
    if lines is None:
        return None
    return tuple(m.SaleLine(**(plain(one) | {"quantity": Decimal(one.get("quantity", 1))})) for one in lines)


def shop_of(case: Raw, order: m.Order) -> ShopEvidence:
    raw = case.get("shop") or {}
    assert set(raw) <= SHOP_KEYS, f"unknown keys: {set(raw) - SHOP_KEYS}"
    return ShopEvidence(
        pos=raw.get("pos", "heartland"),
        declared=declared_from(case.get("declared") or {}),
        set_up=None if case.get("set_up") is None else set_up_of(case["set_up"]),
        outcomes=tuple(one for entry in raw.get("outcomes", ()) for one in outcomes_of(entry)),
        returns=tuple(
            Return(order_id=3000 + n, at=at(one["after_s"]), carried=one["carried"])
            for n, one in enumerate(raw.get("returns", ()))
        ),
        unreferenced=tuple(
            sale_of({"reference": None, "sale_id": f"ticket:700{n}"} | dict(entry), order, n)
            for n, entry in enumerate(raw.get("unreferenced", ()), start=1)
        ),
    )


def outcomes_of(raw: Raw) -> list[Outcome]:
    known = {"count", "from_s", "every_s", "arrived", "late", "traits", "explained", "takes_s", "touched"}
    assert set(raw) <= known, f"unknown keys: {set(raw) - known}"
    arrived = raw["arrived"]
    made = []
    for n in range(raw.get("count", 1)):
        eligible_at = at(raw.get("from_s", 60) + n * raw.get("every_s", 60))
        made.append(
            Outcome(
                order_id=2000 + int((eligible_at - CREATED).total_seconds()), eligible_at=eligible_at,
                arrived_at=eligible_at + timedelta(seconds=raw.get("takes_s", 60)) if arrived else None,
                late=raw.get("late", not arrived), explained=raw.get("explained", False),
                touched=raw.get("touched", False),
                traits=frozenset(raw.get("traits", ("unfulfilled", "channel:web", "location:Main Store"))),
            )
        )  # fmt: skip
    return made


def own_outcome(look: Look, times: Mapping[str, Any]) -> Outcome:
    made = [sale.created_at for sale in look.sales if sale.created_at is not None]
    late = not look.sales and times["now"] - times["eligible_at"] > times["grace"]
    old = {CREATED_LONG_BEFORE} if times["eligible_at"] - look.order.created_at > LONG_BEFORE else set()
    return Outcome(
        order_id=look.order.order_id, eligible_at=times["eligible_at"], arrived_at=min(made, default=None), late=late,
        traits=traits(look.order) | old,
    )  # fmt: skip


def set_up_of(raw: Raw) -> m.SetUp:
    values: dict[str, Any] = {"read_at": at(raw.get("read_after_s", 3500)), "unread": dict(raw.get("unread", {}))}
    if "required_fields" in raw:
        values["required_fields"] = tuple(field_of(one) for one in raw["required_fields"])
    if "items" in raw:
        values["items"] = {sku: items_of(sku, found) for sku, found in raw["items"].items()}
    if "locations" in raw:
        values["locations"] = tuple(location_of(one, n) for n, one in enumerate(raw["locations"], start=1))
    if "employees" in raw:
        values["employees"] = tuple(employee_of(one, n) for n, one in enumerate(raw["employees"], start=1))
    if "payment_types" in raw:
        values["payment_types"] = tuple(raw["payment_types"])
    assert set(raw) <= {*values, "read_after_s"}, f"unknown keys: {set(raw) - set(values)}"
    return m.SetUp(**values)


def field_of(raw: Raw) -> m.RequiredField:
    given = dict(raw)
    since = {"since": at(given.pop("since_s"))} if "since_s" in given else {}
    return m.RequiredField(**{"key": given["name"].lower().replace(" ", "_"), **given, **since})


def location_of(raw: Raw, number: int) -> m.Location:
    return m.Location(**({"location_id": str(number)} | dict(raw)))


def employee_of(raw: Raw, number: int) -> m.Employee:
    return m.Employee(**({"employee_id": str(number)} | dict(raw)))


def items_of(sku: str, found: int | list[Raw]) -> tuple[m.Item, ...]:
    raws: list[Raw] = [{}] * found if isinstance(found, int) else found
    usual: dict[str, Any] = {"sku": sku, "title": sku, "active": True}
    return tuple(m.Item(**(usual | {"item_id": f"{sku}-{n}"} | dict(raw))) for n, raw in enumerate(raws, start=1))
