"""The labelled set: scenarios whose causes are known, by name, each with its own fixed seed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bench.play import START, Played
from reconcile import people
from reconcile.ledger.tables import incidents
from reconcile.sweep import sweep
from sandbox.tills import KINDS

UNDECLARED, RIGHT, WRONG = "undeclared", "declared right", "declared wrong"
HOW = {"heartland": (UNDECLARED, RIGHT, WRONG), "lightspeed_r": (UNDECLARED, WRONG), "lightspeed_x": (UNDECLARED,)}
# cause → its key among the declared settings, and the value that holds orders back
SETTINGS: dict[str, tuple[str, bool]] = {
    "archived_orders_off": ("download_archived_orders", False),
    "fulfilled_orders_off": ("download_fulfilled_orders", False),
    "unfulfilled_orders_off": ("download_unfulfilled_orders", False),
    "paid_without_transactions_off": ("download_paid_orders_with_no_transactions", False),
    "partially_paid_excluded": ("do_not_download_partially_paid_orders", True),
}
# the other settings that keep orders out: their keys
OTHER_SETTINGS = {
    "channel_excluded": "channels_excluded", "ignore_tag_present": "ignore_tags", "allow_tag_missing": "allow_tags",
    "location_unmapped": "locations", "before_minimum_date": "order_minimum_created",
    "manual_payments_off": "allow_manual_payments", "payment_not_captured": "require_capture",
}  # fmt: skip
MOVED = "start_date_moved"
POSS = ("heartland", "lightspeed_r", "lightspeed_x")
HEARTLAND_ONLY = ("order_source_unset", "required_custom_field")
NOT_AT = {
    "heartland": ("employee_archived", "payment_type_missing"),
    "lightspeed_r": (*HEARTLAND_ONLY, "payment_type_missing"),
    "lightspeed_x": HEARTLAND_ONLY,
}  # fmt: skip
SLOW = {"median_s": 300, "p99_s": 1800}
FEW, SOME, MANY = 20, 300, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A scenario, and what people do in it beside the shop's day; `act` is called once an hour."""

    scenario: dict[str, Any]
    claimed_h: int | None = None  # somebody says that every open incident is fixed, which is not true
    installed_h: int = 0  # the reconciler is installed so late, and swept back to the beginning

    @property
    def installed_after(self) -> timedelta:
        return timedelta(hours=self.installed_h)

    def act(self, played: Played) -> None:
        hour = (played.services.clock.now() - START) // timedelta(hours=1)
        if self.installed_h and hour == self.installed_h:
            sweep(played.shop, played.services, START)
        if hour == self.claimed_h:
            claim_fixed(played)


def claim_fixed(played: Played) -> None:
    services, store = played.services, played.shop.store
    with services.ledger.read() as connection:
        query = select(incidents.c.id).where(incidents.c.store == store, incidents.c.resolved_at.is_(None))
        numbers = list(connection.execute(query).scalars())
    for number in numbers:
        people.say_fixed(services, "staff", [store], number)


def scenarios() -> dict[str, Labelled]:
    """Every scenario by its name; the place in the set is the seed."""
    found = dict([*_settings(), *_stops(), *_own(), *_hard(), *_others(), *_other_settings(), *_declared_values()])
    return {
        name: Labelled(scenario={"seed": seed, **made}, **EXTRAS.get(name, {}))
        for seed, (name, made) in enumerate(found.items(), start=1)
    }


CLAIMED, INSTALLED = "a fix that was claimed and not made", "a backlog brought in at once after the installation"
EXTRAS: dict[str, dict[str, int]] = {CLAIMED: {"claimed_h": 7}, INSTALLED: {"installed_h": 4}}


def _day(*faults: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"pos": "heartland", "hours": 12, "orders": SOME, "faults": list(faults), **more}


def _settings() -> list[tuple[str, dict[str, Any]]]:
    made = []
    for pos, ways in HOW.items():
        for cause, (key, holds) in SETTINGS.items():
            for how in ways:
                value = {UNDECLARED: None, RIGHT: holds, WRONG: not holds}[how]
                window = {"cause": cause, "from_h": 4.4, "until_h": 10.4}
                made.append((f"{pos}: {cause}, {how}", _day(window, pos=pos, declared={key: value})))
    return made


def _stops() -> list[tuple[str, dict[str, Any]]]:
    windows = {
        "connector_stalled": 0.75, "employee_archived": 1, "download_orders_off": 1, "order_source_unset": 1,
        "required_custom_field": 1, "payment_type_missing": 1,
    }  # fmt: skip
    return [
        (f"{pos}: {cause}", _day({"cause": cause, "from_h": 7.4, "until_h": 7.4 + hours}, pos=pos))
        for cause, hours in windows.items()
        for pos in POSS
        if cause not in NOT_AT[pos] and (cause != "download_orders_off" or pos == "heartland")
    ]


def _own() -> list[tuple[str, dict[str, Any]]]:
    """Each cause on the orders themselves, at one POS after the other."""
    causes = (
        "customer_incomplete", "sku_unknown", "sku_not_unique", "location_unmapped", "item_archived",
        "pending_required_field", "pending_total_mismatch", "paid_not_completed", "no_product_found_line",
        "lines_missing", "tax_differs", "duplicate_sale", "refund_not_carried", "edit_not_carried", "unexplained",
    )  # fmt: skip
    return [
        (f"{pos}: {cause}", _day({"cause": cause, "share": 0.03}, pos=pos))
        for place, cause in enumerate(causes)
        for pos in [_home(cause, place)]
    ]


def _home(cause: str, place: int) -> str:
    """The POSs in turn; one that can show the cause."""
    able = [pos for pos in POSS if cause not in KINDS[pos].without]
    return able[place % len(able)]


