"""The labelled set: scenarios whose causes are known, by name, each with its own fixed seed."""

from typing import Any

UNDECLARED, RIGHT, WRONG = "undeclared", "declared right", "declared wrong"
# cause → its key among the declared settings, and the value that holds orders back
SETTINGS: dict[str, tuple[str, bool]] = {
    "archived_orders_off": ("download_archived_orders", False),
    "fulfilled_orders_off": ("download_fulfilled_orders", False),
    "unfulfilled_orders_off": ("download_unfulfilled_orders", False),
    "paid_without_transactions_off": ("download_paid_orders_with_no_transactions", False),
    "partially_paid_excluded": ("do_not_download_partially_paid_orders", True),
}
POSS = ("heartland", "lightspeed_r")
NOT_AT = {
    "heartland": ("employee_archived",),
    "lightspeed_r": ("order_source_unset", "required_custom_field"),
}  # fmt: skip
SLOW = {"median_s": 300, "p99_s": 1800}
FEW, SOME, MANY = 20, 300, 2000


def scenarios() -> dict[str, dict[str, Any]]:
    """Every scenario by its name; the place in the set is the seed."""
    found = dict([*_settings(), *_stops(), *_own(), *_hard()])
    return {name: {"seed": seed, **made} for seed, (name, made) in enumerate(found.items(), start=1)}


def _day(*faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"pos": "heartland", "hours": 12, "orders": SOME, "faults": list(faults), **more}


def _settings() -> list[tuple[str, dict[str, Any]]]:
    made = []
    for pos in POSS:
        for cause, (key, holds) in SETTINGS.items():
            for how, value in ((UNDECLARED, None), (RIGHT, holds), (WRONG, not holds)):
                window = {"cause": cause, "from_h": 4, "until_h": 8}
                made.append((f"{pos}: {cause}, {how}", _day(window, pos=pos, declared={key: value})))
    return made


def _stops() -> list[tuple[str, dict[str, Any]]]:
    windows = {
        "connector_stalled": 0.75, "employee_archived": 1, "download_orders_off": 1, "order_source_unset": 1,
        "required_custom_field": 1,
    }  # fmt: skip
    return [
        (f"{pos}: {cause}", _day({"cause": cause, "from_h": 5, "until_h": 5 + hours}, pos=pos))
        for cause, hours in windows.items()
        for pos in POSS
        if cause not in NOT_AT[pos]
    ]


def _own() -> list[tuple[str, dict[str, Any]]]:
    causes = (
        "customer_incomplete", "sku_unknown", "sku_not_unique", "location_unmapped", "item_archived",
        "pending_required_field", "pending_total_mismatch", "paid_not_completed", "no_product_found_line",
        "lines_missing", "tax_differs", "duplicate_sale", "refund_not_carried", "edit_not_carried", "unexplained",
    )  # fmt: skip
    return [(f"heartland: {cause}", _day({"cause": cause, "share": 0.03})) for cause in causes]


def _hard() -> list[tuple[str, dict[str, Any]]]:
    archived = {"cause": "archived_orders_off", "from_h": 4, "until_h": 8}
    own = {"cause": "customer_incomplete", "share": 0.03}
    by_hand = {"fault": "keyed_by_hand", "share": 0.1}
    return [
        ("healthy", _day()),
        ("healthy, slow connector", _day(latency=SLOW)),
        ("healthy, 20 orders a day", _day(hours=24, orders=FEW)),
        ("healthy, 2,000 orders a day", _day(hours=24, orders=MANY)),
        ("healthy, an outage of the POS", _day({"fault": "pos_down", "from_h": 5, "until_h": 6})),
        ("healthy, lost webhooks", _day({"fault": "webhook_lost", "share": 0.1})),
        ("slow connector, a setting", _day(archived, latency=SLOW)),
        ("an outage within a setting", _day(archived, {"fault": "pos_down", "from_h": 5, "until_h": 5.5})),
        ("two settings", _day(archived, {"cause": "fulfilled_orders_off", "from_h": 9, "until_h": 11})),
        ("a setting and single orders", _day(archived, own)),
        ("a stop and single orders", _day({"cause": "connector_stalled", "from_h": 5, "until_h": 6}, own)),
        ("a setting, some keyed in by hand", _day(archived, by_hand)),
        ("20 orders a day, a setting", _day(archived, orders=FEW)),
        ("2,000 orders a day, a setting", _day(archived, hours=24, orders=MANY)),
        *((f"a touch: {touch}", _day(archived, {"cause": "unexplained", "share": 0.02}, touch=touch))
          for touch in ("no_effect", "late", "doubles")),
    ]  # fmt: skip
