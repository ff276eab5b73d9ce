"""What was inferred of the connector's settings, hour by hour, beside how they really stood: for the Brier score."""

from datetime import timedelta
from typing import Any

from bench.play import START, Played
from reconcile.inferred import inferred
from reconcile.shops import declared_of, row_of

EVERYTHING = "download_orders"
STOPS = frozenset(
    {
        "download_orders_off", "connector_stalled", "employee_archived", "order_source_unset", "required_custom_field",
        "payment_type_missing",
    }
)  # fmt: skip
KEY_OF = {
    "archived_orders_off": "download_archived_orders",
    "fulfilled_orders_off": "download_fulfilled_orders",
    "unfulfilled_orders_off": "download_unfulfilled_orders",
    "paid_without_transactions_off": "download_paid_orders_with_no_transactions",
    "partially_paid_excluded": "do_not_download_partially_paid_orders",
    "manual_payments_off": "allow_manual_payments",
    "payment_not_captured": "require_capture",
    **dict.fromkeys(STOPS, EVERYTHING),
}


def forecasts(played: Played, scenario: dict[str, Any]) -> list[dict[str, Any]]:
    """The probability of every switch now, on how many orders it rests, and whether the switch holds orders back now."""
    services, shop = played.services, played.shop
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
        found = inferred(connection, shop, row, declared_of(services, shop.store, row), now)
    held = _held(scenario, (now - START) / timedelta(hours=1))
    return [
        {
            "key": one.key,
            "probability": round(float(one.probability), 6),
            "orders": one.orders,
            "holds": one.key in held,
        }
        for one in found
        if one.key in set(KEY_OF.values())
    ]


def _held(scenario: dict[str, Any], hour: float) -> set[str]:
    """The keys of the switches that hold orders back at this hour."""
    return {
        KEY_OF[fault["cause"]]
        for fault in scenario["faults"]
        if fault.get("cause") in KEY_OF and "from_h" in fault and fault["from_h"] <= hour < fault["until_h"]
    }


def score_of(every: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums for the Brier score: over every reading, and over those that rest on an order that is held back or late."""
    telling = [one for one in every if one["orders"]]
    return {
        "readings": len(every), "error": round(sum(map(_error, every)), 6),
        "telling_readings": len(telling), "telling_error": round(sum(map(_error, telling)), 6),
    }  # fmt: skip


def _error(one: dict[str, Any]) -> float:
    return float((one["probability"] - one["holds"]) ** 2)
