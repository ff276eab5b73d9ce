"""The sentence on an incident is true, and reads well in both languages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from reconcile.incident_words import Told, sentence
from reconcile.model import Certainty
from reconcile.rules import catalogue

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 2, 20, tzinfo=UTC)  # 15:00 in Toronto
ARCHIVED = Told(
    cause="archived_orders_off", subject="Download Archived Orders", since=NOW - timedelta(minutes=58), now=NOW, orders=37,
    at_risk={"USD": Decimal("4120.00")}, standings=frozenset({"missing", "waiting"}), certainty=Certainty.LIKELY,
)  # fmt: skip


def begins(told: Told, locale: str = "en") -> str:
    return sentence(told, locale, TORONTO).partition(". ")[0].replace("\u202f", " ").replace("\xa0", " ")


def test_it_says_since_when_what_is_held_back_and_why() -> None:
    assert begins(ARCHIVED) == (
        "Since 14:02, 37 archived orders worth $4,120 have not arrived; Download Archived Orders is almost certainly off"
    )
    rest = sentence(ARCHIVED, "en", TORONTO)
    assert "switch Download Archived Orders on and press Save Settings." in rest
    assert rest.endswith("When it is done, say so: one order is brought in first, then the others.")


def test_in_french() -> None:
    assert begins(ARCHIVED, "fr") == (
        "Depuis 14 h 02, 37 commandes archivées d'une valeur de 4 120 $US ne sont pas arrivées ; "
        "« Download Archived Orders » est presque certainement désactivé"
    )


@pytest.mark.parametrize(
    ("certainty", "said"), [("certain", "is off"), ("likely", "is almost certainly off"), ("possible", "may be off")]
)
def test_it_is_as_sure_as_the_evidence(certainty: str, said: str) -> None:
    assert begins(replace(ARCHIVED, certainty=Certainty(certainty))).endswith(f"Download Archived Orders {said}")


@pytest.mark.parametrize(
    ("cause", "subject", "english", "french"),
    [
        ("ignore_tag_present", "wholesale",
         "Ignore Orders with these tags almost certainly leaves out those with the tag wholesale",
         "« Ignore Orders with these tags » écarte presque certainement celles qui portent l'étiquette wholesale"),
        ("allow_tag_missing", "approved",
         "Allow Orders only with these tags almost certainly leaves out those without the tag approved",
         "« Allow Orders only with these tags » écarte presque certainement celles sans l'étiquette approved"),
        ("channel_excluded", "tiktok",
         "Download Third Party Orders almost certainly leaves out those of the channel tiktok",
         "« Download Third Party Orders » écarte presque certainement celles du canal tiktok"),
        ("before_minimum_date", "Order Minimum Created Date Time",
         "Order Minimum Created Date Time almost certainly leaves out those that were placed long before",
         "« Order Minimum Created Date Time » écarte presque certainement celles passées longtemps avant"),
    ],
)  # fmt: skip
def test_a_setting_that_lists_values_is_named_with_the_value(
    cause: str, subject: str, english: str, french: str
) -> None:
    told = replace(ARCHIVED, cause=cause, subject=subject)
    assert begins(told).endswith(f"have not arrived; {english}")
    assert begins(told, "fr").endswith(f"ne sont pas arrivées ; {french}")
    assert sentence(told, "en", TORONTO).endswith("one order is brought in first, then the others.")


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_name_keeps_its_capital_in_the_middle_of_the_sentence(locale: str) -> None:
    told = replace(ARCHIVED, cause="customer_incomplete", subject="")
    assert "; Heartland " in begins(told, locale)


def test_one_order_is_one_and_cents_are_not_lost() -> None:
    one = replace(ARCHIVED, orders=1, at_risk={"USD": Decimal("12.50"), "CAD": Decimal("3.00")})
    assert "1 archived order worth CA$3 and $12.50 has not arrived" in begins(one)


def test_another_day_is_named() -> None:
    assert begins(replace(ARCHIVED, since=NOW - timedelta(days=1))).startswith("Since 1 November, 15:00, ")
    assert begins(replace(ARCHIVED, since=NOW - timedelta(days=400)), "fr").startswith("Depuis le 28 septembre 2025 à ")


@pytest.mark.parametrize(
    ("standings", "said"),
    [
        ({"pending"}, "are held unfinished in the POS"),
        ({"differs"}, "differ from their sales in the POS"),
        ({"differs", "missing"}, "need attention"),
    ],
)
def test_what_is_in_the_pos_is_not_called_absent(standings: set[str], said: str) -> None:
    text = sentence(replace(ARCHIVED, standings=frozenset(standings)), "en", TORONTO)
    assert said in text
    assert "brought in first" not in text


def test_the_subject_of_any_cause_is_named() -> None:
    about = begins(replace(ARCHIVED, cause="sku_unknown", subject="MUG-01"))
    assert about.endswith("the POS has no product under a SKU of the order (MUG-01)")


def test_nothing_held_back_says_nothing() -> None:
    assert sentence(replace(ARCHIVED, orders=0), "en", TORONTO) == ""


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("cause", [*catalogue(), "webhooks_lost"])
def test_every_cause_has_its_sentence(cause: str, locale: str) -> None:
    text = sentence(replace(ARCHIVED, cause=cause, subject=""), locale, TORONTO)
    assert text.startswith(("Since", "Depuis"))
    assert ".." not in text
    assert "  " not in text
