"""A shop as it stands: the stores file, what an admin set over it, and what was learned."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, select, update

from reconcile.config import Shop, declared_from
from reconcile.evidence import Declared
from reconcile.ledger.tables import shops
from reconcile.limits import LIMITED, OWN_LIMITS, ShopLimitsSchema
from reconcile.model import Mode
from reconcile.services import Services


def enrol(services: Services) -> None:
    """Give every shop its row; called when a process starts."""
    with services.ledger.write() as connection:
        for shop in services.settings.shops.values():
            enrol_one(connection, shop, services)


def enrol_one(connection: Connection, shop: Shop, services: Services) -> None:
    """Give a shop its row; what is there stays, but for its domain."""
    now = services.clock.now()
    values = {
        "store": shop.store, "domain": shop.domain, "installed_at": now, "watermark": now,
        "next_sweep_at": now + shop.sweep_every, "next_check_at": now, "next_subscriptions_at": now,
    }  # fmt: skip
    statement = services.ledger.insert(shops).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["store"], set_={"domain": shop.domain}))


def row_of(connection: Connection, store: str) -> Row[Any]:
    """The shop's row; it exists once `enrol` has run."""
    return connection.execute(select(shops).where(shops.c.store == store)).one()


def row_for_change(connection: Connection, store: str) -> Row[Any]:
    """The same, locked until the transaction ends: for what is read to be written again with a change."""
    return connection.execute(select(shops).where(shops.c.store == store).with_for_update()).one()


def declared_of(services: Services, store: str, row: Row[Any] | None = None) -> Declared:
    """What is declared of the connector: the stores file's, with what an admin set since laid over it."""
    declared = services.shop(store).declared
    over = row.declared if row is not None else None
    return replace(declared, **_given(over)) if over else declared


def _given(raw: dict[str, Any]) -> dict[str, Any]:
    laid = declared_from(raw)
    return {key: getattr(laid, key) for key in raw}


def in_force(shop: Shop, row: Row[Any]) -> Shop:
    """The shop with the limits that an admin set laid over the stores file's."""
    if not row.limits:
        return shop
    laid: dict[str, Any] = ShopLimitsSchema().load(row.limits)
    own = {name: value for name, value in laid.items() if name in OWN_LIMITS}
    return replace(shop, limits=replace(shop.limits, **{name: laid[name] for name in laid.keys() - own.keys()}), **own)


def limits_of(shop: Shop) -> dict[str, Any]:
    """A shop's limits by name, as the stores file would write them."""
    found = {name: getattr(shop if name in OWN_LIMITS else shop.limits, name) for name in LIMITED}
    written: dict[str, Any] = ShopLimitsSchema().dump(found)
    return written


def mode_of(shop: Shop, row: Row[Any]) -> Mode:
    return Mode(row.mode) if row.mode else shop.mode


def zone_of(shop: Shop, row: Row[Any]) -> ZoneInfo:
    """The shop's clock: as the stores file says, or else as Shopify does; UTC while neither has said."""
    for name in filter(None, (shop.time_zone, row.time_zone)):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")


def stop_reason(services: Services, row: Row[Any]) -> str | None:
    """Why nothing may be written for this shop now, in words; None when it may."""
    if services.settings.stop_all:
        return "the global stop switch is on (STOP)"
    if row.stopped_at is not None:
        return f"the shop was stopped by {row.stopped_by}: {row.stop_reason}"
    return None


def stop(connection: Connection, store: str, *, by: str, reason: str, now: Any) -> None:
    """Throw the shop's stop switch; the first reason stands until it is released."""
    where = (shops.c.store == store, shops.c.stopped_at.is_(None))
    connection.execute(update(shops).where(*where).values(stopped_at=now, stopped_by=by, stop_reason=reason))


def change(connection: Connection, store: str, **values: Any) -> Row[Any]:
    """The shop's row as it is after this change."""
    changed = update(shops).where(shops.c.store == store).values(**values)
    return connection.execute(changed.returning(shops)).one()
