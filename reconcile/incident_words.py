"""The one sentence on an incident: since when, which orders, what they are worth, why, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from sqlalchemy import Row

from reconcile.config import Shop
from reconcile.ledger.queries_incidents import IncidentRow
from reconcile.model import Certainty, Remedy, Standing
from reconcile.rules import catalogue, remedy_of
from reconcile.shops import zone_of

WEBHOOKS_LOST = "webhooks_lost"
NO_RULE = {
    "en": "Open the orders and send their support report to the connector's support.",
    "fr": "Ouvrez les commandes et envoyez leur rapport au support du connecteur.",
}
LOST = {
    "en": "Shopify's webhooks do not reach this service: check its public address, then run"
    " `flask --app webhooks.app webhooks register`.",
    "fr": "Les webhooks de Shopify n'arrivent pas ici : vérifiez l'adresse publique, puis lancez"
    " `flask --app webhooks.app webhooks register`.",
}
ABSENT = frozenset({Standing.MISSING, Standing.WAITING, Standing.UNREAD})

# cause → one of the orders that it holds back, and several, in each language
ORDERS = {
    "fulfilled_orders_off": ("fulfilled order", "fulfilled orders", "commande traitée", "commandes traitées"),
    "unfulfilled_orders_off": (
        "unfulfilled order", "unfulfilled orders", "commande non traitée", "commandes non traitées",
    ),
    "archived_orders_off": ("archived order", "archived orders", "commande archivée", "commandes archivées"),
    "paid_without_transactions_off": (
        "paid order without a transaction", "paid orders without a transaction",
        "commande payée sans transaction", "commandes payées sans transaction",
    ),
    "partially_paid_excluded": (
        "partially paid order", "partially paid orders",
        "commande partiellement payée", "commandes partiellement payées",
    ),
    "manual_payments_off": (
        "order with a manual payment", "orders with a manual payment",
        "commande à paiement manuel", "commandes à paiement manuel",
    ),
    "payment_not_captured": (
        "order whose payment is not captured", "orders whose payment is not captured",
        "commande dont le paiement n'est pas capturé", "commandes dont le paiement n'est pas capturé",
    ),
}  # fmt: skip
ANY_ORDER = ("order", "orders", "commande", "commandes")
# cause → the position in which its setting holds orders back
SWITCHES = dict.fromkeys((*ORDERS, "download_orders_off", "refunds_off"), "off") | {
    "partially_paid_excluded": "on", "payment_not_captured": "on",
}  # fmt: skip
POSITIONS_FR = {"off": "désactivé", "on": "activé"}
# cause → the setting that lists values, and which orders it leaves out, in each language
LEAVES_OUT = {
    "channel_excluded": ("Download Third Party Orders", "those of the channel {}", "celles du canal {}"),
    "ignore_tag_present": (
        "Ignore Orders with these tags", "those with the tag {}", "celles qui portent l'étiquette {}",
    ),
    "allow_tag_missing": (
        "Allow Orders only with these tags", "those without the tag {}", "celles sans l'étiquette {}",
    ),
    "before_minimum_date": (
        "Order Minimum Created Date Time", "those that were placed long before", "celles passées longtemps avant",
    ),
}  # fmt: skip
SURELY = {
    Certainty.CERTAIN: ("", ""),
    Certainty.LIKELY: ("almost certainly ", "presque certainement "),
    Certainty.POSSIBLE: ("perhaps ", "peut-être "),
}
IS = {
    Certainty.CERTAIN: ("is", "est"),
    Certainty.LIKELY: ("is almost certainly", "est presque certainement"),
    Certainty.POSSIBLE: ("may be", "est peut-être"),
}
# what the orders have in common → one of them, several, in each language
STANDS = {
    "absent": ("has not arrived", "have not arrived", "n'est pas arrivée", "ne sont pas arrivées"),
    Standing.PENDING: (
        "is held unfinished in the POS", "are held unfinished in the POS",
        "reste inachevée dans le POS", "restent inachevées dans le POS",
    ),
    Standing.DIFFERS: (
        "differs from its sale in the POS", "differ from their sales in the POS",
        "diffère de sa vente dans le POS", "diffèrent de leurs ventes dans le POS",
    ),
    "mixed": ("needs attention", "need attention", "demande votre attention", "demandent votre attention"),
}  # fmt: skip
NAMES = ("Heartland", "Lightspeed", "Shopify", "Mortar")
THEN = {
    "en": "When it is done, say so: one order is brought in first, then the others.",
    "fr": "Quand c'est fait, dites-le : une commande est reprise d'abord, puis les autres.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sentence rests on."""

    cause: str
    subject: str
    since: datetime
    now: datetime
    orders: int
    at_risk: Mapping[str, Decimal]
    standings: frozenset[str]
    certainty: Certainty | None


