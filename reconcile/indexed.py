"""What is kept of a feed that is followed: one value, for the adapter that writes it and the ledger that keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """One record of a feed as it is kept: its newest version, and what it is found by."""

    record_id: str
    version: int
    key: str = ""  # a reference, or a SKU
    at: datetime | None = None
    unfinished: bool = False
    body: dict[str, Any]
