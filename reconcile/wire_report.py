"""The wire report: what an undocumented POS showed at a real shop, each fact beside the question it answers.

It holds names of fields, types, status words, spellings of references and how filters behave, and no value of the
shop's. `switches` takes the names of the sandbox's own switches, so that a scenario can be played as this account is.
Questions: facts/heartland-api.md, 7 and 8.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconcile.errors import Rejected, Retryable, Unauthorised, Unsupported
from reconcile.http import Http
from reconcile.pos.base import Pos, Wired
from reconcile.wire_recorder import Recorder, Seen

ORDERS, TICKETS, FIELDS, ITEMS = "/sales/orders", "/sales/tickets", "/custom_fields", "/items"
WHOAMI = "/system/whoami"
R_SALES, X_SALES = "/Sale.json", "/sales"
HEARTLAND = "heartland"
LONG_AGO = {"$gte": "2001-01-01T00:00:00Z"}
NO_NUMBER = "no-such-number"
NOBODY = 0  # an id that no record has
FOUND, REFUSED, NOT_THERE = "200", (400, 422), "404"
IGNORED = "the filter was ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A question that no public source answers; `switch` is the sandbox's name for it."""

    question: str
    switch: str
    read: Callable[["Wire"], object | None]  # None: not seen at this shop


class Wire:
    """What was recorded, and the few questions that an audit does not ask by itself. Nothing is written."""

    def __init__(self, http: Http) -> None:
        self.recorder = Recorder()
        self._http = http
        self.probes: dict[str, Any] = {}

    def seen(self, path: str) -> Seen:
        return self.recorder.collections.get(path, Seen())

    def probe(self) -> None:
        """Some ten small reads."""
        small: dict[str, str | int] = {"per_page": 1, "page": 1}
        for name, path, where in (
            ("order_status_filter", ORDERS, {"status": "pending"}),
            ("order_created_at_filter", ORDERS, {"created_at": LONG_AGO}),
            ("order_updated_at_filter", ORDERS, {"updated_at": LONG_AGO}),
            ("ticket_number_filter", TICKETS, {"public_id": {"$in": [NO_NUMBER]}}),
            ("ticket_location_filter", TICKETS, {"source_location_id": NOBODY}),
            ("nobody", ORDERS, {"id": NOBODY}),
            ("archived", ITEMS, {"active": False}),
        ):
            self._ask(name, path, {**small, "_filter": json.dumps(where, separators=(",", ":"))})
        archived = self.rows("archived")
        if archived:
            again = json.dumps({"id": archived[0].get("id")})
            self._ask("archived_plainly", ITEMS, {**small, "_filter": again})
        self._ask("unknown_include", ORDERS, {**small, "_include[]": "no_such_include"})
        self._ask("default_page", ORDERS, {})
        self._ask("whoami", WHOAMI, {})

    def _ask(self, name: str, path: str, params: Mapping[str, str | int]) -> None:
        try:
            self.probes[name] = self._http.get(path, dict(params))
        except Rejected as error:
            self.probes[name] = error
        except (Retryable, Unauthorised):
            pass  # not answered: the question stays open

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The records that a question was answered with."""
        found = self.probes.get(name)
        rows = found.get("results") if isinstance(found, dict) else None
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def count(self, name: str, key: str = "total") -> int | None:
        found = self.probes.get(name)
        value = found.get(key) if isinstance(found, dict) else None
        return value if isinstance(value, int) else None

    def types(self, collection: str, field: str) -> set[str]:
        """As what a field was seen in a collection, whatever stands before its name in the path."""
        ours = (seen for path, seen in self.recorder.collections.items() if path.endswith(collection))
        return {one for seen in ours for one in seen.types.get(field, ())}

    def honoured(self, name: str) -> bool | None:
        """Whether a question was answered (True) or refused as unknown (False)."""
        found = self.probes.get(name)
        if isinstance(found, Rejected):
            return False if found.status in REFUSED else None
        return None if found is None else True


@contextmanager
def listening(pos: Pos) -> Iterator[Wire]:
    """Record what passes on this POS's wire; raises `Unsupported` for an adapter that has no one connection."""
    if not isinstance(pos, Wired):
        raise Unsupported("A wire report is not offered for this POS.")
    wire = Wire(pos.http)
    pos.http.on_answer = wire.recorder.hear
    try:
        yield wire
    finally:
        pos.http.on_answer = None


def wire_report(wire: Wire, kind: str, now: datetime) -> dict[str, Any]:
    """The report as JSON. Asks Heartland the last questions, so that it is called while still `listening`."""
    if kind == HEARTLAND:
        wire.probe()
    answers = [(unknown, unknown.read(wire)) for unknown in QUESTIONS.get(kind, ())]
    return {
        "pos": kind,
        "written_at": now.isoformat(),
        "switches": {unknown.switch: value for unknown, value in answers if value not in (None, IGNORED)},
        "unknowns": [
            {"question": unknown.question, "switch": unknown.switch, "seen": value} for unknown, value in answers
        ],
        "headers": sorted(wire.recorder.headers),
        "collections": wire.recorder.to_json(),
    }


# --- how each question is read --------------------------------------------------------------------------------------


def _word_among(path: str, choices: Mapping[str, str]) -> Callable[[Wire], str | None]:
    """Our name for the first of these status words that was seen."""

    def read(wire: Wire) -> str | None:
        words = wire.seen(path).words.get("status")
        return next((name for word, name in choices.items() if words and word in words), None)

    return read


def _honoured(name: str) -> Callable[[Wire], bool | str | None]:
    return lambda wire: wire.honoured(name)


