"""What is asked of whoever connects a shop, and the table that the answers make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.config import BY_LINK

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
SUBDOMAIN = Question(key="pos.subdomain")
POS_TOKEN = Question(key="pos.token", secret=True)
POS_APP = (Question(key="pos.client_id"), Question(key="pos.client_secret", secret=True))
REFRESH_TOKEN = Question(key="pos.refresh_token", secret=True)
ACCOUNT = Question(key="pos.account_id", optional=True)
# By kind and by its ways in, the usual one first; an app's refresh token is given, or comes of the merchant's approval.
OF_POS: dict[str, dict[str, tuple[Question, ...]]] = {
    "heartland": {TOKEN: (SUBDOMAIN, POS_TOKEN)},
    "lightspeed_r": {LINK: (*POS_APP, ACCOUNT), OWN: (*POS_APP, REFRESH_TOKEN, ACCOUNT)},
    "lightspeed_x": {
        TOKEN: (SUBDOMAIN, POS_TOKEN), LINK: (SUBDOMAIN, *POS_APP), OWN: (SUBDOMAIN, *POS_APP, REFRESH_TOKEN),
    },
}  # fmt: skip
KINDS = tuple(OF_POS)
KIND = Question(key="pos.kind", choices=KINDS, default=KINDS[0])
SPELLINGS = Question(key="pos.references", default=REFERENCES)
HERE = Question(key="webhook_url")
LOCALE = Question(key="locale", choices=("en", "fr"), default="en")


def of_shopify(way: str) -> tuple[Question, ...]:
    """An app has an id and a secret; an app of the years before 2026 has a token, and a secret that signs."""
    return OLD_APP if way == TOKEN else APP


def pos_ways(kind: str) -> tuple[str, ...]:
    """How this POS lets us in, the usual way first."""
    return tuple(OF_POS[kind])


def pos_way(kind: str, wanted: str = "") -> str:
    """As wanted, where this POS has that way, or else as is usual there."""
    return wanted if wanted in OF_POS[kind] else pos_ways(kind)[0]


def of_pos(kind: str, way: str) -> tuple[Question, ...]:
    return OF_POS[kind][way]


def questions(way: str, kind: str, by: str) -> Iterator[Question]:
    """Everything that is asked, in the order in which a person has it at hand; `by` is the POS's way in."""
    yield from (SHOP, LOCALE, *of_shopify(way), HERE, *of_pos(kind, by), SPELLINGS)


def table_from(answers: Answers) -> dict[str, Any]:
    """The shop's table, as the stores file would have it, its secrets in clear; what was not answered is left out."""
    table: dict[str, Any] = {"mode": "observe", "shopify": {}, "pos": {}}
    for key, given in answers.items():
        value = given.strip()
        if not value or key in ("way", "pos_way", "webhook_secret"):
            continue
        part, _, name = key.rpartition(".")
        (table[part] if part else table)[name] = _list(value) if name == "references" else value
    for side, way in (("shopify", "way"), ("pos", "pos_way")):
        if answers.get(way) == LINK:
            table[side]["grant"] = BY_LINK
    secret = answers.get("webhook_secret" if answers.get("way") == TOKEN else "shopify.client_secret", "").strip()
    return table | ({"webhook_secrets": [secret]} if secret else {})


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
