"""What people do with a shop: sweep and check it, stop and release it, set its mode, its limits and what is declared of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy import Connection, update

from reconcile import history
from reconcile.config import TOUCH_TAG, declared_from
from reconcile.errors import ConfigurationError
from reconcile.evidence import Declared
from reconcile.ledger.queries import OPEN_STATES
from reconcile.ledger.tables import orders
from reconcile.limits import ShopLimitsSchema
from reconcile.model import Mode, TouchEffect
from reconcile.people.incidents import declared_fixed
from reconcile.rules._settings import EVERY_ORDER, FILTERS
from reconcile.services import Services
from reconcile.shops import change, declared_of, in_force, limits_of, row_for_change, row_of, stop
from reconcile.stores_schema import DeclaredSchema

TAG_LISTS = ("allow_tags", "ignore_tags", "routing_tags")


def sweep_since(services: Services, who: str, store: str, since: datetime | None = None) -> None:
    """Ask for a sweep now. `since` moves the watermark back, so that a crash on the way forgets nothing."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        values: dict[str, Any] = {"next_sweep_at": now}
        watermark = row_of(connection, store).watermark
        if since is not None and (watermark is None or since < watermark):
            values["watermark"] = since
        change(connection, store, **values)
        text = f"a sweep since {since:%Y-%m-%d %H:%M} UTC was asked for" if since else "a sweep was asked for"
        _tell(connection, store, who, now, "sweep", text)


def check_now(services: Services, who: str, store: str) -> None:
    """Ask for a set-up check now."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        change(connection, store, next_check_at=now)
        _tell(connection, store, who, now, "check", "a set-up check was asked for")


def stop_store(services: Services, who: str, store: str, reason: str) -> None:
    """Throw the shop's stop switch: from now on only records are made. The first reason stands."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        stop(connection, store, by=who, reason=reason, now=now)
        _tell(connection, store, who, now, "stop", f"stopped: {reason}")


def release(services: Services, who: str, store: str) -> None:
    """Take the shop's stop away; its open cases are decided again. What was learned of touches stays."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        row = row_of(connection, store)
        if row.stopped_at is None:
            return
        change(connection, store, stopped_at=None, stopped_by=None, stop_reason=None)
        _look_again(connection, store, now)
        _tell(
            connection, store, who, now, "release", f"released; it was stopped by {row.stopped_by}: {row.stop_reason}"
        )


def set_mode(services: Services, who: str, store: str, mode: Mode) -> None:
    """Set the shop's mode over the stores file's; its open cases are decided again."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        before = row_of(connection, store).mode or services.shop(store).mode.value
        change(connection, store, mode=mode.value)
        _look_again(connection, store, now)
        _tell(connection, store, who, now, "mode", f"mode {before} → {mode.value}")


def declare(services: Services, who: str, store: str, given: Mapping[str, Any]) -> None:
    """Lay these settings over what is declared; None makes one *unknown*. Raises `ConfigurationError` with all problems."""
    settings = _checked(given)
    now = services.clock.now()
    with services.ledger.write() as connection:
        row = row_for_change(connection, store)
        declared_fixed(connection, store, who, _let_pass(declared_of(services, store, row), settings), now)
        change(connection, store, declared={**(row.declared or {}), **settings}, declared_at=now, next_check_at=now)
        _look_again(connection, store, now)
        said = ", ".join(f"{key} = {_said(value)}" for key, value in settings.items())
        _tell(connection, store, who, now, "declared", f"declared: {said}")


def set_limits(services: Services, who: str, store: str, given: Mapping[str, Any]) -> None:
    """Set these limits over the stores file's; None gives one back to it. Raises `ConfigurationError` with all problems."""
    problems: list[str] = []
    loaded = _load(ShopLimitsSchema(), "limits", given, problems)
    if problems:
        raise ConfigurationError(problems)
    set_now = dict.fromkeys(given) | ShopLimitsSchema().dump(loaded)
    now, shop = services.clock.now(), services.shop(store)
    with services.ledger.write() as connection:
        row = row_for_change(connection, store)
        laid = {name: value for name, value in {**row.limits, **set_now}.items() if value is not None}
        # The grace rests on `missing_after`: it is worked out again at the next look.
        change(connection, store, limits=laid, grace_at=None)
        before, after = limits_of(in_force(shop, row)), limits_of(in_force(shop, row_of(connection, store)))
        said = ", ".join(f"{name} {before[name]} → {after[name]}" for name in before if before[name] != after[name])
        if said:
            _look_again(connection, store, now)
            _tell(connection, store, who, now, "limits", f"limits: {said}")


def _let_pass(before: Declared, settings: Mapping[str, Any]) -> set[str]:
    """The names of the switches that were put into the position in which orders pass, and of locations that were mapped."""
    switches = [one for one in (EVERY_ORDER, *FILTERS) if settings.get(one.key) is one.open_when]
    turned = {one.setting for one in switches if one.declared(before) is not one.open_when}
    return turned | set(settings.get("locations") or ()) - set(before.locations or ())


def reset_touch(services: Services, who: str, store: str) -> None:
    """Forget what was learned of touches at this shop: the next one is a canary again."""
    now = services.clock.now()
    with services.ledger.write() as connection:
        before = row_of(connection, store).touch
        values = {"touch": TouchEffect.UNPROVEN.value, "touch_failures": 0, "touch_learned_at": None}
        change(connection, store, **values)
        _look_again(connection, store, now)
        _tell(connection, store, who, now, "touch_reset", f"touch {before} → unproven")


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as plain JSON values, each of its declared kind."""
    problems: list[str] = []
    loaded = _load(DeclaredSchema(), "declared", given, problems)
    declared_from(loaded, "declared", problems)
    for key in TAG_LISTS:
        if any(tag.lower().startswith(TOUCH_TAG) for tag in loaded.get(key) or ()):
            problems.append(
                f"declared.{key}: the tags beginning with {TOUCH_TAG} are ours; the connector may not act on them"
            )
    if problems:
        raise ConfigurationError(problems)
    return {key: loaded.get(key) for key in given}


def _load(schema: Schema, what: str, given: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The values that are not None, each of the kind that the schema says; whatever is wrong goes to the problems."""
    known = {key: value for key, value in given.items() if key in schema.fields}
    problems += [f"{what}.{key}: there is no such setting" for key in given if key not in known]
    try:
        loaded: dict[str, Any] = schema.load({key: value for key, value in known.items() if value is not None})
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {what: error.messages}
        problems += [f"{what}.{key}: {_words(why)}" for key, why in messages.items()]
        return dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
    return loaded


def _words(why: Any) -> str:
    if isinstance(why, dict):
        return " ".join(_words(part) for part in why.values())
    return " ".join(str(part) for part in why) if isinstance(why, list) else str(why)


def _said(value: Any) -> str:
    return "unknown" if value is None else str(value)


def _look_again(connection: Connection, store: str, now: datetime) -> None:
    """What the open cases of the shop were decided on has changed."""
    still_open = (orders.c.store == store, orders.c.case_state.in_(OPEN_STATES))
    connection.execute(update(orders).where(*still_open).values(next_look_at=now))


def _tell(connection: Connection, store: str, who: str, now: datetime, kind: str, text: str) -> None:
    history.tell(connection, {"store": store, "at": now, "kind": kind, "who": who, "text": text})