def _finds_nothing(name: str) -> Callable[[Wire], bool | str | None]:
    """For a filter that no record fits: whoever answers with records has not filtered."""
    return lambda wire: IGNORED if wire.count(name) else wire.honoured(name)


def _status_filter(wire: Wire) -> bool | str | None:
    other = any(row.get("status") != "pending" for row in wire.rows("order_status_filter"))
    return IGNORED if other else wire.honoured("order_status_filter")


def _throttling(wire: Wire) -> str | None:
    answers = {answer[:3] for seen in wire.recorder.collections.values() for answer in seen.answers}
    if "429" in answers:
        return "429_retry_after" if "retry-after" in wire.recorder.headers else "429_bare"
    return "503" if "503" in answers else None


def _required_key(wire: Wire) -> str | None:
    fields = wire.seen(FIELDS).types
    return next((key for key in ("required", "required?") if key in fields), None)


def _archived_listed(wire: Wire) -> bool | None:
    """Known only where there is an archived item: does a plain question for it find it?"""
    count = wire.count("archived_plainly")
    return None if count is None else count > 0


def _order_group(wire: Wire) -> str | None:
    groups = [group for group in wire.seen(FIELDS).words.get("group_id", {}) if group.startswith("sales.order")]
    whole = [group for group in groups if ".line" not in group and ".payment" not in group]
    return whole[0] if len(whole) == 1 else None


def _lines_included(wire: Wire) -> bool | None:
    asked = wire.seen(ORDERS).includes.get("lines")
    return None if not asked else "given" in asked


def _whoami(wire: Wire) -> bool | None:
    answers = wire.seen(WHOAMI).answers
    if any(answer.startswith(FOUND) for answer in answers):
        return True
    return False if any(answer.startswith(NOT_THERE) for answer in answers) else None


def _number_as_string(wire: Wire) -> bool | None:
    types = wire.seen(ORDERS).types.get("total", set())
    return "number as text" in types if types & {"number", "number as text"} else None


def _unknown_include(wire: Wire) -> str | None:
    known = {True: "ignored", False: "invalid_request"}
    honoured = wire.honoured("unknown_include")
    return None if honoured is None else known[honoured]


def _empty_pages(wire: Wire) -> int | None:
    pages = wire.count("nobody", "pages")
    return pages if wire.count("nobody") == 0 and pages in (0, 1) else None


def _balance_key(wire: Wire) -> str | None:
    fields = wire.seen(ORDERS).types
    return next((key for key in ("balance", "amount_due", "due") if key in fields), "absent") if fields else None


def _page_size(wire: Wire) -> int | None:
    rows, total = len(wire.rows("default_page")), wire.count("default_page")
    return rows if rows and total and total > rows else None


UNKNOWNS = (
    Unknown(question="How does the server slow a client down?", switch="throttling", read=_throttling),
    Unknown(
        question="Which status does a finished order have?", switch="finished_status",
        read=_word_among(ORDERS, {"complete": "complete", "completed": "complete", "closed": "closed"}),
    ),
    Unknown(
        question="Which status does a cancelled order have?", switch="cancel_status",
        read=_word_among(ORDERS, {"canceled": "canceled", "void": "void"}),
    ),
    Unknown(
        question="Can orders be filtered by `status`?", switch="order_status_filter",
        read=_status_filter,
    ),
    Unknown(
        question="Can orders be filtered by `created_at`?", switch="order_created_at_filter",
        read=_honoured("order_created_at_filter"),
    ),
    Unknown(
        question="Can orders be filtered by `updated_at`?", switch="order_updated_at_filter",
        read=_honoured("order_updated_at_filter"),
    ),
    Unknown(
        question="Can tickets be filtered by `public_id`?", switch="ticket_number_filter",
        read=_finds_nothing("ticket_number_filter"),
    ),
    Unknown(
        question="Can tickets be filtered by `source_location_id`?", switch="ticket_location_filter",
        read=_finds_nothing("ticket_location_filter"),
    ),
    Unknown(
        question="Is a custom field's key `required` or `required?`?", switch="required_key", read=_required_key
    ),
    Unknown(question="Which group do an order's custom fields have?", switch="order_custom_group", read=_order_group),
    Unknown(question="Does a list of items hold archived ones?", switch="inactive_items_listed", read=_archived_listed),
    Unknown(question="Does `_include[]=lines` give an order's lines?", switch="lines_included", read=_lines_included),
    Unknown(question="Does `/system/whoami` exist?", switch="whoami", read=_whoami),
    Unknown(question="Are amounts numbers or text?", switch="number_as_string", read=_number_as_string),
    Unknown(question="What does an unknown include do?", switch="unknown_include", read=_unknown_include),
    Unknown(question="How many pages has an empty list?", switch="empty_pages", read=_empty_pages),
    Unknown(question="Under which key does an order say what is still to be paid?", switch="balance_key", read=_balance_key),
    Unknown(question="How many records has a page unless one asks?", switch="per_page_default", read=_page_size),
)  # fmt: skip


def _updated_key(wire: Wire) -> str | None:
    return next((key for key in ("updatetime", "updateTime") if wire.types(R_SALES, key)), None)


def _money(wire: Wire) -> str | None:
    types = wire.types(X_SALES, "total_price") | wire.types(
        X_SALES, "payments[].amount"
    )  # of 2.0, of the dated versions
    words = {"number": "number", "number as text": "text"}
    return next((word for kind, word in words.items() if kind in types), None)


QUESTIONS = {
    HEARTLAND: UNKNOWNS,
    "lightspeed_r": (
        Unknown(question="How is a sale's key of its last change spelled?", switch="updated_key", read=_updated_key),
    ),
    "lightspeed_x": (Unknown(question="Are amounts numbers or text?", switch="money", read=_money),),
}
