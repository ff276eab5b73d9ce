"""The page on which an admin connects a shop, and makes the link by which a merchant installs the app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from reconcile import people
from reconcile.connecting import KIND, LINK, WAY, Question, pos_way, pos_ways, questions, table_from
from reconcile.connection_check import pos_lines, shopify_lines
from reconcile.errors import ConfigurationError, Refused
from reconcile.people import invites
from reconcile.support_words import POS_NAMES
from webhooks.auth import caller
from webhooks.connecting_words import POS_WAYS, QUESTIONS, WAYS
from webhooks.connection_words import Said, said
from webhooks.current import current_services, wake_workers
from webhooks.languages import gettext as _
from webhooks.page_session import my_store, page, pages

STORE = Question(key="store")
STOPPING = ("shopify_refuses", "shopify_unreachable", "other_shop", "pos_refuses", "pos_unreachable")


@dataclass(frozen=True, slots=True)
class Choice:
    """How Shopify lets us in, which POS it is, and how that one does."""

    way: str
    kind: str
    by: str

    @classmethod
    def of(cls, way: str, kind: str, by: str) -> "Choice":
        if way not in WAY.choices or kind not in KIND.choices:
            raise BadRequest(_("There is no such way in, or no such POS."))
        return cls(way, kind, pos_way(kind, by))

    def answers(self) -> dict[str, str]:
        return {"way": self.way, KIND.key: self.kind, "pos_way": self.by}

    def asked(self) -> list[Question]:
        return [STORE, *questions(self.way, self.kind, self.by)]


@pages.get("/connect")
@page("admin")
def connect() -> str:
    """What is needed for this way in and this POS, and the shops that there are."""
    _for_all_shops()
    asked = request.args
    return _shown(Choice.of(asked.get("way", WAY.default), asked.get("kind", KIND.default), asked.get("pos_way", "")))


@pages.post("/connect")
@page("admin")
def connect_shop() -> ResponseReturnValue:
    """Try the answers; the shop is kept when both sides let us in."""
    _for_all_shops()
    form = request.form
    choice = Choice.of(form.get("way", ""), form.get("pos.kind", ""), form.get("pos_way", ""))
    store = form.get("store", "").strip()
    given = {"store": store} | choice.answers()
    given |= {one.key: form.get(one.key, "") for one in choice.asked() if one is not STORE}
    try:
        table = table_from({key: answer for key, answer in given.items() if key != "store"})
        lines = _tried(store, table, choice)
        if not all(line.good for line in lines if line.slug in STOPPING):
            return _shown(choice, given, lines=lines), 400
        people.connect(current_services(), caller().name, store, table)
    except ConfigurationError as error:
        return _shown(choice, given, problems=error.problems), 400
    except Refused as error:
        return _shown(choice, given, problems=[str(error)]), 409
    wake_workers()
    if LINK in (choice.way, choice.by):
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


def _tried(store: str, table: Mapping[str, Any], choice: Choice) -> list[Said]:
    """What both sides say, as far as they let us in before anybody has approved."""
    services = current_services()
    shop = people.read_table(services, store, table)
    lines = [] if choice.way == LINK else list(shopify_lines(shop, services))
    lines += [] if choice.by == LINK else list(pos_lines(shop, services))
    return [said(line, store) for line in lines]


def _shown(
    choice: Choice, given: Mapping[str, str] | None = None, *, lines: Sequence[Said] = (), problems: Sequence[str] = ()
) -> str:
    services = current_services()
    asked = choice.asked()
    shown = {one.key: given[one.key] for one in asked if given and not one.secret and one.key in given}
    if not given and services.settings.defaults.get("webhook_url"):
        shown["webhook_url"] = services.settings.defaults["webhook_url"]
    shops = [
        {"shop": shop, "in_ledger": people.is_connected(services, shop.store), "by_link": invites.sides_by_link(shop)}
        for shop in services.settings.shops.values()
    ]
    return render_template(
        "connect.html", choice=choice, ways=WAYS, kinds=KIND.choices, pos_names=POS_NAMES, asked=asked,
        pos_ways={way: POS_WAYS[way] for way in pos_ways(choice.kind)}, words=QUESTIONS, given=shown, lines=lines,
        problems=problems, shops=shops,
    )  # fmt: skip
