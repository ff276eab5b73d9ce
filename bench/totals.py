"""What a set of played scenarios shows together."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bench.labelled import OTHER_SETTINGS, SETTINGS, SLOW, scenarios, to_be_inferred

Results = Mapping[str, dict[str, Any]]
NONE = "none"
ENOUGH = 20  # affected orders, from which on an inferred setting is to be found
GUESSED = frozenset({"connector_stalled", "unexplained"})  # nothing that can be read or declared proves these
SPEEDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "quick connector": lambda latency: latency.get("median_s", 40) < 40,
    "usual connector": lambda latency: not latency,
    "slow connector": lambda latency: latency == SLOW,
}
COSTS = (
    "orders",
    "touches",
    "orders_touched",
    "needless_touches",
    "duplicate_sales",
    "unexplained",
    "false_missing",
    "false_alarms",
)


def total(results: Results, what: str) -> int:
    return sum(result[what] for result in results.values())


def confusion(results: Results) -> Counter[tuple[str, str]]:
    """Orders by planted and found cause."""
    counted: Counter[tuple[str, str]] = Counter()
    for result in results.values():
        for one in result["taken_for"]:
            counted[one["planted"], one["found"]] += one["orders"]
    return counted


def per_cause(counted: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    causes = sorted({cause for pair in counted for cause in pair} - {NONE})
    return {
        cause: {
            "planted": sum(n for (planted, _), n in counted.items() if planted == cause),
            "found": sum(n for (_, found), n in counted.items() if found == cause),
            "right": counted.get((cause, cause), 0),
        }
        for cause in causes
    }


def promises(results: Results) -> list[tuple[str, str, str]]:
    """What is promised, what the set shows, and out of how much."""
    certain, inferred = _certain(results), _inferred(results)
    healthy = total(results, "orders") - total(results, "planted")
    early = total(results, "false_missing") - total(results, "false_alarms")
    stops = [stop for result in results.values() for stop in result["stops"] if stop["orders"] >= 3]
    minutes = [stop["minutes_after_third"] for stop in stops if stop["minutes_after_third"] is not None]
    before = [stop["orders_before"] for stop in stops if stop["orders_before"] is not None]
    singles = {key: sum(result["singles"][key] for result in results.values()) for key in ("orders", "in_time")}
    doubles = {name: one for name, one in results.items() if scenarios()[name].scenario.get("touch") == "doubles"}
    others = {name: one for name, one in results.items() if name not in doubles}
    noticed, canaries = f"{len(minutes)} of {len(stops)} causes", f"{total(doubles, 'canaries')} canaries"
    touches, rung_up = total(results, "touches"), total(others, "rung_up_after_touch")
    return [
        ("certain causes, precision", *_of(certain["right"], certain["found"])),
        ("certain causes, recall", *_of(certain["right"], certain["planted"])),
        (f"inferred settings, precision, {ENOUGH} affected", *_of(inferred["right"], inferred["found"])),
        (f"inferred settings, recall, {ENOUGH} affected", *_of(inferred["right"], inferred["planted"])),
        ("Brier score, every hour and switch", *_brier(results, "readings", "error")),
        ("Brier score, where an order is absent", *_brier(results, "telling_readings", "telling_error")),
        ("false alarms per 1,000 healthy orders", _per_1000(total(results, "false_alarms"), healthy), f"{healthy} orders"),
        *(_at_speed(results, speed) for speed in SPEEDS),
        ("called missing while the shop's speed was not known, told to nobody", str(early), f"{healthy} orders"),
        ("minutes from the third affected order to the notice, median", _median(minutes), noticed),
        ("affected orders before the notice, median", _median(before), noticed),
        ("single orders noticed within their grace + 60 s", *_of(singles["in_time"], singles["orders"])),
        ("touches per touched order", f"{touches / max(1, total(results, 'orders_touched')):.2f}", f"{touches} touches"),
        ("touches that were not needed", str(total(results, "needless_touches")), f"{touches} touches"),
        ("duplicate sales", str(total(others, "duplicate_sales") - rung_up), f"{total(others, 'orders')} orders"),
        ("orders that staff rang up while a touched one was on its way", str(rung_up), f"{total(others, 'touches')} touches"),
        ("duplicate sales at a connector that doubles", str(total(doubles, "duplicate_sales")), canaries),
    ]  # fmt: skip


def _certain(results: Results) -> dict[str, int]:
    """Planted causes that the POS or a declaration proves, and whatever was called certain."""
    proven = [(name, one) for name, result in results.items() for one in result["taken_for"] if one["planted"] != NONE
              and one["planted"] not in _unproven(name)]  # fmt: skip
    called = [one for result in results.values() for one in result["taken_for"] if one["certainty"] == "certain"]
    wrong = sum(one["orders"] for one in called if one["planted"] != one["found"])
    right = sum(one["orders"] for _, one in proven if one["planted"] == one["found"])
    return {"planted": sum(one["orders"] for _, one in proven), "right": right, "found": right + wrong}


def _unproven(name: str) -> frozenset[str]:
    """The causes that have to be inferred in a scenario: switches that are not declared as they stand, and guesses."""
    return GUESSED | to_be_inferred(scenarios()[name].scenario) | {"download_orders_off"}


def _inferred(results: Results) -> dict[str, int]:
    """Switches that had to be inferred and held back enough orders."""
    found = {"planted": 0, "found": 0, "right": 0}
    for name, result in results.items():
        causes = per_cause(confusion({name: result}))
        for cause in _unproven(name) & {*SETTINGS, *OTHER_SETTINGS} & set(causes):
            if causes[cause]["planted"] >= ENOUGH or (causes[cause]["found"] and not causes[cause]["planted"]):
                found = {key: found[key] + causes[cause][key] for key in found}
    return found


def _brier(results: Results, count: str, error: str) -> tuple[str, str]:
    readings = sum(result["forecasts"][count] for result in results.values())
    wrong = sum(result["forecasts"][error] for result in results.values())
    return (f"{wrong / readings:.4f}" if readings else "–"), f"{readings} readings"


def _at_speed(results: Results, speed: str) -> tuple[str, str, str]:
    those = {n: one for n, one in results.items() if SPEEDS[speed](scenarios()[n].scenario.get("latency", {}))}
    healthy = total(those, "orders") - total(those, "planted")
    return f"the same, {speed}", _per_1000(total(those, "false_alarms"), healthy), f"{healthy} orders"


def _median(values: Iterable[float]) -> str:
    found = list(values)
    return f"{statistics.median(found):.1f}" if found else "–"


def _of(part: int, whole: int) -> tuple[str, str]:
    return _share(part, whole), f"{whole} orders"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _per_1000(part: int, whole: int) -> str:
    return f"{1000 * part / whole:.2f}" if whole else "–"
