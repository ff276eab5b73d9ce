"""One played scenario's figures: what was taken for what, how soon it was noticed, and what it cost."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select

from bench.diagnose import false_missing, measure, stands_at_grace
from bench.labelled import Labelled, to_be_inferred
from bench.play import START, Played
from reconcile.ledger.tables import actions, events, orders
from reconcile.model import Scope, Standing
from reconcile.rules import catalogue

MINUTE = timedelta(minutes=1)
FOUND_WANTING = [f"{one.value} → {word}" for one in Standing for word in ("missing", "pending", "differs")]


def score(played: Played, one: Labelled) -> dict[str, Any]:
    """The figures of a scenario; what happened before the reconciler was installed counts from then on."""
    with played.services.ledger.read() as connection:
        rows = {row.order_id: row for row in connection.execute(select(orders))}
        touched = connection.execute(select(actions)).all()
        told = select(events.c.order_id, func.min(events.c.at).label("at")).where(events.c.text.in_(FOUND_WANTING))
        noticed = {row.order_id: row.at for row in connection.execute(told.group_by(events.c.order_id))}
    return measure(played) | {
        "taken_for": _taken_for(played, rows),
        "false_alarms": sum(1 for number in false_missing(played) if rows[number].case_opened_at),
        "stops": [
            _stop(played, rows, fault, START + one.installed_after)
            for fault in one.scenario["faults"]
            if "cause" in fault and "from_h" in fault
        ],
        "singles": _singles(played, one, noticed),
        "orders_touched": len({one.order_id for one in touched}),
        "canaries": sum(1 for one in touched if one.canary),
        "rung_up_after_touch": sum(1 for one in played.truth["orders"] if _rung_up_after(one, touched)),
        "planted": sum(1 for _ in _affected(played)),
    }


def _rung_up_after(order: dict[str, Any], touched: Sequence[Row[Any]]) -> bool:
    """Whether staff keyed the order in while a touched one was on its way: doubled by them, and nobody could know."""
    if not order["keyed_at"] or order["sales"] != 1:
        return False
    keyed_at = datetime.fromisoformat(order["keyed_at"])
    return any(one.order_id == order["order_id"] and one.intended_at <= keyed_at for one in touched)


def _affected(played: Played) -> Iterable[dict[str, Any]]:
    return (one for one in played.truth["orders"] if one["cause"] and stands_at_grace(played, one))


def _taken_for(played: Played, rows: dict[int, Row[Any]]) -> list[dict[str, Any]]:
    """How many orders of each planted cause were taken for which, and how surely; sound orders found sound are left out."""
    planted_of = {one["order_id"]: _true_cause(one) for one in _affected(played)}
    counted: Counter[tuple[str, str, str]] = Counter()
    for order in played.truth["orders"]:
        row = rows.get(order["order_id"])
        found, certainty = (row.cause, row.certainty) if row is not None else ("never seen", None)
        planted = planted_of.get(order["order_id"])
        if planted or found:
            counted[planted or "none", found or "none", certainty or ""] += 1
    return [
        {"planted": planted, "found": found, "certainty": certainty, "orders": count}
        for (planted, found, certainty), count in sorted(counted.items())
    ]


def _true_cause(order: dict[str, Any]) -> str:
    """The planted cause; an order that a touch has brought in twice is a duplicate sale by then, whatever held it back."""
    return "duplicate_sale" if order["touches"] and order["sales"] > 1 else str(order["cause"])


def _stop(played: Played, rows: dict[int, Row[Any]], fault: dict[str, Any], installed_at: datetime) -> dict[str, Any]:
    """How soon a cause was noticed that strikes many: after how many of its orders, and how long after the third."""
    since, until = (START + timedelta(hours=fault[key]) for key in ("from_h", "until_h"))
    eligible = {one["order_id"]: datetime.fromisoformat(one["eligible_at"]) for one in _affected(played)
                if one["cause"] == fault["cause"]}  # fmt: skip
    ours = sorted(at for at in eligible.values() if since - MINUTE <= at < until)
    noticed = [rows[i].noticed_at for i, at in eligible.items() if at in ours and i in rows
               and rows[i].cause == fault["cause"] and rows[i].noticed_at]  # fmt: skip
    first, third = min(noticed, default=None), max(installed_at, ours[2]) if len(ours) > 2 else None
    return {
        "cause": fault["cause"],
        "orders": len(ours),
        "orders_before": None if first is None else sum(at <= first for at in ours),
        "minutes_after_third": None if first is None or third is None else round(max(0, (first - third) / MINUTE), 1),
    }


def _singles(played: Played, labelled: Labelled, noticed: dict[int, datetime]) -> dict[str, int]:
    """Orders with a cause of their own: how many, and how many of them were found wanting within their grace and a minute.

    Those that the connector is not meant to carry, as declared, are not wanting.
    """
    rules = [one for one in catalogue().values() if one.scope is Scope.ORDER and not one.excludes]
    own = {one.slug for one in rules} - to_be_inferred(labelled.scenario)
    due = [one for one in _affected(played) if one["cause"] in own]
    found = [one for one in due if _in_time(played, one, noticed.get(one["order_id"]))]
    return {"orders": len(due), "in_time": len(found)}


def _in_time(played: Played, order: dict[str, Any], noticed_at: datetime | None) -> bool:
    """What the POS has but wrong is left to the connector for `pending_after`, or its own grace, from when it is wrong."""
    eligible = datetime.fromisoformat(order["eligible_at"])
    grace, due = played.grace_at(eligible), played.late_from(eligible)
    if order["wrong_since"]:
        due = max(due, datetime.fromisoformat(order["wrong_since"]) + max(grace, played.shop.pending_after))
    return noticed_at is not None and noticed_at <= due + MINUTE
