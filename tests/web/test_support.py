"""The report for the connector's support: whole, in both languages, and with nothing in it that may not leave."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from reconcile.codec import to_json
from reconcile.evidence import Declared
from reconcile.ledger.tables import actions, checks, events, incidents
from reconcile.model import (
    Certainty,
    Discrepancy,
    DiscrepancyKind,
    Fact,
    Finding,
    OrderLine,
    Refund,
    Remedy,
    SaleStatus,
    Scope,
)
from reconcile.services import Services
from reconcile.support import Report, incident_report, report
from reconcile.support_words import ENGLISH, FRENCH
from tests.rows import PLACED, a_sale, an_order, keep
from tests.web.callers import Api

UNEXPLAINED = Finding(
    cause="unexplained", certainty=Certainty.CERTAIN, remedy=Remedy.RETRY, scope=Scope.ORDER,
    facts=(Fact(side="shopify", what="archived", value="2026-11-02 08:00:02 UTC"),),
)  # fmt: skip


def written(services: Services, order_id: int = 1001, locale: str | None = None) -> Report:
    with services.ledger.read() as connection:
        made = report(connection, services, "demo", order_id, locale)
    assert made is not None
    return made


def lines_of(made: Report, key: str) -> str:
    return "\n".join(line for part in made.sections if part.key == key for line in part.lines)


def add(services: Services, table: Any, **values: Any) -> int:
    with services.ledger.write() as connection:
        return connection.execute(insert(table).values(**values)).inserted_primary_key[0]


def test_no_such_order_gives_no_report(services: Services) -> None:
    with services.ledger.read() as connection:
        assert report(connection, services, "demo", 7) is None


def test_an_absent_order_says_under_which_spellings_it_was_sought_and_since_when(services: Services) -> None:
    first, last = PLACED + timedelta(minutes=20), PLACED + timedelta(minutes=65)
    keep(services.ledger, an_order(), absent_first_at=first, absent_last_at=last, looks=4, looked_at=last)
    made = written(services)
    assert made.subject == "Order #1001 has not reached the POS (Heartland Retail)"
    said = lines_of(made, "pos")
    assert "#1001, 1001" in said
    assert "from 2026-11-02 08:20:00 UTC to 2026-11-02 09:05:00 UTC" in said
    assert "4×, last at 2026-11-02 09:05:00 UTC" in said
    assert "resync it" in lines_of(made, "ask")


def test_shopifys_side_has_what_support_looks_an_order_up_by(services: Services) -> None:
    refund = Refund(refund_id=5, created_at=PLACED, amount=Decimal("45.00"))
    order = an_order(closed_at=PLACED, refunds=(refund,), current_total=Decimal("62.50"), gateways=("manual",))
    keep(services.ledger, order)
    said = lines_of(written(services), "shopify")
    for part in (
        "#1001 (id 1001)", "https://demo.myshopify.com/admin/orders/1001", "Placed: 2026-11-02 08:00:00 UTC",
        "Archived: 2026-11-02", "Total: 107.50 CAD, of which tax 7.50, shipping 10.00, discount 0.00", "62.50 CAD", "45.00 CAD",
        "Payment gateways: manual", "2 × MUG-01",
    ):  # fmt: skip
        assert part in said


def test_the_poss_side_has_every_record_and_what_it_does_not_say(services: Services) -> None:
    order = an_order()
    sale = a_sale(order, tax=None, raw_status="pending", status=SaleStatus.PENDING, url="https://demo.retail/117")
    difference = Discrepancy(kind=DiscrepancyKind.QUANTITY, shopify="2", pos="1", subject="MUG-01")
    keep(services.ledger, order, [sale], standing="pending", discrepancies=[to_json(difference)])
    made = written(services)
    said = lines_of(made, "pos")
    assert "ticket:1001, reference #1001, status pending" in said
    assert "Total 107.50, tax not said" in said
    assert "https://demo.retail/117" in said
    assert "quantity MUG-01: Shopify 2, POS 1" in lines_of(made, "differences")
    assert "do not resync" in lines_of(made, "ask")


def test_findings_come_with_certainty_and_evidence(services: Services) -> None:
    keep(services.ledger, an_order(), findings=[UNEXPLAINED])
    said = lines_of(written(services), "findings")
    assert "[unexplained]" in said
    assert "certainty: certain" in said
    assert "Shopify: archived: 2026-11-02 08:00:02 UTC" in said


def test_the_cause_of_the_case_is_told_where_the_last_look_found_another(services: Services) -> None:
    keep(services.ledger, an_order(), findings=[UNEXPLAINED], cause="test_order", case_state="watching")
    said = lines_of(written(services), "findings").splitlines()
    assert said[0].startswith("Held back by: ")
    assert said[0].endswith("[test_order]")
    assert said[1].endswith("[unexplained]")


def test_an_order_without_findings_says_that_none_fits(services: Services) -> None:
    keep(services.ledger, an_order())
    assert lines_of(written(services), "findings") == ENGLISH["no_finding"]


CHECK = {
    "store": "demo", "slug": "custom_field_required", "subject": "sales.order: Region", "result": "fail",
    "title": "No custom field is required", "title_fr": "Aucun champ personnalisé n'est requis",
    "evidence": "Region is required", "evidence_fr": "Region est requis", "checked_at": PLACED,
}  # fmt: skip


def test_the_checklist_is_in_it_with_its_evidence(services: Services) -> None:
    keep(services.ledger, an_order())
    assert lines_of(written(services), "checks") == ENGLISH["unchecked"]
    add(services, checks, **CHECK)
    said = written(services)
    assert lines_of(said, "checks") == (
        "[NOT IN ORDER] No custom field is required (sales.order: Region): Region is required"
    )
    assert "The checklist, as of 2026-11-02 08:00:00 UTC" in said.text


@pytest.mark.parametrize(
    ("state", "outcome", "said"),
    [
        ("done", "arrived", "the order arrived"),
        ("done", "not_arrived", "the order did not arrive"),
        ("done", "doubled", "the order arrived twice"),
        ("refused", None, "Shopify refused it"),
        ("unknown", None, "not known yet"),
    ],
)
def test_what_was_tried_says_when_and_how_it_went(
    services: Services, state: str, outcome: str | None, said: str
) -> None:
    keep(services.ledger, an_order())
    assert lines_of(written(services), "tried") == ENGLISH["nothing_tried"]
    add(
        services, actions, store="demo", order_id=1001, number=1, tag="reconciler-retry-1", state=state,
        cause="unexplained", intended_at=PLACED, outcome=outcome,
    )  # fmt: skip
    tried = lines_of(written(services), "tried")
    assert tried.startswith("2026-11-02 08:00:00 UTC: the tag reconciler-retry-1 was added")
    assert said in tried


def test_in_french_every_word_of_ours_is_french(services: Services) -> None:
    add(services, checks, **CHECK)
    keep(services.ledger, an_order(), findings=[UNEXPLAINED])
    made = written(services, locale="fr")
    assert made.subject == "La commande #1001 n'est pas arrivée dans le POS (Heartland Retail)"
    assert "[PAS EN ORDRE] Aucun champ personnalisé n'est requis" in made.text
    for english in ("Order", "Placed", "checklist", "What ", "certainty", "No record"):
        assert english not in made.text


def test_both_languages_have_the_same_words_and_places_to_fill() -> None:
    assert ENGLISH.keys() == FRENCH.keys()
    for key, text in ENGLISH.items():
        filled = {part.partition("}")[0] for part in text.split("{")[1:]}
        assert filled == {part.partition("}")[0] for part in FRENCH[key].split("{")[1:]}, key


def test_the_shops_language_is_used_unless_another_is_named(services: Services) -> None:
    keep(services.ledger, an_order())
    french = replace(services.shop("demo"), locale="fr")
    services = replace(services, settings=replace(services.settings, shops={"demo": french}))
    assert written(services).locale == "fr"
    assert written(services, locale="en").locale == "en"


def test_an_email_or_a_secret_that_strayed_into_the_evidence_does_not_leave(services: Services) -> None:
    shop = replace(
        services.shop("demo"), webhook_secrets=("hush-webhook",), alert_url="https://hooks.example/T0/hush",
        shopify={"client_id": "id-of-client", "client_secret": "hush-client", "api_version": "2026-10"},
        pos={"kind": "heartland", "token": "hush-token"},
    )  # fmt: skip
    services = replace(services, settings=replace(services.settings, shops={"demo": shop}))
    stray = "401 for hush-token, hush-client, hush-webhook, https://hooks.example/T0/hush, jane.doe@example.com"
    finding = replace(UNEXPLAINED, facts=(Fact(side="pos", what="answer", value=stray),))
    keep(services.ledger, an_order(), findings=[finding])
    said = written(services).text
    assert "answer: 401 for" in said
    assert "hush" not in said
    assert "jane" not in said


def test_what_people_wrote_stays_out(services: Services) -> None:
    """Merchants' tags, titles of custom products, notes and reasons may name a buyer."""
    shop = replace(services.shop("demo"), declared=Declared(ignore_tags=("Hold",)))
    services = replace(services, settings=replace(services.settings, shops={"demo": shop}))
    line = OrderLine(line_id=1, sku=None, title="Engraving for Jane", quantity=1, current_quantity=1, price=Decimal(5))
    tags = frozenset({"friend of Jane", "hold", "reconciler-retry-1"})
    keep(services.ledger, an_order(tags=tags, lines=(line,)), requeued_by="Jane", closed_by="Jane")
    add(services, events, store="demo", order_id=1001, at=PLACED, kind="dismissed", who="Jane", text="Jane called")
    add(
        services, actions, store="demo", order_id=1001, number=1, tag="reconciler-retry-1", state="done",
        cause="unexplained", intended_at=PLACED, by="Jane", reason="re-queued by Jane",
    )  # fmt: skip
    said = written(services).text
    assert "hold, reconciler-retry-1" in said
    assert "1 × (no SKU)" in said
    assert "Jane" not in said