def _hard() -> list[tuple[str, dict[str, Any]]]:
    archived = {"cause": "archived_orders_off", "from_h": 4.4, "until_h": 10.4}
    own = {"cause": "customer_incomplete", "share": 0.03}
    by_hand = {"fault": "keyed_by_hand", "share": 0.1}
    undeclared = {"declared": {"download_archived_orders": None, "download_fulfilled_orders": None}}
    return [
        ("healthy", _day()),
        ("healthy, quick connector", _day(latency={"median_s": 5, "p99_s": 30})),
        ("healthy, slow connector", _day(latency=SLOW)),
        ("healthy, 20 orders a day", _day(hours=24, orders=FEW)),
        ("healthy, 2,000 orders a day", _day(orders=MANY // 2)),
        ("healthy, an outage of the POS", _day({"fault": "pos_down", "from_h": 7, "until_h": 8})),
        ("healthy, lost webhooks", _day({"fault": "webhook_lost", "share": 0.1})),
        ("slow connector, a setting", _day(archived, latency=SLOW)),
        ("an outage within a setting", _day(archived, {"fault": "pos_down", "from_h": 7, "until_h": 7.5})),
        ("two settings, one after the other", _day(
            {**archived, "until_h": 8}, {"cause": "fulfilled_orders_off", "from_h": 8.8, "until_h": 10.8})),
        ("two settings at once, undeclared", _day(
            archived, {"cause": "partially_paid_excluded", "from_h": 5.4, "until_h": 10.4},
            declared={"download_archived_orders": None, "do_not_download_partially_paid_orders": None})),
        ("a stop within a setting, undeclared", _day(
            archived, {"cause": "connector_stalled", "from_h": 7.4, "until_h": 8.15}, **undeclared)),
        ("a setting and single orders", _day(archived, own)),
        ("a stop and single orders", _day({"cause": "connector_stalled", "from_h": 7.4, "until_h": 8.4}, own)),
        ("a setting, some keyed in by hand", _day(archived, by_hand)),
        ("a setting, undeclared, some keyed in by hand", _day(archived, by_hand, **undeclared)),
        (CLAIMED, _day(archived, **undeclared)),
        (INSTALLED, _day({"cause": "connector_stalled", "from_h": 0.5, "until_h": 6})),
        ("20 orders a day, a setting", _day({**archived, "until_h": 40}, hours=48, orders=2 * FEW)),
        ("2,000 orders a day, a setting", _day(archived, orders=MANY // 2)),
        *((f"a touch: {touch}", _day(archived, {"cause": "unexplained", "share": 0.02}, touch=touch))
          for touch in ("no_effect", "late", "doubles")),
    ]  # fmt: skip


def _others() -> list[tuple[str, dict[str, Any]]]:
    """The causes that are left: each alone, and those for which an order is not meant to be carried in one day."""
    causes = (
        "manual_payments_off", "payment_not_captured", "refunds_off", "no_customer", "required_product_unusable",
        "pending_missing_product", "pending_refund_on_open", "pending_address_missing", "total_differs",
        "cancel_not_carried", "entered_by_hand",
    )  # fmt: skip
    excluded = (
        "mirror_of_pos_sale", "test_order", "cancelled_before_download", "draft_order", "channel_excluded",
        "order_on_hold", "ignore_tag_present",
    )  # fmt: skip
    alone = [
        (f"{pos}: {cause}", _day({"cause": cause, "share": 0.03}, pos=pos))
        for place, cause in enumerate(causes)
        for pos in [_home(cause, place)]
    ]
    return [*alone, ("not meant to be carried", _day(*({"cause": cause, "share": 0.02} for cause in excluded)))]


def _other_settings() -> list[tuple[str, dict[str, Any]]]:
    """Settings that list values, or a date, or kinds of payment: changed in the middle of a day, and set back."""
    made = []
    for place, (cause, key) in enumerate(OTHER_SETTINGS.items()):
        window: dict[str, Any] = {"cause": cause, "from_h": 4.4, "until_h": 10.4}
        longer: dict[str, Any] = {}
        if cause == "before_minimum_date":  # what it holds back was placed the day before
            window = {"fault": MOVED, "from_h": 34.4, "until_h": 58.4}
            longer = {"hours": 60, "orders": 2 * SOME}
        for turn, (how, declared) in enumerate(((UNDECLARED, {key: None}), (WRONG, {}))):
            pos = POSS[(place + turn) % len(POSS)]
            made.append((f"{pos}: {cause}, {how}", _day(window, pos=pos, declared=declared, **longer)))
    return made


def _declared_values() -> list[tuple[str, dict[str, Any]]]:
    """What is declared as it stands, so that the orders are excluded."""
    return [
        (f"heartland: allow_tag_missing, {RIGHT}", _day({"cause": "allow_tag_missing", "share": 0.1})),
        (f"lightspeed_x: before_minimum_date, {RIGHT}",
         _day({"cause": "before_minimum_date", "from_h": 0, "until_h": 2}, pos="lightspeed_x")),
    ]  # fmt: skip


def to_be_inferred(scenario: dict[str, Any]) -> frozenset[str]:
    """The causes that nothing declared or read proves in it: settings that are changed meanwhile, unless it is declared."""
    declared = scenario.get("declared", {})
    switches = {cause for cause, (key, holds) in SETTINGS.items() if declared.get(key) is not holds}
    windows = [one for one in scenario["faults"] if one.get("from_h") and "share" not in one]
    changed = {"before_minimum_date" if one.get("fault") == MOVED else one.get("cause") for one in windows}
    return frozenset(switches | changed & OTHER_SETTINGS.keys())
