"""The pages as a browser gets them: signing in, what each role sees and may do, and nothing a buyer writes becomes HTML."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from reconcile.codec import to_json
from reconcile.ledger.tables import actions, batches, checks, deliveries, events, incidents, orders, shops
from reconcile.model import (
    Certainty,
    Decision,
    Discrepancy,
    DiscrepancyKind,
    Fact,
    Finding,
    OrderLine,
    Remedy,
    SaleLine,
    SaleStatus,
    Scope,
    Verb,
)
from reconcile.services import Services
from reconcile.shops import change, enrol
from tests.rows import PLACED, a_sale, an_order, keep
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role

SignIn = Callable[..., FlaskClient]
FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FINDING = Finding(
    cause="unexplained", certainty=Certainty.CERTAIN, remedy=Remedy.RETRY, scope=Scope.ORDER,
    facts=(Fact(side="pos", what="records", value="none"),),
)  # fmt: skip


@pytest.fixture
def two_shops(services: Services) -> Services:
    """`demo` and `other`."""
    demo = services.shop("demo")
    other = replace(demo, store="other", domain="other.myshopify.com", locale="fr")
    made = replace(services, settings=replace(services.settings, shops={"demo": demo, "other": other}))
    enrol(made)
    return made


@pytest.fixture
def app(two_shops: Services) -> Flask:
    return create_app(two_shops)


@pytest.fixture
def sign_in(app: Flask, two_shops: Services) -> SignIn:
    """A browser of somebody who has signed in with this role, for these shops."""

    def signed(role: Role = Role.OPERATOR, *stores: str) -> FlaskClient:
        browser = app.test_client()
        secret = tokens.create(two_shops, role, stores, name=f"the {role.value}")
        assert send(browser, "/sign-in", token=secret).status_code == 303
        return browser

    return signed


def form_token(browser: FlaskClient, at: str = "/sign-in") -> str:
    found = FORM_TOKEN.search(browser.get(at).text)
    assert found, f"{at} has no form"
    return found[1]


def send(browser: FlaskClient, to: str, **fields: Any) -> TestResponse:
    """Send a form as the page would have it."""
    return browser.post(to, data={"csrf_token": form_token(browser), **fields})


def order_row(services: Services, order_id: int = 1001, store: str = "demo") -> Any:
    with services.ledger.read() as connection:
        where = (orders.c.store == store, orders.c.order_id == order_id)
        return connection.execute(select(orders).where(*where)).one()


def add(services: Services, table: Any, **values: Any) -> Any:
    with services.ledger.write() as connection:
        return connection.execute(insert(table).values(**values)).inserted_primary_key[0]


def missing(services: Services, order_id: int = 1001, **columns: Any) -> None:
    """An order with an open case."""
    decision = to_json(Decision(verb=Verb.ASK, reason="older than three days", limit="age"))
    usual = {
        "standing": "missing", "cause": "unexplained", "certainty": "certain", "case_state": "needs_person",
        "decision": decision, "looked_at": PLACED, "looks": 3,
    }  # fmt: skip
    keep(services.ledger, an_order(order_id), findings=[FINDING], **usual | columns)


def incident(services: Services, **values: Any) -> int:
    usual = {"store": "demo", "cause": "unexplained", "state": "open", "opened_at": PLACED, "since": PLACED}
    return int(add(services, incidents, **usual | values))


# --- signing in -----------------------------------------------------------------------------------------------------

PAGES = (
    "/", "/orders", "/orders/demo/1001", "/incidents", "/incidents/1", "/checks/demo", "/deliveries", "/deliveries/1",
    "/statement/demo", "/activity", "/settings/demo",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_signing_in(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=")


def test_a_token_signs_in_and_leads_back(app: Flask, two_shops: Services) -> None:
    browser = app.test_client()
    secret = tokens.create(two_shops, Role.VIEWER, name="Ada")
    answer = send(browser, "/sign-in", token=secret, next="/orders?standing=missing")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/orders?standing=missing")
    assert "Ada" in browser.get("/").text


def test_a_token_that_is_not_in_force_does_not(app: Flask, two_shops: Services) -> None:
    secret = tokens.create(two_shops, Role.VIEWER, name="Ada")
    tokens.revoke(two_shops, "Ada")
    for given in (secret, "", "nonsense", "ü" * 50):
        answer = send(app.test_client(), "/sign-in", token=given)
        assert answer.status_code == 401
        assert "not known" in answer.text


def test_revoking_a_token_ends_its_sessions(sign_in: SignIn, two_shops: Services) -> None:
    browser = sign_in(Role.VIEWER)
    assert browser.get("/").status_code == 200
    tokens.revoke(two_shops, "the viewer")
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_session(sign_in: SignIn) -> None:
    browser = sign_in(Role.VIEWER)
    assert send(browser, "/sign-out").status_code == 303
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example"]
)
def test_signing_in_never_leads_elsewhere(app: Flask, two_shops: Services, target: str) -> None:
    secret = tokens.create(two_shops, Role.VIEWER)
    assert send(app.test_client(), "/sign-in", token=secret, next=target).headers["Location"] == "/"


def test_the_cookie_is_out_of_a_scripts_reach_and_of_other_sites(app: Flask, two_shops: Services) -> None:
    secret = tokens.create(two_shops, Role.VIEWER)
    cookie = send(app.test_client(), "/sign-in", token=secret).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert secret not in cookie


def test_by_https_the_cookie_is_secure(app: Flask) -> None:
    assert "Secure" in app.test_client().get("/sign-in", base_url="https://localhost").headers["Set-Cookie"]
    proxied = app.test_client().get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in proxied.headers["Set-Cookie"]


def test_guessing_tokens_is_slowed_down(app: Flask, two_shops: Services) -> None:
    browser = app.test_client()
    statuses = [send(browser, "/sign-in", token="guess").status_code for _ in range(25)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_a_session_that_somebody_made_up_is_none(app: Flask) -> None:
    browser = app.test_client()
    browser.set_cookie("reconciler", "eyJ0b2tlbl9pZCI6MX0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert browser.get("/").status_code == 303


# --- forms ----------------------------------------------------------------------------------------------------------

FORMS = (
    "/orders/demo/1001/requeue",
    "/orders/demo/1001/hold",
    "/orders/demo/1001/dismiss",
    "/requeue",
    "/requeue/confirmed",
    "/batches/x/cancel",
    "/incidents/1/acknowledge",
    "/incidents/1/fixed",
    "/incidents/1/note",
    "/checks/demo",
    "/stores/demo/stop",
    "/stores/demo/release",
    "/deliveries/1/replay",
    "/orders/demo/1001/look",
    "/incidents/1/assign",
)
ADMINS_FORMS = (
    "/settings/demo/mode",
    "/settings/demo/limits",
    "/settings/demo/declared",
    "/settings/demo/touch",
    "/settings/demo/tokens",
    "/settings/demo/tokens/revoke",
    "/connect",
    "/connect/demo/link",
)
ANYBODYS_FORMS = ("/views", "/views/drop")
OPEN_FORMS = {"/sign-in", "/sign-out", "/preferences"}  # fmt: skip


def test_every_form_there_is_is_tested_here(app: Flask) -> None:
    blueprint = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]
    made = {re.sub(r"<[^>]+>", "*", rule.rule) for rule in blueprint if "POST" in (rule.methods or ())}
    known = (*FORMS, *ADMINS_FORMS, *ANYBODYS_FORMS)
    stars = {re.sub(r"/(demo|1001|1|x)(?=/|$)", "/*", form) for form in known}
    assert made - OPEN_FORMS == stars


@pytest.mark.parametrize("form", (*FORMS, *ADMINS_FORMS, *ANYBODYS_FORMS, *sorted(OPEN_FORMS)))
def test_a_form_of_somebody_elses_is_refused(sign_in: SignIn, two_shops: Services, form: str) -> None:
    missing(two_shops)
    browser = sign_in(Role.ADMIN)
    assert browser.post(form, data={"reason": "x"}).status_code == 400
    assert browser.post(form, data={"reason": "x", "csrf_token": "made-up"}).status_code == 400
    assert order_row(two_shops).case_state == "needs_person"


@pytest.mark.parametrize("form", FORMS)
def test_a_viewer_may_do_nothing(sign_in: SignIn, two_shops: Services, form: str) -> None:
    missing(two_shops)
    answer = send(sign_in(Role.VIEWER), form, reason="x", hours=1, text="x", order="demo/1001")
    assert answer.status_code == 403
    assert "operator" in answer.text
    assert order_row(two_shops).requeued_by is None


@pytest.mark.parametrize("form", ADMINS_FORMS)
def test_an_operator_changes_no_settings(sign_in: SignIn, two_shops: Services, form: str) -> None:
    answer = send(sign_in(Role.OPERATOR), form, mode="observe", id="1", name="x", role="admin", days="30")
    assert answer.status_code == 403
    assert len(tokens.listed(two_shops)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_sees_every_page_without_a_button_but_sign_out(
    sign_in: SignIn, two_shops: Services, path: str
) -> None:
    missing(two_shops)
    incident(two_shops)
    park(two_shops)
    answer = sign_in(Role.VIEWER).get(path)
    assert answer.status_code == 200
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', answer.text)
    assert set(forms) - {"/requeue"} == {"/sign-out", "/preferences"}
    assert not re.search(r"<button[^>]*>(Re-queue|Keep what)", answer.text)


# --- shops ----------------------------------------------------------------------------------------------------------


def test_another_shops_things_are_not_there(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops, store="other")
    number = incident(two_shops, store="other")
    delivery = park(two_shops, store="other")
    browser = sign_in(Role.ADMIN, "demo")
    for path in (
        "/orders/other/1001", f"/incidents/{number}", "/checks/other", "/statement/other", "/settings/other",
        "/statement/other.csv", "/?store=other", f"/deliveries/{delivery}",
    ):  # fmt: skip
        assert browser.get(path).status_code == 404, path
    for path in (
        "/orders/other/1001/requeue", "/orders/other/1001/hold", "/orders/other/1001/dismiss", "/stores/other/stop",
        "/stores/other/release", "/checks/other", f"/incidents/{number}/fixed", f"/deliveries/{delivery}/replay",
        f"/incidents/{number}/assign", "/orders/other/1001/look", "/settings/other/declared", "/settings/other/touch",
    ):  # fmt: skip
        assert send(browser, path, reason="x", hours=1, given_to="x").status_code == 404, path
    assert send(browser, "/requeue", order="other/1001").status_code == 404
    for path in ("/", "/orders", "/deliveries", "/activity", "/settings/demo", "/incidents"):
        assert not re.search(r"[/>=]other\b|other\.my", browser.get(path).text), path
    assert order_row(two_shops, store="other").case_state == "needs_person"


@pytest.mark.parametrize(
    "path",
    [
        "/orders/demo/7",
        "/orders/none/1001",
        f"/orders/demo/{2**63}",
        f"/incidents/{2**63}",
        "/incidents/9",
        "/batches/x",
    ],
)
def test_what_is_not_there_is_said_to_be_so(sign_in: SignIn, path: str) -> None:
    answer = sign_in(Role.VIEWER).get(path)
    assert answer.status_code == 404
    assert "There is no such" in answer.text or "There is no batch" in answer.text


@pytest.mark.parametrize(
    "path", ["/orders?cursor=nonsense", "/orders?since=yesterday", "/deliveries?cursor=1", "/statement/demo?since=x"]
)
def test_an_address_that_makes_no_sense_is_a_bad_request(sign_in: SignIn, path: str) -> None:
    assert sign_in(Role.VIEWER).get(path).status_code == 400


# --- pages ----------------------------------------------------------------------------------------------------------


def test_the_first_page_tells_what_is_held_back_and_what_to_do(sign_in: SignIn, two_shops: Services) -> None:
    assert "No orders yet" in sign_in(Role.VIEWER).get("/").text
    keep(two_shops.ledger, an_order(1000), [a_sale(an_order(1000))])
    assert "Nothing is held back" in sign_in(Role.VIEWER).get("/").text
    missing(two_shops)
    missing(two_shops, 1002)
    incident(two_shops)
    said = sign_in(Role.VIEWER).get("/").text
    assert "1 incident holds back 2 orders" in said
    assert "215.00 CAD" in said
    assert "2 missing" in said
    assert "/incidents/1" in said


def test_the_first_page_says_why_a_shop_is_stopped(sign_in: SignIn, two_shops: Services) -> None:
    browser = sign_in(Role.OPERATOR)
    assert send(browser, "/stores/demo/stop", reason="stock-taking").status_code == 303
    said = browser.get("/").text
    assert "stopped by the operator: stock-taking" in said
    assert send(browser, "/stores/demo/release").status_code == 303
    assert "stock-taking" not in browser.get("/").text


def test_an_order_is_shown_with_both_sides_and_why(sign_in: SignIn, two_shops: Services) -> None:
    order = an_order()
    line = SaleLine(sku="MUG-01", quantity=Decimal(1), unit_price=Decimal(45))
    sale = a_sale(order, status=SaleStatus.COMPLETE, total=Decimal("62.50"), lines=(line,), url="https://pos.example/1")
    difference = Discrepancy(kind=DiscrepancyKind.QUANTITY, shopify="2", pos="1", subject="MUG-01")
    decision = to_json(Decision(verb=Verb.FLAG, reason="a POS record exists"))
    keep(
        two_shops.ledger, order, [sale], findings=[FINDING], standing="differs", cause="unexplained",
        certainty="certain", case_state="needs_person", discrepancies=[to_json(difference)], decision=decision,
    )  # fmt: skip
    add(two_shops, events, store="demo", order_id=1001, at=PLACED, kind="standing", text="waiting → differs")
    add(
        two_shops, actions, store="demo", order_id=1001, number=1, tag="reconciler-retry-1", state="done",
        cause="unexplained", intended_at=PLACED, outcome="not_arrived",
    )  # fmt: skip
    said = sign_in(Role.VIEWER).get("/orders/demo/1001").text
    for part in (
        "107.50 CAD", "62.50 CAD", "2 ×", "1 ×", "ticket:1001", "https://pos.example/1", "(certain)",
        "Flag: a POS record exists", "waiting → differs", "reconciler-retry-1", "not arrived", "records: none",
        "https://demo.myshopify.com/admin/orders/1001",
    ):  # fmt: skip
        assert part in said, part


def test_the_support_report_can_be_copied_in_both_languages(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops)
    number = incident(two_shops)
    browser = sign_in(Role.VIEWER)
    for path in ("/orders/demo/1001", f"/incidents/{number}"):
        assert "<textarea" in browser.get(path).text
        answer = browser.get(f"{path}/support.txt?locale=fr")
        assert answer.content_type == "text/plain; charset=utf-8"
        assert "La liste de vérification" in answer.text
        assert "The checklist" in browser.get(f"{path}/support.txt").text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"#1", "#2", "#3"}),
        ("standing=missing", {"#1"}),
        ("state=open", {"#1"}),
        ("cause=unexplained", {"#1"}),
        ("q=%232", {"#2"}),
        ("q=mug-01", {"#1", "#2", "#3"}),
        ("store=other", {"#3"}),
        ("since=2026-11-03", {"#2"}),
        ("until=2026-11-02", {"#1", "#3"}),
        ("standing=differs", set()),
    ],
)
def test_the_list_is_narrowed_by_the_address(sign_in: SignIn, two_shops: Services, query: str, names: set[str]) -> None:
    missing(two_shops, 1)
    keep(two_shops.ledger, an_order(2, created_at=PLACED + timedelta(days=1)), standing="matched")
    keep(two_shops.ledger, an_order(3), store="other", standing="waiting")
    said = sign_in(Role.VIEWER).get(f"/orders?{query}").text
    assert set(re.findall(r'/orders/\w+/\d+">(#\d+)<', said)) == names


def test_pages_follow_each_other_without_a_gap(sign_in: SignIn, two_shops: Services) -> None:
    for number in range(1, 121):
        keep(two_shops.ledger, an_order(number, created_at=PLACED + timedelta(minutes=number // 3)))
    browser, seen, path = sign_in(Role.VIEWER), [], "/orders?standing=missing"
    while path:
        said = browser.get(path).text
        seen += re.findall(r'/orders/demo/\d+">#(\d+)<', said)
        following = re.search(r'href="([^"]+)" rel="next"', said)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(map(int, seen)) == list(range(1, 121))


def test_the_checklist_and_the_rules_speak_the_shops_language(sign_in: SignIn, two_shops: Services) -> None:
    values = {
        "slug": "custom_field_required", "result": "fail", "title": "No custom field is required",
        "title_fr": "Aucun champ personnalisé n'est requis", "evidence": "Region is required",
        "evidence_fr": "Region est requis", "fix": "set it to No", "fix_fr": "mettez-le sur Non", "checked_at": PLACED,
    }  # fmt: skip
    for store in ("demo", "other"):
        add(two_shops, checks, store=store, **values)
    browser = sign_in(Role.VIEWER)
    assert "No custom field is required" in browser.get("/checks/demo").text
    french = browser.get("/checks/other").text
    assert "Aucun champ personnalisé" in french
    assert "Mettez-le sur Non" in french


def test_the_statement_names_the_orders_that_make_the_difference(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops)
    said = sign_in(Role.VIEWER).get("/statement/demo?since=2026-11-01&until=2026-11-02").text
    assert "-107.50" in said
    assert "1 order makes the difference" in said
    assert sign_in(Role.VIEWER).get("/statement/demo?since=2026-01-01&until=2026-11-02").status_code == 400


# --- what one may do ------------------------------------------------------------------------------------------------


def test_a_requeue_names_who_asked_and_is_looked_at_now(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops, attempts=2)
    answer = send(sign_in(Role.OPERATOR), "/orders/demo/1001/requeue")
    assert answer.status_code == 303
    row = order_row(two_shops)
    assert (row.requeued_by, row.attempts, row.next_look_at) == ("the operator", 0, two_shops.clock.now())


def test_what_may_not_be_done_is_refused_with_the_reason(sign_in: SignIn, two_shops: Services) -> None:
    order = an_order()
    keep(two_shops.ledger, order, [a_sale(order, status=SaleStatus.PENDING)], standing="pending")
    answer = send(sign_in(Role.OPERATOR), "/orders/demo/1001/requeue")
    assert answer.status_code == 409
    assert "The POS has a record of #1001" in answer.text


def test_an_order_is_held_for_as_long_as_was_said(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops)
    browser = sign_in(Role.OPERATOR)
    for wrong in ("0", "-1", "100000", "soon"):
        assert send(browser, "/orders/demo/1001/hold", hours=wrong).status_code == 400
    assert send(browser, "/orders/demo/1001/hold", hours=4).status_code == 303
    row = order_row(two_shops)
    assert (row.case_state, row.held_until) == ("held", two_shops.clock.now() + timedelta(hours=4))


def test_an_order_is_dismissed_with_a_reason_only(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops)
    browser = sign_in(Role.OPERATOR)
    assert send(browser, "/orders/demo/1001/dismiss", reason=" ").status_code == 400
    assert send(browser, "/orders/demo/1001/dismiss", reason="rung up", by_hand="1").status_code == 303
    row = order_row(two_shops)
    assert (row.case_state, row.closing, row.closed_by) == ("closed", "by_hand", "the operator")
    assert "rung up" in browser.get("/orders/demo/1001").text


def test_picked_orders_are_shown_first_and_requeued_on_a_second_word(sign_in: SignIn, two_shops: Services) -> None:
    for number in (1, 2, 3):
        missing(two_shops, number)
    browser = sign_in(Role.OPERATOR)
    picked = ["demo/1", "demo/3"]
    shown = send(browser, "/requeue", order=picked)
    assert shown.status_code == 200
    assert "Re-queue 2 orders?" in shown.text
    assert order_row(two_shops, 1).requeued_by is None
    hidden = re.findall(r'name="order" value="([^"]+)"', shown.text)
    assert hidden == picked
    done = send(browser, "/requeue/confirmed", order=hidden)
    assert done.status_code == 303
    assert [order_row(two_shops, number).requeued_by for number in (1, 2, 3)] == ["the operator", None, "the operator"]
    followed = browser.get(done.headers["Location"]).text
    assert "#1" in followed
    assert "#2" not in followed
    assert send(browser, f"{done.headers['Location']}/cancel").status_code == 303
    assert order_row(two_shops, 1).requeued_by is None


def test_all_of_a_filter_is_what_the_page_showed(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops, 1)
    missing(two_shops, 2, cause="sku_unknown")
    browser = sign_in(Role.OPERATOR)
    shown = send(browser, "/requeue", all="1", cause="sku_unknown")
    assert "Re-queue 1 order?" in shown.text
    assert '<input type="hidden" name="cause" value="sku_unknown">' in shown.text
    assert send(browser, "/requeue/confirmed", all="1", cause="sku_unknown").status_code == 303
    assert order_row(two_shops, 1).requeued_by is None
    assert order_row(two_shops, 2).requeued_by == "the operator"


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"order": "demo"}, 400), ({"order": "demo/x"}, 400), ({"order": "demo/9"}, 404), ({"all": "1"}, 409)],
)
def test_a_requeue_of_nothing_or_of_everything_is_refused(
    sign_in: SignIn, two_shops: Services, fields: dict[str, str], status: int
) -> None:
    missing(two_shops)
    browser = sign_in(Role.OPERATOR)
    for form in ("/requeue", "/requeue/confirmed"):
        assert send(browser, form, **fields).status_code == status
    with two_shops.ledger.read() as connection:
        assert connection.execute(select(batches)).first() is None


def test_an_incident_is_acknowledged_noted_and_said_to_be_fixed(sign_in: SignIn, two_shops: Services) -> None:
    missing(two_shops)
    number = incident(two_shops)
    browser = sign_in(Role.OPERATOR)
    assert send(browser, f"/incidents/{number}/acknowledge").status_code == 303
    assert send(browser, f"/incidents/{number}/note", text="asked the vendor").status_code == 303
    assert send(browser, f"/incidents/{number}/note", text="").status_code == 400
    assert send(browser, f"/incidents/{number}/fixed").status_code == 303
    said = browser.get(f"/incidents/{number}").text
    for part in ("acknowledged", "asked the vendor", "Said to be fixed", "the operator", "#1001"):
        assert part in said, part
    assert order_row(two_shops).next_look_at == two_shops.clock.now()


def test_a_check_is_asked_for(sign_in: SignIn, two_shops: Services) -> None:
    with two_shops.ledger.write() as connection:
        connection.execute(shops.update().values(next_check_at=None))
    assert send(sign_in(Role.OPERATOR), "/checks/demo").status_code == 303
    with two_shops.ledger.read() as connection:
        found = {row.store: row.next_check_at for row in connection.execute(select(shops))}
    assert found == {"demo": two_shops.clock.now(), "other": None}


def park(services: Services, **values: Any) -> int:
    usual = {
        "store": "demo", "webhook_id": f"w-{values}", "topic": "orders/create", "received_at": PLACED,
        "state": "parked", "error": "no id", "body": b"sealed",
    }  # fmt: skip
    return int(add(services, deliveries, **usual | values))


def test_a_parked_delivery_is_folded_again(sign_in: SignIn, two_shops: Services) -> None:
    number = park(two_shops)
    browser = sign_in(Role.OPERATOR)
    assert "no id" in browser.get("/deliveries?state=parked").text
    assert send(browser, f"/deliveries/{number}/replay").status_code == 303
    assert "no id" not in browser.get("/deliveries").text
    assert send(browser, f"/deliveries/{number}/replay").status_code == 409
    assert send(browser, f"/deliveries/{2**63}/replay").status_code == 404


# --- what never happens ---------------------------------------------------------------------------------------------

OUR_SCRIPT = '<script src="/static/page.js" defer></script>'
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


def test_nothing_that_others_write_becomes_html(sign_in: SignIn, two_shops: Services) -> None:
    line = OrderLine(line_id=1, sku=EVIL, title=EVIL, quantity=1, current_quantity=1, price=Decimal(5))
    order = an_order(name=EVIL, lines=(line,), tags=frozenset({EVIL}), source_name=EVIL, gateways=(EVIL,))
    sold = SaleLine(sku=EVIL, title=EVIL, quantity=Decimal(2))
    sale = a_sale(
        order, sale_id=EVIL, raw_status=EVIL, reference=EVIL, location=EVIL, lines=(sold,), total=Decimal(1),
        url="javascript:alert(3)",
    )  # fmt: skip
    finding = replace(FINDING, facts=(Fact(side="pos", what=EVIL, value=EVIL),), subject=EVIL[:200])
    difference = Discrepancy(kind=DiscrepancyKind.QUANTITY, shopify=EVIL, pos=EVIL, subject=EVIL)
    decision = to_json(Decision(verb=Verb.FLAG, reason=EVIL, by=EVIL))
    keep(
        two_shops.ledger, order, [sale], findings=[finding], standing="differs", cause="unexplained",
        certainty="certain", subject=EVIL[:200], case_state="needs_person", decision=decision,
        discrepancies=[to_json(difference)], closed_by=EVIL, closing="dismissed",
    )  # fmt: skip
    number = incident(two_shops, subject=EVIL[:200], note=EVIL, progress=EVIL, acknowledged_by=EVIL)
    add(two_shops, events, store="demo", order_id=1001, at=PLACED, kind=EVIL[:32], who=EVIL, text=EVIL)
    add(two_shops, events, store="demo", incident_id=number, at=PLACED, kind="incident", who=EVIL, text=EVIL)
    park(two_shops, webhook_id="evil", topic=EVIL[:64], error=EVIL, order_id=1001)
    add(
        two_shops, checks, store="demo", slug="x", subject=EVIL, result="fail", title=EVIL, title_fr=EVIL,
        evidence=EVIL, evidence_fr=EVIL, fix=EVIL, fix_fr=EVIL, checked_at=PLACED,
    )  # fmt: skip
    browser = sign_in(Role.ADMIN)
    paths = ["/", "/orders", "/orders/demo/1001", f"/incidents/{number}", "/checks/demo", "/deliveries"]
    paths += ["/statement/demo?since=2026-11-02&until=2026-11-02", f"/orders?q={EVIL}&subject={EVIL}&since=2026-11-02"]
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "&lt;script&gt;" in answer.text, path
        assert_harmless(answer)
    assert_harmless(send(browser, "/requeue", all="1", subject=EVIL[:200]))
    assert_harmless(browser.get(f"/sign-in?next=/{EVIL}"))
    assert_harmless(send(browser, "/orders/demo/1001/requeue"))


def assert_harmless(answer: TestResponse) -> None:
    assert "<script" not in answer.text.replace(OUR_SCRIPT, "")
    assert "<img" not in answer.text
    assert '="javascript:' not in answer.text
    assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', answer.text))


@pytest.fixture
def every_page(sign_in: SignIn, two_shops: Services) -> Iterator[TestResponse]:
    missing(two_shops)
    number = incident(two_shops)
    park(two_shops)
    browser = sign_in(Role.ADMIN)
    answers = [browser.get(path.replace("/1", f"/{number}") if "incident" in path else path) for path in PAGES]
    return iter([*answers, browser.get("/sign-in"), browser.get("/orders/demo/404")])


def test_every_page_is_closed_to_scripts_frames_and_other_hosts(every_page: Iterator[TestResponse]) -> None:
    for answer in every_page:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert answer.text.count("<script") == answer.text.count(OUR_SCRIPT) == 1
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert " style=" not in answer.text
        assert not re.search(r"\son\w+=\"", answer.text)
        assert "<style" not in answer.text
        loaded = re.findall(r'(?:<link[^>]*href|src)="([^"]+)"', answer.text)
        assert loaded
        assert all(address.startswith("/static/") for address in loaded)


LARGEST = 60_000  # what a page brings with it, uncompressed


def test_a_page_is_small_and_its_sheet_is_there(every_page: Iterator[TestResponse], app: Flask) -> None:
    sheet, script = (app.test_client().get(f"/static/page.{kind}") for kind in ("css", "js"))
    assert script.status_code == 200
    assert len(script.data) < 10_000
    assert sheet.status_code == 200
    assert sheet.headers["X-Content-Type-Options"] == "nosniff"
    assert "http" not in sheet.text
    for answer in every_page:
        assert len(answer.data) + len(sheet.data) + len(script.data) < LARGEST


def test_a_full_list_is_small_too(sign_in: SignIn, two_shops: Services) -> None:
    for number in range(1, 60):
        missing(two_shops, number)
    browser = sign_in(Role.OPERATOR)
    parts = ("/orders", "/static/page.css", "/static/page.js")
    assert sum(len(browser.get(part).data) for part in parts) < LARGEST


def test_programs_and_people_do_not_get_in_each_others_way(sign_in: SignIn, app: Flask, two_shops: Services) -> None:
    """A session is no token for the API, and a token in a header is no session for the pages."""
    secret = tokens.create(two_shops, Role.ADMIN)
    assert sign_in(Role.ADMIN).get("/api/v1/orders").status_code == 401
    assert app.test_client().get("/", headers={"Authorization": f"Bearer {secret}"}).status_code == 303


def test_what_could_not_be_read_is_never_said_to_be_absent(sign_in: SignIn, two_shops: Services) -> None:
    keep(two_shops.ledger, an_order(1001), standing="unread", unread_since=PLACED)
    with two_shops.ledger.write() as connection:
        change(connection, "demo", pos_error="the POS answers 503")
    browser = sign_in(Role.VIEWER)
    overview = browser.get("/").text
    assert "cannot be read" in overview
    assert "the POS answers 503" in overview
    assert "Nothing is held back" not in overview
    order = browser.get("/orders/demo/1001").text
    assert "could not be read since" in order
    assert "No record" not in order


@pytest.mark.parametrize(
    ("path", "status", "says"), [("/nowhere", 404, "There is nothing here"), ("/orders/demo/99", 404, "no such order")]
)
def test_an_error_is_a_page_with_a_way_on(sign_in: SignIn, path: str, status: int, says: str) -> None:
    for answer in (sign_in(Role.VIEWER).get(path), sign_in(Role.VIEWER).get(path, headers={"Accept-Language": "fr"})):
        assert answer.status_code == status
        assert 'href="/orders"' in answer.text
        assert answer.headers["Content-Security-Policy"]
    assert says in sign_in(Role.VIEWER).get(path).text


def test_a_form_that_is_too_large_says_so(app: Flask) -> None:
    answer = app.test_client().post("/sign-in", data={"token": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "one megabyte" in answer.text


def test_a_failure_nobody_foresaw_is_a_page_that_tells_nothing_secret(services: Services) -> None:
    app = create_app(services)

    def fail() -> None:
        raise RuntimeError("password=hunter2")

    app.add_url_rule("/fails", "fails", fail)
    answer = app.test_client().get("/fails")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "hunter2" not in answer.text
