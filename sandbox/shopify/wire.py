"""How Shopify writes moments, money and ids."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zlib import crc32

SHOP_ZONE = timezone(
    timedelta(hours=-5)
)  # REST writes moments in the shop's zone, GraphQL in UTC; neither has fractions
ZONE_NAME = "America/New_York"

Json = dict[str, object]


def rest_moment(moment: datetime | None) -> str | None:
    """Such as `2026-11-02T04:00:00-05:00`."""
    return None if moment is None else moment.astimezone(SHOP_ZONE).replace(microsecond=0).isoformat()


def graphql_moment(moment: datetime | None) -> str | None:
    """Such as `2026-11-02T09:00:00Z`."""
    return None if moment is None else f"{moment.astimezone(UTC):%FT%TZ}"


def rest_amount(amount: Decimal) -> str:
    """Two places always: `10.00`."""
    return f"{amount:.2f}"


def graphql_amount(amount: Decimal) -> str:
    """One place at least and no zero behind it: `10.0`, `9.95`."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") else text


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_for(name: str) -> int:
    """An id for a thing that the shop knows by name only; the same every time."""
    return 40_000_000_000 + crc32(name.encode())
