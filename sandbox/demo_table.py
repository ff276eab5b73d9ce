"""The demo's day: what is planted in it, what ought to come of each fault, and whether it did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from sandbox.tills import KINDS

SCENARIO: dict[str, Any] = {
    "seed": 11,
    "pos": "heartland",
    "hours": 12,
    "orders": 420,
    "latency": {"median_s": 40, "p99_s": 240},
    "declared": {},
    "faults": [
        {"cause": "archived_orders_off", "from_h": 8, "until_h": 9.5},
        {"cause": "required_custom_field", "from_h": 10, "until_h": 10.5},
        {"cause": "connector_stalled", "from_h": 6.5, "until_h": 7.25},
        {"cause": "paid_without_transactions_off", "from_h": 10.75},  # left for whoever opens the page
        {"cause": "unexplained", "share": 0.008},
        {"cause": "customer_incomplete", "share": 0.008},
        {"cause": "pending_total_mismatch", "share": 0.008},
        {"cause": "no_product_found_line", "share": 0.008},
        {"cause": "total_differs", "share": 0.008},
        {"cause": "refund_not_carried", "share": 0.008},
        {"cause": "test_order", "share": 0.008},
        {"cause": "mirror_of_pos_sale", "share": 0.02},
        {"fault": "webhook_lost", "share": 0.03},
        {"fault": "webhook_doubled", "share": 0.05},
        {"fault": "throttled", "share": 0.02},
    ],
    "touch": "works",
}

# What takes the place of the causes that the other POSs do not have.
INSTEAD: dict[str, list[dict[str, Any]]] = {
    "lightspeed_r": [
        {"cause": "employee_archived", "from_h": 10, "until_h": 10.5},
        {"cause": "paid_not_completed", "share": 0.008},
    ],
    "lightspeed_x": [
        {"cause": "employee_archived", "from_h": 10, "until_h": 10.5},
        {"cause": "payment_type_missing", "from_h": 11, "until_h": 11.5},
        {"cause": "paid_not_completed", "share": 0.008},
    ],
}


def scenario_of(pos: str) -> dict[str, Any]:
    """The demo's day at one POS. Raises ValueError when there is no such kind."""
    if pos not in KINDS:
        raise ValueError(f"{pos!r} is none of {', '.join(KINDS)}")
    shared = [fault for fault in SCENARIO["faults"] if fault.get("cause") not in KINDS[pos].without]
    return {**SCENARIO, "pos": pos, "faults": [*INSTEAD.get(pos, []), *shared]}


MISSED_AFTER = timedelta(minutes=20)  # longer than the grace at any hour of this day
BROUGHT_IN, BY_ITSELF, FLAGGED, TOLD, LEFT_OUT = (
    "touched, arrived once", "came by itself", "flagged, not touched", "told what to fix", "left out, says why",
)  # fmt: skip
OUGHT = {
    "archived_orders_off": BROUGHT_IN,
    "required_custom_field": BROUGHT_IN,
    "employee_archived": BROUGHT_IN,
    "payment_type_missing": BY_ITSELF,
    "paid_not_completed": FLAGGED,
    "unexplained": BROUGHT_IN,
    "connector_stalled": BY_ITSELF,
    "paid_without_transactions_off": TOLD,
    "customer_incomplete": TOLD,
    "pending_total_mismatch": FLAGGED,
    "no_product_found_line": FLAGGED,
    "total_differs": FLAGGED,
    "refund_not_carried": FLAGGED,
    "test_order": LEFT_OUT,
    "mirror_of_pos_sale": LEFT_OUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    planted: str
    orders: int
    found: str
    done: str
    right: bool


def judge(scenario: Mapping[str, Any], truth: Mapping[str, Any], orders: Mapping[int, Mapping[str, Any]]) -> list[Row]:
    """One row per planted cause, then one for each promise about the orders that were all right."""
    causes = {fault["cause"] for fault in scenario["faults"] if "cause" in fault}
    planted: dict[str, list[Mapping[str, Any]]] = {}
    for order in truth["orders"]:
        if stands(order):
            planted.setdefault(order["cause"], []).append(order)
    rows = [judge_cause(cause, planted.get(cause, []), orders) for cause in OUGHT if cause in causes]
    return [*rows, *promises(truth, orders)]


def stands(order: Mapping[str, Any]) -> bool:
    """Whether the planted cause still showed when the order was missed; a stall's last orders were only a little late."""
    if not order["cause"] or order["wrong_since"] or not order["unaided_at"]:
        return bool(order["cause"])
    late = datetime.fromisoformat(order["unaided_at"]) - datetime.fromisoformat(order["eligible_at"])
    return late > MISSED_AFTER


def judge_cause(cause: str, planted: list[Mapping[str, Any]], orders: Mapping[int, Mapping[str, Any]]) -> Row:
    found = Counter(str(orders.get(order["order_id"], {}).get("cause")) for order in planted)
    done = Counter(what_was_done(order, orders.get(order["order_id"], {})) for order in planted)
    return Row(
        planted=cause,
        orders=len(planted),
        found=counted(found),
        done=counted(done),
        right=bool(planted) and set(found) == {cause} and set(done) == {OUGHT[cause]},
    )


def what_was_done(order: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    verb = (seen.get("decision") or {}).get("verb")
    if order["touches"] and (
        order["arrived_at"] or verb != "tell"
    ):  # a canary that showed that it still stands is no harm
        return BROUGHT_IN if order["arrived_at"] and order["sales"] == 1 else "touched, not arrived"
    if seen.get("standing") == "excluded":
        return LEFT_OUT
    if seen.get("standing") == "matched":
        return BY_ITSELF
    return {"flag": FLAGGED, "tell": TOLD, "ask": "a person was asked"}.get(str(verb), f"nothing ({verb})")


def promises(truth: Mapping[str, Any], orders: Mapping[int, Mapping[str, Any]]) -> list[Row]:
    sound = [order for order in truth["orders"] if not stands(order)]
    seen = [orders.get(order["order_id"], {}) for order in sound]
    matched = sum(1 for order in seen if order.get("standing") == "matched")
    touched = sum(order["touches"] for order in sound)
    return [
        Row(
            planted="(nothing wrong)",
            orders=len(sound),
            found=f"{matched} matched",
            done=f"{touched} touched" if touched else "left alone",
            right=matched == len(sound) and not touched,
        ),
        Row(
            planted="(sold twice)",
            orders=len(truth["orders"]),
            found="",
            done=f"{truth['duplicate_sales']} doubled",
            right=truth["duplicate_sales"] == 0,
        ),
    ]


def counted(words: Counter[str]) -> str:
    return words.most_common(1)[0][0] if len(words) == 1 else ", ".join(f"{n} × {word}" for word, n in words.items())


def shown(rows: list[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("planted", "orders", "found", "what was done", ""):
        table.add_column(heading, no_wrap=heading in ("planted", "found"))
    for row in rows:
        table.add_row(row.planted, str(row.orders), row.found, row.done, "right" if row.right else "[bold]WRONG[/]")
    return table
