"""What the sandbox's connector, staff and faults do to a POS, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sandbox.heartland.records import Faults, Line


class NotTaken(ValueError):
    """The POS refuses the sale: a second one of its number, or one by somebody who may not sell."""


class Good(Protocol):
    """A product in the POS."""

    @property
    def id(self) -> int: ...
    @property
    def active(self) -> bool: ...


class Entry(Protocol):
    """A sale as it stands in the POS; `status` is pending (unfinished), open, complete or canceled."""

    @property
    def id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def lines(self) -> tuple[Line, ...]: ...
    @property
    def total(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...
    @property
    def balance(self) -> Decimal: ...
    @property
    def location_id(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A sale to be entered. `number` is None for what staff ring up; `filled`: the field that staff fill in has a value."""

    number: str | None
    status: str
    lines: Sequence[Line]
    total: Decimal
    tax: Decimal
    discount: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)
    location_id: int
    filled: bool = True
    has_address: bool = True
    customer_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What lets the product in; each POS takes of it what it knows."""

    token: str
    client_id: str
    client_secret: str


class Till(Protocol):
    """A POS account, open for a scenario. `finishes_at_once`: a carried sale is complete before anything has shipped.

    `leaves_unfinished`: what the connector does not finish is no sale yet from the start, rather than open once it has
    shipped.
    """

    finishes_at_once: bool
    leaves_unfinished: bool
    takes_one_only: bool  # a second sale of a number is refused
    wants_whole_customer: bool
    faults: Faults
    books: Any  # the account itself, for whoever knows its kind

    def goods(self, sku: str) -> Sequence[Good]:
        """Every product with exactly this SKU."""
        ...

    def place(self, name: str) -> int:
        """A location's id."""
        ...

    def customer(self, email: str, first_name: str, last_name: str) -> int:
        """The customer with this e-mail, entered if need be."""
        ...

    def enter(self, slip: Slip) -> int:
        """Enter a sale as the connector does. Answers its id. Raises NotTaken."""
        ...

    def give_back(self, slip: Slip) -> int:
        """Enter what is given back, under the order's number."""
        ...

    def ring_up(self, slip: Slip) -> int:
        """Enter a sale as staff do."""
        ...

    def entry(self, number: int) -> Entry:
        """A sale that the connector entered."""
        ...

    def change(self, number: int, **changes: object) -> None:
        """Change an entry's status, lines, total, tax or balance."""
        ...

    def refuses_seller(self) -> bool:
        """Whether the connector's employee may not sell, so that nothing is taken."""
        ...

    def turn(self, cause: str, on: bool, share: float | None) -> bool:
        """Set what a planted window changes in this POS; answers whether there is such a thing."""
        ...

    def let_in(self, credentials: Credentials) -> None:
        """Accept the product's credentials."""
        ...

    def declared(self) -> dict[str, Any]:
        """What the merchant states of the connector because of this POS."""
        ...

    def spent(self) -> float:
        """What the product's calls have cost by the POS's own count; 0 where it counts none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TillKind:
    """One kind of POS in the sandbox: how its account is opened, and the causes that cannot be planted in it.

    `settings` is what an admin writes under `[stores.….pos]`, given the sandbox's address and the credentials.
    """

    switches: Callable[[Mapping[str, object]], Any]
    open: Callable[[Any, Callable[[], datetime], int], Till]
    without: frozenset[str]
    settings: Callable[[str, Credentials], dict[str, Any]]
