"""The API on shops, what people do: sweep, check, stop, release, mode, limits, declared settings, touches."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from marshmallow import Schema

from reconcile import people
from reconcile.errors import ConfigurationError
from reconcile.limits import ShopLimitsSchema
from reconcile.model import Mode
from reconcile.services import Services
from reconcile.stores_schema import DeclaredSchema
from webhooks.api_stores import ONE, shown_store
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.errors import error_answer
from webhooks.routes import Part, seen_shop
from webhooks.schemas import ModeBody, StopBody, SweepBody, is_storable
from webhooks.schemas_more import StoreSchema

part = Part("stores_do", "What people do with a shop.")


def _any_of(schema: type[Schema]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@part.write("POST", f"{ONE}/sweep", StoreSchema, status=202, body=SweepBody)
def sweep(given: dict[str, Any], store: str) -> dict[str, Any]:
    """Ask Shopify for every order changed since then (default: since the last sweep)."""
    seen_shop(store)
    people.sweep_since(current_services(), caller().name, store, given.get("since"))
    wake_workers()
    return shown_store(store)


@part.write("POST", f"{ONE}/check", StoreSchema, status=202)
def check(store: str) -> dict[str, Any]:
    """Walk the set-up checklist now."""
    seen_shop(store)
    people.check_now(current_services(), caller().name, store)
    wake_workers()
    return shown_store(store)


@part.write("POST", f"{ONE}/stop", StoreSchema, status=202, body=StopBody)
def stop(given: dict[str, Any], store: str) -> dict[str, Any]:
    """Throw the shop's stop switch: nothing is touched until it is released."""
    seen_shop(store)
    people.stop_store(current_services(), caller().name, store, given["reason"])
    return shown_store(store)


@part.write("POST", f"{ONE}/release", StoreSchema, status=202)
def release(store: str) -> dict[str, Any]:
    """Take the stop away; open cases are decided again."""
    seen_shop(store)
    people.release(current_services(), caller().name, store)
    wake_workers()
    return shown_store(store)


@part.write("PUT", f"{ONE}/mode", StoreSchema, role="admin", body=ModeBody)
def set_mode(given: dict[str, Any], store: str) -> dict[str, Any]:
    """Set the mode over the stores file's."""
    seen_shop(store)
    people.set_mode(current_services(), caller().name, store, Mode(given["mode"]))
    wake_workers()
    return shown_store(store)


@part.write("PUT", f"{ONE}/limits", StoreSchema, role="admin")
@part.described(requestBody=_any_of(ShopLimitsSchema))
def set_limits(store: str) -> Any:
    """Set these limits over the stores file's; null gives one back to the file, others stay."""
    return _laid(people.set_limits, store)


@part.write("PUT", f"{ONE}/declared", StoreSchema, role="admin")
@part.described(requestBody=_any_of(DeclaredSchema))
def declare(store: str) -> Any:
    """Lay these settings over what is declared of the connector; null makes one unknown, others stay."""
    return _laid(people.declare, store)


@part.write("POST", f"{ONE}/touch/reset", StoreSchema, role="admin")
def reset_touch(store: str) -> dict[str, Any]:
    """Forget what was learned of touches here: the next one is a canary again."""
    seen_shop(store)
    people.reset_touch(current_services(), caller().name, store)
    wake_workers()
    return shown_store(store)


def _laid(act: Callable[[Services, str, str, dict[str, Any]], None], store: str) -> Any:
    seen_shop(store)
    given = request.get_json(silent=True)
    if not isinstance(given, dict) or not given or not is_storable(given):
        return _invalid({"body": ["Send a JSON object: the setting's name and its value."]})
    try:
        act(current_services(), caller().name, store, given)
    except ConfigurationError as error:
        return _invalid(_by_field(error.problems))
    wake_workers()
    return shown_store(store)


def _by_field(problems: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        path, _, why = problem.partition(": ")
        found.setdefault(path.partition(".")[2], []).append(why)
    return found


def _invalid(details: dict[str, list[str]]) -> Response:
    return error_answer(422, "invalid", "The settings are not as they should be.", details)
