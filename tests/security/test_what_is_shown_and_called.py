"""Whatever a buyer, a merchant or a POS writes is shown as text; keys rotate; only configured hosts are ever called."""

import pytest
from flask import Flask

from reconcile.clock import SystemClock
from reconcile.errors import ConfigurationError, ReconcilerError
from reconcile.http import Http
from reconcile.ledger.keeping import Keeping
from reconcile.model import Certainty, Finding, OrderLine, Remedy, SaleStatus, Scope
from reconcile.pos.registry import ADAPTERS
from reconcile.services import Services
from reconcile.vault import Vault
from tests.contract.shops import receiver
from tests.figures import Note
from tests.rows import a_sale, an_order, keep
from tests.security.routes import planted, routes
from tests.security.test_nobody_in import sign_in
from tests.web.callers import HELD_BACK, two_shops
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

EVIL = "<script>alert(7)</script>\"'><img src=x onerror=alert(7)>"
LIVE = ("<script>alert(7)", "<img src=x", 'onerror=alert(7)>"', "'><img")


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(two_shops(services))


def test_no_word_of_anybody_becomes_markup(app: Flask, services: Services, note: Note) -> None:
    named = planted(services)
    line = OrderLine(line_id=1, sku=EVIL, title=EVIL, quantity=1, current_quantity=1, price=an_order().total)
    order = an_order(1002, name=f"#2{EVIL}", lines=(line,), tags=(EVIL,), source_name=EVIL)
    sale = a_sale(order, reference=EVIL, raw_status=EVIL, status=SaleStatus.UNKNOWN)
    finding = Finding(
        cause="lines_missing", certainty=Certainty.LIKELY, remedy=Remedy.FLAG, scope=Scope.ORDER, facts=()
    )
    held = HELD_BACK | {"cause": "lines_missing", "subject": EVIL, "standing": "differs"}
    keep(services.ledger, order, [sale], [finding], **held)
    browser, _ = sign_in(app, tokens.create(services, Role.ADMIN, name=EVIL))
    shown = 0
    for order_id in (1001, 1002):
        for route in routes(app, named | {"order_id": order_id}):
            if route.method == "GET" and not route.is_api:
                answer = browser.get(route.path, query_string={"q": EVIL, "store": EVIL} if order_id == 1002 else None)
                if not answer.mimetype.startswith("text/html"):
                    continue
                shown += "alert(7)" in answer.text
                assert [word for word in LIVE if word in answer.text] == [], route
                policy = answer.headers.get("Content-Security-Policy", "")
                assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0], route
    assert shown  # it was there to be seen
    note("markup in what others write", pages_that_showed_it=shown, executed=0)


def test_what_was_sealed_opens_while_its_key_is_named_and_no_longer(services: Services) -> None:
    old = Keeping(services.ledger, Vault("old"), services.clock, "demo")
    old.put("token", "a refresh token")
    both = Keeping(services.ledger, Vault("new, old"), services.clock, "demo")
    assert both.get("token") == "a refresh token"
    both.put("token", "the next one")
    assert Keeping(services.ledger, Vault("new"), services.clock, "demo").get("token") == "the next one"
    with pytest.raises(ReconcilerError, match="SECRET_KEY"):
        old.get("token")


def test_no_remote_can_send_us_to_another_host() -> None:
    """A redirect is the remote's way to have us call what only we can reach."""
    with receiver() as elsewhere, receiver() as remote:
        remote.status = 302
        http = Http(remote.url)
        with pytest.raises(ReconcilerError):
            http.post("", json={})
        assert (len(remote.heard), elsewhere.heard) == (1, [])


@pytest.mark.parametrize("kind", ["heartland", "lightspeed_x"])
def test_a_subdomain_is_no_way_to_another_host(kind: str) -> None:
    def made(subdomain: str) -> object:
        return ADAPTERS[kind]({"subdomain": subdomain, "token": "t"}, clock=SystemClock(), sleep=lambda seconds: None)

    assert made("main-street2")
    for subdomain in ("evil.example/", "x@evil.example", "evil.example#", "evil?", "a.b", "127.0.0.1:80/", "x\n", "-a"):
        with pytest.raises(ConfigurationError, match="subdomain"):
            made(subdomain)
