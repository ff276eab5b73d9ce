"""Every behaviour no public source settles: the first value of each is our own choice, the others are as likely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "validation_status": (400, 422),
    "throttling": ("429_retry_after", "429_bare", "503"),
    "finished_status": ("complete", "closed"),
    "cancel_status": ("canceled", "void"),
    "duplicate_public_id": ("allowed", "validation_error"),
    "order_updated_at_filter": (True, False),
    "order_created_at_filter": (True, False),
    "order_status_filter": (True, False),
    "ticket_number_filter": (True, False),
    "ticket_location_filter": (False, True),
    "required_key": ("required", "required?"),
    "location_header": ("absolute", "path"),
    "inactive_items_listed": (True, False),
    "extra_keys": (False, True),
    "lines_included": (True, False),
    "whoami": (True, False),
    "number_as_string": (False, True),
    "order_number_field": ("public_id", "custom"),
    "unknown_include": ("ignored", "invalid_request"),
    "empty_pages": (0, 1),
    "balance_key": ("balance", "amount_due", "due", "absent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What this account does where the vendor documents nothing; `from_dict` takes the same names from JSON.

    `order_custom_group` has no source at all: `sales.order` is our invention, only `sales.transaction` was ever seen.
    `per_page_default` is ours too (the vendor's own client always sends 20); `blind_location` plays a token whose
    user has no right to one location.
    """

    validation_status: int = 400
    throttling: str = "429_retry_after"
    finished_status: str = "complete"
    cancel_status: str = "canceled"
    duplicate_public_id: str = "allowed"
    order_updated_at_filter: bool = True
    order_created_at_filter: bool = True
    order_status_filter: bool = True
    ticket_number_filter: bool = True
    ticket_location_filter: bool = False
    required_key: str = "required"
    location_header: str = "absolute"
    inactive_items_listed: bool = True
    extra_keys: bool = False
    order_custom_group: str = "sales.order"
    lines_included: bool = True
    whoami: bool = True
    blind_location: int | None = None
    number_as_string: bool = False
    order_number_field: str = "public_id"
    order_number_key: str = "shopify_order"
    unknown_include: str = "ignored"
    empty_pages: int = 0
    balance_key: str = "balance"
    per_page_default: int = 20

    def __post_init__(self) -> None:
        """Refuse a value no source and no guess of ours ever named. Raises ValueError."""
        for name, allowed in CHOICES.items():
            given: object = getattr(self, name)
            if given not in allowed or isinstance(given, bool) is not isinstance(allowed[0], bool):
                raise ValueError(f"switch {name}: {given!r} is none of {', '.join(map(repr, allowed))}")
        if self.per_page_default < 1:
            raise ValueError("switch per_page_default: a page holds at least one record")

    @classmethod
    def from_dict(cls, given: Mapping[str, object]) -> Switches:
        """Build from a wire report or a scenario. Raises ValueError on an unknown switch or value."""
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown Heartland switch: {', '.join(unknown)}")
        return cls(**given)  # type: ignore[arg-type]  # every value is checked when the object is made
