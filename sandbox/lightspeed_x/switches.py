"""Every behaviour the vendor does not document: the first value of each is our own choice, the others are as likely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "api_versions": ("both", "2.0", "dated"),
    "deleted_users_listed": (True, False),
    "purged_user_by_id": ("404", "found"),
    "deleted_sales_listed": (True, False),
    "disabled_poster": ("refused", "accepted", "left_parked"),
    "closed_register": ("accepted", "refused"),
    "single_user": ("array", "object"),
    "error_envelope": ("text", "object"),
    "search_words": ("exact", "tokens"),
    "empty_versions": ("null", "zero", "absent"),
    "money": ("number", "text"),
    "null_keys": ("present", "left_out"),
    "lost_refresh": ("revoked", "good"),
    "sale_skips_register": (False, True),
}
NUMBERS: Final = {"page_size_default": 1, "page_size_most": 1, "search_lag_s": 0, "token_lives_s": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What this account does where nothing is documented; `from_dict` takes the same names from JSON.

    `api_versions`: one generation may be gone. `disabled_poster` is what becomes of a sale written as a user who is
    disabled or deleted. `empty_versions`: the range of an empty page in 2.0 (`null` is documented for 2026-07).
    `lost_refresh`: whether a refresh token still works after one refresh with it: the vendor says it is revoked.
    `search_lag_s` is how long search knows nothing of a change. `page_size_*` are of the lists; 1000 of search is
    documented. `sale_skips_register`: a sale by an integration may carry no register.
    """

    api_versions: str = "both"
    deleted_users_listed: bool = True
    purged_user_by_id: str = "404"
    deleted_sales_listed: bool = True
    disabled_poster: str = "refused"
    closed_register: str = "accepted"
    single_user: str = "array"
    error_envelope: str = "text"
    search_words: str = "exact"
    empty_versions: str = "null"
    money: str = "number"
    null_keys: str = "present"
    lost_refresh: str = "revoked"
    sale_skips_register: bool = False
    page_size_default: int = 100
    page_size_most: int = 500
    search_lag_s: int = 0
    token_lives_s: int = 86_400

    def __post_init__(self) -> None:
        """Refuse a value no source and no guess of ours ever named. Raises ValueError."""
        for name, allowed in CHOICES.items():
            given: object = getattr(self, name)
            if given not in allowed or isinstance(given, bool) is not isinstance(allowed[0], bool):
                raise ValueError(f"switch {name}: {given!r} is none of {', '.join(map(repr, allowed))}")
        for name, least in NUMBERS.items():
            given = getattr(self, name)
            if not isinstance(given, int) or isinstance(given, bool) or given < least:
                raise ValueError(f"switch {name}: {given!r} is no number from {least}")

    @classmethod
    def from_dict(cls, given: Mapping[str, object]) -> Switches:
        """Build from a scenario. Raises ValueError on an unknown switch or value."""
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown Lightspeed X switch: {', '.join(unknown)}")
        return cls(**given)  # type: ignore[arg-type]  # every value is checked when the object is made
