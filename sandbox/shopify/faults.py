"""Shopify misbehaving on demand."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

SCOPES = (
    "read_orders", "write_orders", "read_customers", "read_products", "read_merchant_managed_fulfillment_orders",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class ShopifyFaults:
    """What is wrong now; every field may be set while the sandbox runs."""

    throttle_next: int = 0  # so many queries are throttled, whatever the bucket holds
    throttle_share: float = 0.0
    denied_fields: AbstractSet[str] = frozenset()  # in GraphQL's words; their REST twins are left out of webhooks
    search_ignored: bool = False
    search_lag_s: float = 0.0  # how far the search is behind the orders; whether it is at all is unknown
    down: int = 0  # the status that every call is answered with
    fail_next: str = ""  # the code of the error that the next query is answered with, such as INTERNAL_SERVER_ERROR
    no_answer_next: bool = False  # the next query is carried out and its answer is lost
    grants: str = ""  # the error that the token request is answered with: shop_not_permitted, app_not_installed
    offline: str = "expiring"  # what an installation gets: `expiring` as asked for, or `permanent` whatever was asked
    hmac_over: str = "encoded"  # whether the signed query of an installation is `encoded` or `plain`
    lose_tokens_next: bool = False  # the next pair of tokens is given, and the answer is lost
    scopes: tuple[str, ...] = SCOPES
    chance: Random = field(default_factory=lambda: Random(0))

    @property
    def search_lag(self) -> timedelta:
        return timedelta(seconds=self.search_lag_s)

    def throttles(self) -> bool:
        if self.throttle_next > 0:
            self.throttle_next -= 1
            return True
        return self.chance.random() < self.throttle_share

    def set(self, values: dict[str, object]) -> None:
        """Set fields by name; raises ValueError for one that does not exist."""
        for name, value in values.items():
            if name not in self.__dataclass_fields__ or name == "chance":
                raise ValueError(f"Shopify has no fault {name}")
            kind = type(getattr(self, name))
            setattr(self, name, kind(value) if kind in (frozenset, tuple) else value)
