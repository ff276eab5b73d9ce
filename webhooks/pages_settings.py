"""The page on a shop's settings: mode, stop switch, limits, tokens, and what is declared of the connector."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from reconcile import history, people
from reconcile.errors import ConfigurationError
from reconcile.evidence import Declared
from reconcile.ledger.queries_activity import activity_page
from reconcile.model import Mode
from reconcile.shop_overview import overview
from reconcile.shops import limits_of
from webhooks import tokens
from webhooks.auth import caller
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.limit_words import LIMITS, filled
from webhooks.page_session import my_store, page, pages
from webhooks.setting_words import SETTINGS
from webhooks.tokens import Role

SWITCHES = {"on": True, "off": False}
LONGEST_REASON = 500
LIFETIMES = (30, 90, 365)
CHANGES = ("stop", "release", "mode", "limits", "declared", "touch_reset", "token")
SHOWN = 20


@pages.get("/settings/<store>")
@page()
def settings(store: str) -> ResponseReturnValue:
    """Everything that steers the shop."""
    return _shown(my_store(store))


def _shown(store: str, problems: Sequence[str] = (), given: Mapping[str, Any] | None = None) -> str:
    """The page; `given` is what was filled in and is not as it should be."""
    services, written = current_services(), dict(given or {})
    one = overview(services, [store])[0]
    with services.ledger.read() as connection:
        changes = activity_page(connection, [store], kinds=CHANGES, people_only=True, limit=SHOWN).rows
    mine = [token for token in tokens.listed(services) if _is_mine(token)] if caller().may("admin") else []
    return render_template(
        "settings.html", one=one, store=store, words=SETTINGS, kinds=_kinds(), changes=changes, written=written,
        declared={name: getattr(one.declared, name) for name in SETTINGS} | written,
        limits=LIMITS, in_force=limits_of(one.shop), of_the_file=limits_of(services.shop(store)),
        modes=list(Mode), roles=list(Role), tokens=mine, problems=problems, lifetimes=LIFETIMES,
    )  # fmt: skip


def _kinds() -> dict[str, str]:
    """How each setting is filled in: `switch`, `list`, `moment` or `text`."""
    kinds = {"bool": "switch", "tuple": "list", "datetime": "moment", "str": "text"}
    return {
        one.name: next(kind for word, kind in kinds.items() if word in str(one.type))
        for one in fields(Declared) if one.name in SETTINGS
    }  # fmt: skip


def _is_mine(token: tokens.Token) -> bool:
    """A token that this person may see: one that reaches no shop beyond their own."""
    mine = caller().stores
    return token.revoked_at is None and (not mine or (bool(token.stores) and token.stores <= mine))


@pages.post("/settings/<store>/mode")
@page("admin")
def choose_mode(store: str) -> ResponseReturnValue:
    """Observe, assist or auto."""
    chosen = request.form.get("mode", "")
    if chosen not in [mode.value for mode in Mode]:
        raise BadRequest(_("There is no such mode."))
    people.set_mode(current_services(), caller().name, my_store(store), Mode(chosen))
    wake_workers()
    return _back(store, _("The mode is changed; what is open is decided again."))


@pages.post("/settings/<store>/limits")
@page("admin")
def limit(store: str) -> ResponseReturnValue:
    """What is changed in the form of the limits; an empty field gives one back to the stores file."""
    services, problems = current_services(), list[str]()
    given = filled(request.form, limits_of(overview(services, [my_store(store)])[0].shop), problems)
    try:
        if problems:
            raise ConfigurationError(problems)
        if given:
            people.set_limits(services, caller().name, store, given)
    except ConfigurationError as error:
        return _shown(store, error.problems, request.form.to_dict()), 400
    wake_workers()
    return _back(
        store, _("The limits are kept; what is open is decided again.") if given else _("Nothing was changed.")
    )


@pages.post("/settings/<store>/declared")
@page("admin")
def declare(store: str) -> ResponseReturnValue:
    """What is changed in the form of the declared settings; an empty field makes a setting unknown."""
    services, before = current_services(), overview(current_services(), [my_store(store)])[0].declared
    given = {name: _filled(kind, request.form[name]) for name, kind in _kinds().items() if name in request.form}
    changed = {name: value for name, value in given.items() if value != _plain(getattr(before, name))}
    if not changed:
        return _back(store, _("Nothing was changed."))
    try:
        people.declare(services, caller().name, store, changed)
    except ConfigurationError as error:
        return _shown(store, error.problems, given), 400
    wake_workers()
    return _back(store, _("Kept: the set-up is checked and what is open is decided again."))


def _filled(kind: str, text: str) -> Any:
    text = text.strip()
    if kind == "switch":
        return SWITCHES.get(text)
    if kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()] if text != "" else None
    return text or None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value) or None
    return value.isoformat() if hasattr(value, "isoformat") else value


@pages.post("/settings/<store>/touch")
@page("admin")
def forget_touch(store: str) -> ResponseReturnValue:
    """The next touch is a first one again."""
    people.reset_touch(current_services(), caller().name, my_store(store))
    wake_workers()
    return _back(store, _("What was learned of touches is forgotten: the next one is tried on one order first."))


@pages.post("/stores/<store>/stop")
@page("operator")
def stop(store: str) -> ResponseReturnValue:
    """Nothing more is written for this shop."""
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        raise BadRequest(_("Say why the shop is stopped."))
    people.stop_store(current_services(), caller().name, my_store(store), reason)
    return _back(store, _("%(store)s is stopped: from now on everything is only recorded.", store=store))


@pages.post("/stores/<store>/release")
@page("operator")
def release(store: str) -> ResponseReturnValue:
    """Take the stop away."""
    people.release(current_services(), caller().name, my_store(store))
    wake_workers()
    return _back(store, _("%(store)s is released.", store=store))


# --- tokens ---------------------------------------------------------------------------------------------------------


@pages.post("/settings/<store>/tokens")
@page("admin")
def make_token(store: str) -> ResponseReturnValue:
    """A token for this shop alone; it is shown this once."""
    name, role = request.form.get("name", "").strip()[:128], request.form.get("role", "")
    days = request.form.get("days", type=int)
    if not name or role not in [one.value for one in Role] or days not in LIFETIMES:
        raise BadRequest(_("Give the token a name, a role and a lifetime."))
    secret = tokens.create(current_services(), Role(role), [my_store(store)], name, timedelta(days=days))
    _note(store, f"token {secret[: tokens.SHOWN]}… made for {name}, {role}")
    return render_template("token.html", store=store, name=name, role=role, secret=secret)


@pages.post("/settings/<store>/tokens/revoke")
@page("admin")
def revoke_token(store: str) -> ResponseReturnValue:
    """End a token, and the sessions that were begun with it."""
    services, here, number = current_services(), my_store(store), request.form.get("id", "")
    found = next((one for one in tokens.listed(services) if str(one.id) == number and _is_mine(one)), None)
    if found is None:
        raise NotFound(_("There is no such token among those that you may end."))
    tokens.revoke(services, number)
    _note(here, f"token {found.prefix}… of {found.name} revoked")
    return _back(store, _("The token of %(name)s is no longer in force.", name=found.name))


def _note(store: str, text: str) -> None:
    services = current_services()
    values = {"store": store, "at": services.clock.now(), "kind": "token", "who": caller().name, "text": text}
    with services.ledger.write() as connection:
        history.tell(connection, values)


def _back(store: str, text: str) -> ResponseReturnValue:
    flash(text)
    return redirect(url_for("pages.settings", store=store), 303)
