"""People at the pages: what they like is kept with them, and who came in or was turned away is in the activity."""

import pytest

from reconcile.services import Services
from tests.web.callers import told, two_shops
from tests.web.visitors import FORM_TOKEN, Visitor
from webhooks import tokens
from webhooks.app import create_app
from webhooks.tokens import Role


def test_the_language_and_the_look_follow_the_person_to_another_browser(services: Services) -> None:
    secret = tokens.create(services, Role.OPERATOR, (), "ann")
    first, second = Visitor(services, secret=secret), Visitor(services, secret=secret)
    first.send("/preferences", language="fr", theme="dark")
    for browser in (first, second, Visitor(services, secret=secret)):
        assert '<html lang="fr" data-theme="dark">' in browser.get("/orders")
    second.send("/preferences", language="", theme="")
    assert '<html lang="en">' in Visitor(services, secret=secret).get("/orders")
    assert '<html lang="en">' in Visitor(services, name="bob").get("/orders"), "nobody else's pages change"


def test_what_was_chosen_before_signing_in_stays_in_the_browser(services: Services) -> None:
    browser = create_app(services).test_client()
    token = FORM_TOKEN.search(browser.get("/sign-in").text)
    assert token
    browser.post("/preferences", data={"csrf_token": token[1], "language": "fr"})
    browser.post("/sign-in", data={"csrf_token": token[1], "token": tokens.create(services, Role.VIEWER)})
    assert '<html lang="fr">' in browser.get("/orders").text


def test_nothing_but_a_language_of_ours_is_kept(services: Services) -> None:
    visitor = Visitor(services)
    visitor.send("/preferences", language="xx", theme="pink")
    assert '<html lang="en">' in visitor.get("/orders")


def test_who_signs_in_is_in_the_activity_of_their_shops(services: Services) -> None:
    both = two_shops(services)
    Visitor(both, Role.OPERATOR, "demo", "other", name="Ann")
    Visitor(both, Role.ADMIN, name="Ada")
    found = [(row.who, row.store, row.text) for row in told(both, "sign_in")]
    assert found == [
        ("Ann", "demo", "signed in with a token as operator"),
        ("Ann", "other", "signed in with a token as operator"),
        ("Ada", "", "signed in with a token as admin"),
    ]
    everywhere, here = Visitor(both, Role.ADMIN, name="Eve"), Visitor(both, Role.ADMIN, "demo", name="Dan")
    assert "Ada" in everywhere.get("/activity?kind=sign_in")
    seen = here.get("/activity?kind=sign_in")
    assert "Ann" in seen
    assert "Ada" not in seen


def test_who_is_turned_away_is_told_a_few_times_only(services: Services) -> None:
    visitor = Visitor(services)
    for _ in range(15):
        visitor.send("/sign-in", status=401, token="orc_guessed")
    refused = [row for row in told(services, "sign_in") if "refused" in row.text]
    assert len(refused) == 10
    assert {row.who for row in refused} == {"nobody"}
    assert "orc_guessed" not in str([tuple(row) for row in refused])


@pytest.mark.parametrize(
    ("language", "words"), [("en", "a sign-in was refused"), ("fr", "une connexion a été refusée")]
)
def test_the_activity_says_it_in_the_persons_language(services: Services, language: str, words: str) -> None:
    visitor = Visitor(services)
    visitor.send("/sign-in", status=401, token="orc_guessed")
    visitor = Visitor(services, name="bob")
    visitor.send("/preferences", language=language)
    assert words in visitor.get("/activity")
