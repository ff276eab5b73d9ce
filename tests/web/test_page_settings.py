"""The settings page: mode, declared settings, tokens; who may, what is kept, and that it is told."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from reconcile.ledger.tables import shops
from reconcile.model import Mode
from reconcile.services import Services
from reconcile.shop_overview import overview
from tests.web.callers import told, two_shops
from tests.web.visitors import Visitor
from webhooks import tokens
from webhooks.limit_words import LIMITS
from webhooks.tokens import Role


def test_an_admin_changes_the_mode(services: Services) -> None:
    admin = Visitor(services, Role.ADMIN, name="Ada")
    admin.send("/settings/demo/mode", mode="observe")
    assert overview(services, ["demo"])[0].mode is Mode.OBSERVE
    assert [(row.who, row.text) for row in told(services, "mode")] == [("Ada", "mode auto → observe")]
    admin.send("/settings/demo/mode", status=400, mode="whatever")


def test_an_admin_sets_limits_and_gives_them_back_to_the_file(services: Services) -> None:
    admin = Visitor(services, Role.ADMIN, name="Ada")
    shown = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', admin.get("/settings/demo")) for name in LIMITS}
    as_shown = {name: found[1] for name, found in shown.items() if found}
    assert as_shown == {
        "touches_an_hour": "60", "attempts": "2", "settle": "10", "max_age": "3", "share": "30", "share_from": "10",
        "missing_after": "15", "pending_after": "30",
    }  # fmt: skip
    admin.send("/settings/demo/limits", **as_shown)
    assert told(services, "limits") == []
    admin.send("/settings/demo/limits", **{**as_shown, "touches_an_hour": "5", "share": "12.5", "settle": "1.5"})
    found = overview(services, ["demo"])[0].shop.limits
    assert (found.touches_an_hour, found.share, found.settle) == (5, 0.125, timedelta(seconds=90))
    text = "limits: settle 10m → 90s, touches_an_hour 60 → 5, share 0.3 → 0.125"
    assert [(row.who, row.text) for row in told(services, "limits")] == [("Ada", text)]
    page = admin.get("/settings/demo")
    assert "the stores file says 60" in page
    assert "by Ada" in page
    admin.send("/settings/demo/limits", touches_an_hour="", missing_after="20")
    shop = overview(services, ["demo"])[0].shop
    assert (shop.limits.touches_an_hour, shop.limits.share, shop.missing_after) == (60, 0.125, timedelta(minutes=20))


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": "many"},
        {"attempts": "1.5"},
        {"share": "130"},
        {"share_from": "0"},
        {"settle": "-1"},
        {"max_age": "9e99"},
    ],
)
def test_a_limit_that_cannot_be_is_refused_with_what_was_written(services: Services, wrong: dict[str, str]) -> None:
    answer = Visitor(services, Role.ADMIN).send(
        "/settings/demo/limits", status=400, **{"touches_an_hour": "5", **wrong}
    )
    assert f'value="{next(iter(wrong.values()))}"' in answer.text
    assert overview(services, ["demo"])[0].shop.limits == services.shop("demo").limits
    assert told(services, "limits") == []


def test_an_operator_sees_the_limits_but_sets_none(services: Services) -> None:
    operator = Visitor(services, Role.OPERATOR)
    assert 'name="touches_an_hour"' not in operator.get("/settings/demo")
    operator.send("/settings/demo/limits", status=403, touches_an_hour="5")


def test_only_what_was_changed_is_declared(services: Services) -> None:
    admin = Visitor(services, Role.ADMIN, name="Ada")
    shown = dict.fromkeys(
        ("download_orders", "download_refunds", "ignore_tags", "order_minimum_created", "employee"), ""
    )
    admin.send("/settings/demo/declared", **shown)
    assert told(services, "declared") == []
    changed = {
        **shown,
        "download_refunds": "off",
        "ignore_tags": "hold, wait ",
        "order_minimum_created": "2026-01-01T00:00:00Z",
    }
    admin.send("/settings/demo/declared", **changed)
    declared = overview(services, ["demo"])[0].declared
    assert (declared.download_refunds, declared.ignore_tags, declared.download_orders) == (
        False,
        ("hold", "wait"),
        None,
    )
    page = admin.get("/settings/demo")
    assert re.search(r'name="download_refunds".*?value="off" selected', page)
    assert 'value="hold, wait"' in page
    assert "by Ada" in page
    admin.send("/settings/demo/declared", **{**changed, "order_minimum_created": "2026-01-01T00:00:00+00:00"})
    assert len(told(services, "declared")) == 1
    admin.send("/settings/demo/declared", **{**changed, "download_refunds": ""})
    assert overview(services, ["demo"])[0].declared.download_refunds is None


def test_a_wrong_setting_keeps_nothing_and_shows_what_was_written(services: Services) -> None:
    admin = Visitor(services, Role.ADMIN)
    answer = admin.send("/settings/demo/declared", status=400, order_minimum_created="soon", download_refunds="on")
    assert "declared.order_minimum_created" in answer.text
    assert 'value="soon"' in answer.text
    assert overview(services, ["demo"])[0].declared.download_refunds is None


def test_a_token_is_shown_once_and_can_be_ended(services: Services) -> None:
    admin = Visitor(two_shops(services), Role.ADMIN, "demo", name="Ada")
    answer = admin.send("/settings/demo/tokens", status=200, name="Bob", role="operator", days="90")
    secret = re.search(r'value="(orc_[^"]+)"', answer.text)
    assert secret
    found = tokens.find(services, secret[1])
    assert found is not None
    assert (found.name, found.role, found.stores) == ("Bob", Role.OPERATOR, frozenset({"demo"}))
    assert secret[1] not in admin.get("/settings/demo")
    admin.send("/settings/demo/tokens/revoke", id=str(found.id))
    assert tokens.find(services, secret[1]) is None
    assert [row.who for row in told(services, "token")] == ["Ada", "Ada"]
    for wrong in ({"name": ""}, {"role": "god"}, {"days": "100000"}):
        admin.send("/settings/demo/tokens", status=400, **{"name": "x", "role": "viewer", "days": "30", **wrong})


def test_nobody_ends_a_token_that_reaches_further_than_their_own(services: Services) -> None:
    everywhere = two_shops(services)
    tokens.create(everywhere, Role.ADMIN, (), "the agency")
    agency = tokens.listed(everywhere)[0]
    admin = Visitor(everywhere, Role.ADMIN, "demo")
    assert "the agency" not in admin.get("/settings/demo")
    admin.send("/settings/demo/tokens/revoke", status=404, id=str(agency.id))
    admin.send("/settings/other/tokens", status=404, name="x", role="admin", days="30")
    assert tokens.by_id(everywhere, agency.id) is not None


def test_what_was_learned_of_touches_is_forgotten(services: Services) -> None:
    with services.ledger.write() as connection:
        connection.execute(update(shops).values(touch="doubles"))
    Visitor(services, Role.ADMIN).send("/settings/demo/touch")
    assert overview(services, ["demo"])[0].row.touch == "unproven"