def sentence(told: Told, locale: str, zone: tzinfo) -> str:
    """Such as "Since 14:02, 37 archived orders worth $4,120 have not arrived; Download Archived Orders is almost certainly
    off. <the fix> When it is done, say so: …"; empty when no order is held back."""
    if not told.orders:
        return ""
    french, many = locale == "fr", told.orders != 1
    nouns = ORDERS.get(told.cause, ANY_ORDER)
    noun, stands = (words[2 * french + many] for words in (nouns, STANDS[_common(told.standings)]))
    count = format_decimal(told.orders, locale=locale)
    worth = _worth(told.at_risk, locale)
    if worth:
        worth = f" d'une valeur de {worth}" if french else f" worth {worth}"
    opening = (
        f"{'Depuis' if french else 'Since'} {since(told.since, told.now, locale, zone)}, {count} {noun}{worth} {stands}"
    )
    why, fix, then = _why(told, locale), _fix(told.cause, locale), _then(told, locale)
    return " ".join(filter(None, (f"{opening}{' ; ' if french else '; '}{why}." if why else f"{opening}.", fix, then)))


def sentence_on(one: IncidentRow, shop: Shop, row: Row[Any], now: datetime) -> str:
    """The sentence on an incident in the language and on the clock of its shop, whose row in the ledger this is."""
    told = Told(
        cause=one.row.cause, subject=one.row.subject, since=one.row.since, now=now, orders=one.orders,
        at_risk=one.at_risk, standings=one.standings, certainty=Certainty(one.certainty) if one.certainty else None,
    )  # fmt: skip
    return sentence(told, shop.locale, zone_of(shop, row))


def words(cause: str, locale: str) -> tuple[str, str]:
    """Title and next step in the shop's language."""
    rule = catalogue().get(cause)
    if cause == WEBHOOKS_LOST:
        return ("Des webhooks se perdent" if locale == "fr" else "Webhooks are lost"), LOST[locale]
    if rule is None:
        return cause, NO_RULE[locale]
    title, fix = (rule.title_fr, rule.fix_fr) if locale == "fr" else (rule.title, rule.fix)
    return title, fix or NO_RULE[locale]


def _common(standings: frozenset[str]) -> str:
    if standings <= ABSENT:
        return "absent"
    return next(iter(standings)) if len(standings) == 1 and standings <= STANDS.keys() else "mixed"


def since(at: datetime, now: datetime, locale: str, zone: tzinfo) -> str:
    """The moment on the shop's clock: the time alone when it is today's."""
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    pattern = "HH 'h' mm" if locale == "fr" else "HH:mm"
    clock = format_time(here.time(), pattern, locale=locale)
    if here.date() == today:
        return clock
    day = format_date(here.date(), "d MMMM" if here.year == today.year else "d MMMM y", locale=locale)
    return f"le {day} à {clock}" if locale == "fr" else f"{day}, {clock}"


def amount(value: Decimal, currency: str, locale: str) -> str:
    """Money as the shop's people write it; cents only where there are any."""
    whole = value == value.to_integral_value()
    return (
        str(format_currency(value, currency, locale=locale))
        if not whole or not currency
        else _whole(value, currency, locale)
    )


def _whole(value: Decimal, currency: str, locale: str) -> str:
    return str(
        format_currency(
            value, currency, "#,##0 ¤" if locale == "fr" else "¤#,##0", locale=locale, currency_digits=False
        )
    )


def _worth(at_risk: Mapping[str, Decimal], locale: str) -> str:
    parts = [amount(value, currency, locale) for currency, value in sorted(at_risk.items()) if value]
    return (" et " if locale == "fr" else " and ").join(parts)


def _why(told: Told, locale: str) -> str:
    rule = catalogue().get(told.cause)
    position = SWITCHES.get(told.cause)
    if position and told.subject:
        english, french = IS[told.certainty or Certainty.POSSIBLE]
        if locale == "fr":
            return f"« {told.subject} » {french} {POSITIONS_FR[position]}"
        return f"{told.subject} {english} {position}"
    if told.cause in LEAVES_OUT:
        return _leaves_out(told, locale)
    if rule is None:
        return ""
    title = (rule.title_fr if locale == "fr" else rule.title).rstrip(".")
    return f"{_lowered(title)}{_about(told.subject, title)}"


def _leaves_out(told: Told, locale: str) -> str:
    setting, *those = LEAVES_OUT[told.cause]
    surely = SURELY[told.certainty or Certainty.POSSIBLE]
    if locale == "fr":
        return f"« {setting} » écarte {surely[1]}{those[1].format(told.subject)}"
    return f"{setting} {surely[0]}leaves out {those[0].format(told.subject)}"


def _lowered(title: str) -> str:
    """A title in the middle of a sentence; a name such as POS, SKU or Heartland keeps its capitals."""
    if title.startswith(NAMES):
        return title
    return title[0].lower() + title[1:] if title[1:2].islower() or title[1:2] in " '’" else title


def _about(subject: str, title: str) -> str:
    return f" ({subject})" if subject and subject not in title else ""


def _fix(cause: str, locale: str) -> str:
    rule = catalogue().get(cause)
    fix = (rule.fix_fr if locale == "fr" else rule.fix) if rule else ""
    return fix[:1].upper() + fix[1:]


def _then(told: Told, locale: str) -> str:
    mends = remedy_of(told.cause, told.certainty) is Remedy.FIX_THEN_RETRY and told.standings <= ABSENT
    return THEN[locale] if mends else ""
