"""What the loop asks of a POS. Read-only: anything that no rule needs is not in it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from reconcile.http import Http
from reconcile.indexed import Indexed
from reconcile.model import Identity, Sale, SetUp, SetUpQuestions


class Capability(StrEnum):
    """What a POS can be asked; asking for what is not declared raises `Unsupported` before any request."""

    UNFINISHED_SALES = "unfinished_sales"
    SALES_BETWEEN = "sales_between"
    REQUIRED_FIELDS = "required_fields"
    ITEMS = "items"
    LOCATIONS = "locations"
    PAYMENT_TYPES = "payment_types"
    EMPLOYEES = "employees"


class Index(Protocol):
    """One feed of a POS, followed into the store: for a POS that can only be asked what has changed."""

    def begin(self, origin: str) -> int | None:
        """The version up to which this feed was followed; None at the beginning.

        What was kept of another origin (another account, or another kind of reference) is forgotten first.
        """
        ...

    def keep(self, rows: Sequence[Indexed], *, upto: int) -> None:
        """Keep a page and how far it reaches, together or not at all. An older version never replaces a newer one."""
        ...

    def keyed(self, keys: Collection[str]) -> list[Indexed]:
        """The records under these keys, to the letter."""
        ...

    def by_id(self, record_ids: Collection[str]) -> list[Indexed]:
        """These records, as far as they are kept."""
        ...

    def between(self, since: datetime, until: datetime) -> list[Indexed]:
        """The records of a span of time, its ends included."""
        ...

    def unfinished(self) -> list[Indexed]:
        """The records that are marked so."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Drop what is older; records without a time stay."""
        ...


class Store(Protocol):
    """What an adapter must keep for its shop beyond its own life: rotating tokens, sealed, and the feeds it follows."""

    def get(self, key: str) -> str | None:
        """The newest value, whoever put it; None when there is none."""
        ...

    def put(self, key: str, value: str) -> None:
        """Keep a value; it is durable when this returns."""
        ...

    def index(self, feed: str) -> Index:
        """The index of one feed, by our name for it."""
        ...


@runtime_checkable
class Metered(Protocol):
    """An adapter of a vendor that says how many calls are left."""

    def budget_left(self) -> float | None:
        """The share that was left at the latest answer, 0 to 1; None when no answer has said."""
        ...


@runtime_checkable
class Wired(Protocol):
    """A client whose connection may be listened to; `http.slowed` counts how often it was asked to slow down."""

    http: Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One request for approval: `state` ties its answer to the browser that was sent, `verifier` its code to us."""

    redirect_uri: str
    state: str
    verifier: str = field(repr=False)


@runtime_checkable
class Approvable(Protocol):
    """An adapter of a vendor at which somebody of the shop may approve our app, so that no secret is handed over."""

    def is_approved(self) -> bool:
        """Whether that has happened."""
        ...

    def approval_url(self, asked: Approval) -> str:
        """Where their browser is sent."""
        ...

    def approve(self, asked: Approval, code: str) -> Identity:
        """Change the code that they came back with for tokens; these are kept once a first read has proven them.

        Raises what a read raises; what was kept before is then in force again.
        """
        ...


class Pos(Protocol):
    """One shop's POS. Every method returns all there is or raises; a part of an answer is never returned.

    Raises `Throttled`, `Retryable`, `Unauthorised`, `Rejected` or `Untrustworthy` (errors.py).
    """

    capabilities: frozenset[Capability]
    together: int  # references whose records one call of each kind answers on one page, refunds and doubles included

    def sales_by_reference(self, references: Sequence[str]) -> list[Sale]:
        """Every record whose reference equals one of these: sales, edits and refunds alike; all hits, so doubles show.

        Lines are included where the POS gives them with the header, else None.
        """
        ...

    def with_lines(self, sales: Sequence[Sale]) -> list[Sale]:
        """The same records with their lines read (one call per record where nothing better exists)."""
        ...

    def unfinished_sales(self) -> Iterator[Sale]:
        """Every record that the POS holds unfinished (Heartland: `pending`)."""
        ...

    def sales_between(self, since: datetime, until: datetime) -> Iterator[Sale]:
        """Records created in a span of time, with or without a reference."""
        ...

    def set_up(self, wanted: SetUpQuestions) -> SetUp:
        """The settings that the checklist asks for; a part that cannot be read is None and says why."""
        ...

    def identity(self) -> Identity:
        """Who the token is and what it may see; the cheapest proof that the POS answers us."""
        ...
