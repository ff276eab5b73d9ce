"""The page on which an admin connects a shop, and makes the link by which a merchant installs the app."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from reconcile import people
from reconcile.connecting import KIND, LINK, WAY, Question, questions, table_from
from reconcile.connection_check import pos_lines, shopify_lines
from reconcile.errors import ConfigurationError, Refused
from reconcile.people import invites
from reconcile.support_words import POS_NAMES
from webhooks.auth import caller
from webhooks.connecting_words import QUESTIONS, WAYS
from webhooks.connection_words import Said, said
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import my_store, page, pages

STORE = Question(key="store")


@pages.get("/connect")
@page("admin")
def connect() -> str:
    """What is needed for this way in and this POS, and the shops that there are."""
    _for_all_shops()
    return _shown(request.args.get("way", WAY.default), request.args.get("kind", KIND.default))


@pages.post("/connect")
@page("admin")
def connect_shop() -> ResponseReturnValue:
    """Try the answers; the shop is kept when both sides let us in."""
    _for_all_shops()
    services, way, kind = current_services(), request.form.get("way", ""), request.form.get("pos.kind", "")
    store = request.form.get("store", "").strip()
    keys = [one.key for one in _asked(way, kind)]
    answers = {"way": way, "pos.kind": kind} | {key: request.form.get(key, "") for key in keys if key != "store"}
    given = {"store": store} | answers
    try:
        table = table_from(answers)
        lines = _tried(store, table, way)
        if not all(line.good for line in lines if line.slug in ("shopify_refuses", "other_shop", "pos_refuses")):
            return _shown(way, kind, given, lines=lines), 400
        people.connect(services, caller().name, store, table)
    except ConfigurationError as error:
        return _shown(way, kind, given, problems=error.problems), 400
    except Refused as error:
        return _shown(way, kind, given, problems=[str(error)]), 409
    wake_workers()
    if way == LINK:
        return _link(store)
    flash(_("%(store)s is connected: subscribe to its webhooks next, or wait for the sweep to do it.", store=store))
    return redirect(url_for("pages.settings", store=store), 303)


@pages.post("/connect/<store>/link")
@page("admin")
def make_link(store: str) -> ResponseReturnValue:
    """A link for the merchant; the one before it is void."""
    return _link(my_store(store))


def _link(store: str) -> str:
    return render_template("link.html", store=store, link=invites.invite(current_services(), caller().name, store))


def _for_all_shops() -> None:
    if caller().stores:
        raise Forbidden(_("Only an admin for all shops may connect one."))


def _asked(way: str, kind: str) -> list[Question]:
    if way not in WAY.choices or kind not in KIND.choices:
        raise BadRequest(_("There is no such way in, or no such POS."))
    return [STORE, *questions(way, kind)]


def _tried(store: str, table: Mapping[str, Any], way: str) -> list[Said]:
    services = current_services()
    shop = people.read_table(services, store, table)
    lines = [] if way == LINK else list(shopify_lines(shop, services))
    return [said(line, store) for line in (*lines, *pos_lines(shop, services))]


def _shown(
    way: str, kind: str, given: Mapping[str, str] | None = None, *, lines: Sequence[Said] = (),
    problems: Sequence[str] = (),
) -> str:  # fmt: skip
    services = current_services()
    asked = _asked(way, kind)
    shown = {one.key: given[one.key] for one in asked if given and not one.secret and one.key in given}
    if not given and services.settings.defaults.get("webhook_url"):
        shown["webhook_url"] = services.settings.defaults["webhook_url"]
    shops = [
        {"shop": shop, "in_ledger": people.is_connected(services, shop.store), "by_link": invites.may_be_invited(shop)}
        for shop in services.settings.shops.values()
    ]
    return render_template(
        "connect.html", way=way, kind=kind, ways=WAYS, kinds=KIND.choices, pos_names=POS_NAMES, asked=asked,
        words=QUESTIONS, given=shown, lines=lines, problems=problems, shops=shops,
    )  # fmt: skip
