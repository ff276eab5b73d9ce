"""Witnesses: for each of the POS's locations, the latest sales that were seen there.

Where the POS's filter leaves out in silence what a token may not see, only a sale that is known to be there tells
that a whole location has gone out of sight. A POS that is followed into an index keeps what it once saw: there they
tell nothing. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from reconcile.config import Shop
from reconcile.model import Sale, SaleKind, SaleStatus

A_LOCATION = 2  # one sale may have been deleted; both at once hardly
LOCATIONS = 12  # they are asked for beside the orders, in the same call
BELIEVED_FOR = timedelta(days=3)  # then the location is taken to be closed, its sales to be gone
NEVER = datetime.min.replace(tzinfo=UTC)
LASTING = (SaleStatus.OPEN, SaleStatus.COMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    sale_id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One location's witnesses, newest first, and when one of them was last seen."""

    location: str
    seen_at: datetime
    sales: tuple[Witness, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Those of one POS account, the location that was seen last first."""

    account: str
    places: tuple[Place, ...] = ()

    def asked(self, now: datetime) -> list[str]:
        """The references to ask for, beside those of the orders that may be missing."""
        return [one.reference for place in self._believed(now) for one in place.sales]

    def out_of_sight(self, seen: Iterable[Sale], now: datetime) -> tuple[Place, ...]:
        """The locations of whose witnesses an answer to `asked` shows none."""
        shown = {sale.sale_id for sale in seen}
        return tuple(place for place in self._believed(now) if not any(one.sale_id in shown for one in place.sales))

    def _believed(self, now: datetime) -> list[Place]:
        return [place for place in self.places if now - place.seen_at < BELIEVED_FOR]

    def after(self, sales: Iterable[Sale], now: datetime) -> "Witnesses":
        """What is known once these records were seen."""
        known = {place.location: list(place.sales) for place in self._believed(now)}
        seen_at = {place.location: place.seen_at for place in self._believed(now)}
        for sale in sorted(sales, key=lambda one: one.created_at or NEVER):
            if sale.location and sale.reference and sale.kind is SaleKind.SALE and sale.status in LASTING:
                witness = Witness(sale_id=sale.sale_id, reference=sale.reference.strip())
                others = [one for one in known.get(sale.location, ()) if one.sale_id != witness.sale_id]
                known[sale.location] = [witness, *others][:A_LOCATION]
                seen_at[sale.location] = now
        latest = sorted(known, key=lambda location: seen_at[location], reverse=True)[:LOCATIONS]
        places = (Place(location=name, seen_at=seen_at[name], sales=tuple(known[name])) for name in latest)
        return Witnesses(account=self.account, places=tuple(places))

    def as_json(self) -> dict[str, Any]:
        places = [
            {
                "location": place.location, "seen_at": place.seen_at.isoformat(),
                "sales": [[one.sale_id, one.reference] for one in place.sales],
            }
            for place in self.places
        ]  # fmt: skip
        return {"account": self.account, "places": places}


def witnesses_of(shop: Shop, kept: Mapping[str, Any]) -> Witnesses:
    """What the ledger keeps; nothing of another account, whose sales prove nothing here."""
    account = " ".join(
        [shop.pos_kind, *(str(shop.pos.get(key) or "") for key in ("subdomain", "base_url", "account_id"))]
    )
    if kept.get("account") != account:
        return Witnesses(account=account)
    places = (
        Place(
            location=one["location"], seen_at=datetime.fromisoformat(one["seen_at"]),
            sales=tuple(Witness(sale_id=sale_id, reference=reference) for sale_id, reference in one["sales"]),
        )
        for one in kept["places"]
    )  # fmt: skip
    return Witnesses(account=account, places=tuple(places))


def told(places: Iterable[Place]) -> str:
    """Why absent orders are unread, and what to do about it."""
    gone = "; ".join(f"{place.location} ({', '.join(one.reference for one in place.sales)})" for place in places)
    return (
        "The POS does not show sales that were there: every one that is known at location "
        f"{gone}. The token's user has lost the right to see it, or they were deleted. Give the user rights to every "
        f"location. Until then absent orders stay unread; after {BELIEVED_FOR.days} days the location is taken to be closed."
    )
