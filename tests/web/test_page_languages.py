"""The pages in French: every text has one, it is the browser's or the person's choice, and stored sentences are said again."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from reconcile.services import Services
from tests.rows import an_order, keep
from webhooks import tokens
from webhooks.app import create_app
from webhooks.page_said import TEMPLATES, said
from webhooks.page_terms import CASE_STATES, TERMS
from webhooks.tokens import Role

HOME = Path(__file__).resolve().parents[2] / "webhooks"
CATALOGUE = HOME / "translations" / "fr" / "LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
HOLE = re.compile(r"%\(\w+\)s")


def written() -> "dict[str, tuple[str, ...]]":
    """Every text of the catalogue with its French."""
    with (CATALOGUE / "messages.po").open("rb") as file:
        read = read_po(file, locale="fr")
    found = {}
    for message in read:
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            found[key] = message.string if isinstance(message.string, tuple) else (message.string,)
    return found


def test_every_text_of_the_pages_has_its_french() -> None:
    french = written()
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    texts = set()
    for _, _, message, _, _ in extract_from_dir(HOME, METHODS, options, KEYWORDS):
        texts.add(message[0] if isinstance(message, tuple) else message)
    assert len(texts) > 300
    assert sorted(text for text in texts if not all(french.get(text, ("",)))) == []
    assert sorted(set(french) - texts) == []


def test_the_holes_of_a_text_are_those_of_its_french() -> None:
    for english, french in written().items():
        for one in french:
            assert set(HOLE.findall(one)) == set(HOLE.findall(english)), english


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(file, locale="fr"))
    assert (CATALOGUE / "messages.mo").read_bytes() == compiled.getvalue(), "run pybabel compile"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("too early to tell", "trop tôt pour le dire"),
        ("held by a person until 2026-11-02 09:00 UTC", "suspendue par une personne jusqu'au 2026-11-02 09:00 UTC"),
        ("what holds it back has to be changed first; mode observe only records",
         "ce qui la retient doit d'abord être changé ; le mode observation ne fait que noter"),
        ("something that nobody has foreseen", "something that nobody has foreseen"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_stored_sentence_is_said_again_in_french(services: Services, stored: str, shown: str) -> None:
    with create_app(services).test_request_context("/", headers={"Accept-Language": "fr-CA"}):
        assert said(stored) == shown
    with create_app(services).test_request_context("/", headers={"Accept-Language": "en"}):
        assert said(stored) == stored


def test_the_reasons_that_decide_gives_are_known() -> None:
    """A reason whose wording changes would silently stay English."""
    source = (HOME.parent / "reconcile" / "decide.py").read_text()
    for template in TEMPLATES[:33]:
        longest = max(HOLE.split(template), key=len).strip(" ;(),.%")
        assert longest in re.sub(r'"\s*\n\s*f?"', "", source) or "stopped by" in template, template


def test_the_words_of_the_ledger_are_known() -> None:
    french = written()
    assert [word for word in (*TERMS.values(), *CASE_STATES.values()) if word not in french] == []


def test_the_language_is_the_persons_then_the_browsers(services: Services) -> None:
    keep(services.ledger, an_order(1001))
    browser = create_app(services).test_client()

    def page(at: str, language: str) -> str:
        return browser.get(at, headers={"Accept-Language": language}).text

    def send(at: str, **fields: str) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
        assert token
        assert browser.post(at, data={"csrf_token": token[1], **fields}).status_code == 303

    send("/sign-in", token=tokens.create(services, Role.VIEWER))
    assert '<html lang="fr">' in page("/orders", "fr-CA,fr;q=0.9")
    assert "107,50" in page("/orders", "fr-CA")
    assert "manquante" in page("/orders", "fr-CA")
    assert '<html lang="en">' in page("/orders", "de")
    send("/preferences", language="fr", theme="dark", next="/orders")
    assert '<html lang="fr" data-theme="dark">' in page("/orders", "en")
    send("/sign-out")
    assert "Se connecter" in page("/sign-in", "en"), "signing out keeps the language"
    send("/preferences", language="", theme="")
    assert '<html lang="en">' in page("/sign-in", "en")
