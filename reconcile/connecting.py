"""What is asked of whoever connects a shop, and the table that the answers make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OWN, LINK, TOKEN = "own", "link", "token"
WAYS = (OWN, LINK, TOKEN)
REFERENCES = "{name}, {number}"

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer that is needed; `key` is where it goes in the table, its words are `webhooks/connecting_words.py`'s."""

    key: str
    secret: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    optional: bool = False


SHOP = Question(key="shop")
WAY = Question(key="way", choices=WAYS, default=OWN)
APP = (Question(key="shopify.client_id"), Question(key="shopify.client_secret", secret=True))
OLD_APP = (Question(key="shopify.access_token", secret=True), Question(key="webhook_secret", secret=True))
CLIENT = (
    Question(key="pos.client_id"), Question(key="pos.client_secret", secret=True),
    Question(key="pos.refresh_token", secret=True),
)  # fmt: skip
OF_POS = {
    "heartland": (Question(key="pos.subdomain"), Question(key="pos.token", secret=True)),
    "lightspeed_r": (*CLIENT, Question(key="pos.account_id", optional=True)),
    "lightspeed_x": (Question(key="pos.subdomain"), Question(key="pos.token", secret=True)),
}
KINDS = tuple(OF_POS)
KIND = Question(key="pos.kind", choices=KINDS, default=KINDS[0])
SPELLINGS = Question(key="pos.references", default=REFERENCES)
HERE = Question(key="webhook_url")
LOCALE = Question(key="locale", choices=("en", "fr"), default="en")


def of_shopify(way: str) -> tuple[Question, ...]:
    """An app has an id and a secret; an app of the years before 2026 has a token, and a secret that signs."""
    return OLD_APP if way == TOKEN else APP


def of_pos(kind: str) -> tuple[Question, ...]:
    return OF_POS[kind]


def questions(way: str, kind: str) -> Iterator[Question]:
    """Everything that is asked, in the order in which a person has it at hand."""
    yield from (SHOP, LOCALE, *of_shopify(way), HERE, *of_pos(kind), SPELLINGS)


def table_from(answers: Answers) -> dict[str, Any]:
    """The shop's table, as the stores file would have it, its secrets in clear; what was not answered is left out."""
    table: dict[str, Any] = {"mode": "observe", "shopify": {}, "pos": {}}
    for key, given in answers.items():
        value = given.strip()
        if not value or key in ("way", "webhook_secret"):
            continue
        part, _, name = key.rpartition(".")
        (table[part] if part else table)[name] = _list(value) if name == "references" else value
    if answers.get("way") == LINK:
        table["shopify"]["grant"] = "authorization_code"
    secret = answers.get("webhook_secret" if answers.get("way") == TOKEN else "shopify.client_secret", "").strip()
    return table | ({"webhook_secrets": [secret]} if secret else {})


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
