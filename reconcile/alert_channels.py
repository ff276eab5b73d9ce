"""Where a shop's alerts go: its Apprise addresses (Slack, e-mail, Teams, …) and its signed webhook.

The webhook follows Standard Webhooks (https://www.standardwebhooks.com): the headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, signed with `alert_secret`; one that is not written `whsec_<base64>` is taken as its bytes.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from standardwebhooks import Webhook

from reconcile.config import Shop
from reconcile.errors import ReconcilerError, Rejected, Retryable
from reconcile.http import Http

FOR_ALL = "whsec_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    message_id: str  # the same however often it is sent
    store: str
    kind: str
    title: str
    text: str
    at: datetime

    def body(self) -> dict[str, object]:
        told = {"store": self.store, "title": self.title, "text": self.text}
        return {"type": self.kind, "timestamp": self.at.isoformat().replace("+00:00", "Z"), "data": told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to the people of a shop; `send` raises a `ReconcilerError` when the message was not taken."""

    key: str  # stays the same as long as its address does
    name: str  # for people: no secret in it
    send: Callable[[Message, datetime], None] = field(repr=False)


def channels_of(shop: Shop) -> list[Channel]:
    """The channels of the shop's settings, the webhook first."""
    return list(_channels(shop))


def _channels(shop: Shop) -> Iterator[Channel]:
    if shop.alert_url:
        send = partial(_post, shop.alert_url, shop.alert_secret)
        yield Channel(key=_key(shop.alert_url), name="webhook", send=send)
    for url in shop.alerts.apprise:
        scheme = url.partition("://")[0] if "://" in url else "apprise"
        yield Channel(key=_key(url), name=scheme, send=partial(_notify, url))


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:12]


def _post(url: str, secret: str, message: Message, now: datetime) -> None:
    body = message.body()
    headers = {"webhook-id": message.message_id, "webhook-timestamp": str(int(now.timestamp()))}
    if secret:
        headers["webhook-signature"] = Webhook(_base64(secret)).sign(message.message_id, now, json.dumps(body))
    Http(url).post("", json=body, headers=headers, wants_json=False)


def _base64(secret: str) -> str:
    return secret if secret.startswith(FOR_ALL) else base64.b64encode(secret.encode()).decode()


def _notify(url: str, message: Message, now: datetime) -> None:
    from apprise import Apprise  # knows more than a hundred services: only who sends needs to load it

    service = Apprise()
    if not service.add(url):
        raise Rejected("invalid_address", "this is no address that Apprise knows")
    if not service.notify(title=message.title, body=message.text):
        raise Retryable("the service did not take the message")


def send_test(shop: Shop, now: datetime) -> list[tuple[str, str]]:
    """Send a test message to every channel; answers each one's name with what went wrong, empty when it was taken."""
    words = {
        "en": ("A test of the alerts", "If you can read this, alerts of this shop reach you."),
        "fr": ("Un essai des alertes", "Si vous lisez ceci, les alertes de cette boutique vous parviennent."),
    }
    title, text = words[shop.locale]
    message = Message(
        message_id=f"msg_{shop.store}_test_{int(now.timestamp())}", store=shop.store, kind="test",
        title=f"{shop.store}: {title}", text=text, at=now,
    )  # fmt: skip
    return [(one.name, _problem(one, message, now)) for one in channels_of(shop)]


def _problem(channel: Channel, message: Message, now: datetime) -> str:
    try:
        channel.send(message, now)
    except ReconcilerError as error:
        return str(error)
    return ""
