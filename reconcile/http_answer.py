"""What a remote's refusal says, cut down to what may be shown: a code, a sentence, how long to wait. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT = timedelta(hours=24)
LONGEST_DETAIL = 200

SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,63}")
OAUTH_PAGE = re.compile(r"\berror:? ([a-z]+(?:_[a-z]+)+)", re.IGNORECASE)  # Shopify's token errors may be HTML
EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")  # not `custom@size`, a Heartland field
LONG_WORD = re.compile(r"(?=[A-Za-z0-9_.=+/-]*\d)[A-Za-z0-9_.=+/-]{24,}")  # tokens, keys, hashes
LONG_NUMBER = re.compile(r"\+?\d[\d ()-]{7,}\d")  # phone and card numbers


def code_of(body: bytes) -> str:
    """The vendor's error code, such as `invalid_request`; empty when the body has none."""
    error = _object(body).get("error")
    if isinstance(error, str) and SLUG.fullmatch(error):
        return error
    found = OAUTH_PAGE.search(body[:4096].decode("utf-8", "replace"))
    return found.group(1) if found else ""


def detail_of(body: bytes, secrets: Iterable[str] = ()) -> str:
    """The vendor's sentence without what must not be shown, and the names (never the values) of the fields it blames."""
    answer = _object(body)
    error = answer.get("error")
    answer = error if isinstance(error, dict) else answer  # X-Series puts the sentence into an object of its own
    said = answer.get("message") or answer.get("error_description") or answer.get("errors") or answer.get("error")
    sentence = without_secrets(said, secrets) if isinstance(said, str) else ""
    fields = answer.get("details")
    names = sorted(str(name) for name in fields) if isinstance(fields, dict) else []
    blamed = without_secrets(", ".join(names), secrets)
    return f"{sentence} (fields: {blamed})" if blamed else sentence


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """One short line without our own secrets, e-mail addresses, and anything that looks like a token or a phone."""
    for secret in secrets:
        for part in (secret, secret.rpartition(" ")[2]):
            if len(part) >= 6:
                text = text.replace(part, "[secret]")
    text = EMAIL.sub("[e-mail]", " ".join(text.split()))
    text = LONG_NUMBER.sub("[number]", LONG_WORD.sub("[token]", text))
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the remote asks us to wait: seconds, or an HTTP date taken against the remote's own `Date`."""
    asked = headers.get("Retry-After", "").strip()
    try:
        wait = timedelta(seconds=float(asked))
    except (ValueError, OverflowError):
        until, now = _date(asked), _date(headers.get("Date", ""))
        if until is None or now is None:
            return None
        wait = until - now
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def media_type(headers: Mapping[str, str]) -> str:
    """`text/html`, or "no type"."""
    found = re.match(r"[a-z]+/[a-z0-9.+-]{1,40}", headers.get("Content-Type", "").lower())
    return found.group() if found else "no type"


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