def test_as_json_it_has_its_sections_and_its_text(services: Services) -> None:
    keep(services.ledger, an_order())
    said = written(services).to_json()
    assert said["text"].startswith(said["subject"])
    assert [part["key"] for part in said["sections"]][:4] == ["summary", "ask", "shopify", "pos"]


def test_an_incident_names_its_orders_and_their_value(services: Services) -> None:
    for number in range(1, 8):
        keep(
            services.ledger, an_order(number), findings=[UNEXPLAINED], cause="unexplained", certainty="certain",
            case_state="needs_person",
        )  # fmt: skip
    incident_id = add(
        services, incidents, store="demo", cause="unexplained", state="open", opened_at=PLACED, since=PLACED
    )
    with services.ledger.read() as connection:
        made = incident_report(connection, services, "demo", incident_id)
        assert incident_report(connection, services, "demo", incident_id + 1) is None
        assert incident_report(connection, services, "other", incident_id) is None
    assert made is not None
    assert made.subject.startswith("7 orders at demo.myshopify.com: ")
    said = lines_of(made, "orders")
    assert "752.50 CAD" in said
    assert "#1 has not reached the POS (107.50 CAD) https://demo.myshopify.com/admin/orders/1" in said
    assert "and 2 more" in said


def test_an_incident_says_what_was_tried_on_its_orders_and_how_it_went(services: Services) -> None:
    keep(services.ledger, an_order(), cause="unexplained", certainty="likely", case_state="needs_person")
    number = add(services, incidents, store="demo", cause="unexplained", state="open", opened_at=PLACED, since=PLACED)

    def tried() -> str:
        with services.ledger.read() as connection:
            made = incident_report(connection, services, "demo", number)
        assert made is not None
        return lines_of(made, "tried")

    assert tried() == "Nothing: the orders were only looked at."
    for n in range(1, 25):
        add(
            services, actions, store="demo", order_id=1001, number=n, tag=f"reconciler-retry-{n}", state="done",
            cause="unexplained", intended_at=PLACED, outcome="not_arrived",
        )  # fmt: skip
    add(
        services, actions, store="demo", order_id=1001, number=99, tag="reconciler-retry-99", state="done",
        cause="sku_unknown", intended_at=PLACED,
    )  # fmt: skip
    first, *rest = tried().splitlines()
    assert first == "4 earlier touches"
    assert len(rest) == 20
    assert rest[0].startswith("#1001: ") and "reconciler-retry-5 " in rest[0]
    assert "reconciler-retry-24 " in rest[-1]
    assert all(line.endswith("the order did not arrive") for line in rest)


def test_an_incidents_report_comes_over_the_api_in_either_language(services: Services) -> None:
    keep(services.ledger, an_order(), cause="unexplained", certainty="likely", case_state="needs_person")
    number = add(services, incidents, store="demo", cause="unexplained", state="open", opened_at=PLACED, since=PLACED)
    english = Api(services, "viewer").get(f"incidents/{number}/support")
    french = Api(services, "viewer").get(f"incidents/{number}/support?locale=fr")
    assert "#1001" in english["text"]
    assert (english["locale"], french["locale"]) == ("en", "fr")
    assert french["subject"] != english["subject"]
    assert Api(services, "viewer").call("GET", f"incidents/{number + 1}/support").status_code == 404
