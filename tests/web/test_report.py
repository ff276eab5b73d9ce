"""The audit's HTML file: it stands on its own, has every order that is not proven, and speaks the shop's language."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from reconcile.audit import Audit, Problem
from reconcile.bootstrap import make_services
from reconcile.clock import ManualClock
from reconcile.config import Settings, Shop
from reconcile.services import Services
from reconcile.setup_check import CheckResult, Result
from tests.rows import PLACED
from webhooks.app import create_app
from webhooks.report import WORDS, audit_html

SHOP = Shop(store="demo", domain="demo.myshopify.com")
EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def services(tmp_path: Path, clock: ManualClock) -> Services:
    """No ledger is asked: an audit has one of its own."""
    settings = Settings(shops={"demo": SHOP}, secret_key="key", database_url=f"sqlite:///{tmp_path / 'none.db'}")
    return make_services(settings, clock)


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


def problem(name: str, **changes: Any) -> Problem:
    usual: dict[str, Any] = {
        "standing": "missing", "cause": "unexplained", "certainty": "certain", "total": Decimal("10.50"),
        "currency": "CAD", "created_at": PLACED,
    }  # fmt: skip
    return Problem(name=name, **usual | changes)


CHECK = CheckResult(
    slug="custom_field_required", result=Result.FAIL, title="No custom field is required",
    title_fr="Aucun champ personnalisé n'est requis", evidence="Region is required", evidence_fr="Region est requis",
    subject="sales.order: Region", fix="set it to No", fix_fr="mettez-le sur Non",
)  # fmt: skip
FOUND = Audit(
    store="demo", since=PLACED - timedelta(days=30), until=PLACED, standings={"matched": 7, "missing": 2, "differs": 1},
    value={
        "matched": {"CAD": Decimal(700)}, "missing": {"CAD": Decimal("10.50"), "USD": Decimal(4)},
        "differs": {"CAD": Decimal("10.50")},
    },
    problems=(
        problem("#1"), problem("#2", currency="USD", total=Decimal(4)), problem("#3", standing="differs", cause=None),
    ),
    checks=(CHECK,),
)  # fmt: skip


def written(app: Flask, found: Audit = FOUND, shop: Shop = SHOP) -> str:
    with app.app_context():
        return audit_html(found, shop)


def test_it_has_every_order_that_is_not_proven_with_its_value(app: Flask) -> None:
    said = written(app)
    assert "7 of 10 orders are proven in the POS" in said
    for part in ("#1", "#2", "#3", "10.50 CAD, 4.00 USD", "700.00 CAD", "not explained", "certain"):
        assert part in said, part
    assert said.index("#1") < said.index("#3")  # missing before differing


def test_it_has_the_checklist(app: Flask) -> None:
    said = written(app)
    for part in ("No custom field is required", "sales.order: Region", "NOT IN ORDER", "Region is required", "set it"):
        assert part in said, part


def test_it_stands_on_its_own(app: Flask) -> None:
    said = written(app)
    assert not re.search(r"<(link|script|img|iframe|object)\b|url\(|@import|\s(src|href)=", said)
    assert "--paper" in said  # the pages' own sheet


def test_in_french(app: Flask) -> None:
    said = written(app, shop=replace(SHOP, locale="fr"))
    assert '<html lang="fr">' in said
    for part in ("7 commandes sur 10", "manquante", "PAS EN ORDRE", "mettez-le sur Non", "Que faire"):
        assert part in said, part
    assert "What to do" not in said
    assert WORDS["en"].keys() == WORDS["fr"].keys()


def test_a_clean_shop_is_told_so(app: Flask) -> None:
    clean = replace(FOUND, standings={"matched": 7}, problems=(), checks=())
    assert "Every order is proven in the POS" in written(app, clean)


def test_nothing_a_buyer_writes_becomes_html(app: Flask) -> None:
    check = replace(CHECK, subject=EVIL, evidence=EVIL, fix=EVIL)
    said = written(app, replace(FOUND, problems=(problem(EVIL, cause=EVIL),), checks=(check,)))
    assert "<script" not in said
    assert said.count("&lt;script&gt;") >= 4


def test_every_tag_is_closed(app: Flask) -> None:
    class Balance(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in ("meta", "br"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(written(app))
    assert parser.open == []
