"""What the loop asks of a POS. Read-only: anything that no rule needs is not in it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

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


class Store(Protocol):
    """What an adapter must keep for its shop beyond its own life, such as rotating tokens; kept sealed."""

    def get(self, key: str) -> str | None:
        """The newest value, whoever put it; None when there is none."""
        ...

    def put(self, key: str, value: str) -> None:
        """Keep a value; it is durable when this returns."""
        ...


class Passing:
    """A store that lasts as long as the process: for a look that keeps nothing, and for tests."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        self._values[key] = value


class Pos(Protocol):
    """One shop's POS. Every method returns all there is or raises; a part of an answer is never returned.

    Raises `Throttled`, `Retryable`, `Unauthorised`, `Rejected` or `Untrustworthy` (errors.py).
    """

    capabilities: frozenset[Capability]

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
