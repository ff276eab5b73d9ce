"""The daily digest: how many orders of the last days are proven, said also when all is well."""

from collections import Counter
from datetime import date, datetime, time, timedelta, tzinfo

from babel.dates import format_date
from sqlalchemy import Connection, func, select

from reconcile import notices
from reconcile.alert_channels import channels_of
from reconcile.config import Shop
from reconcile.incident_words import sentence_on
from reconcile.ledger.queries_incidents import incidents_of
from reconcile.ledger.tables import orders
from reconcile.model import Standing
from reconcile.services import Services
from reconcile.shops import change, row_for_change, row_of, zone_of

PROVEN = {
    "en": "{days}: {proven} of {expected} orders proven in the POS.",
    "fr": "{days} : {proven} commandes sur {expected} prouvées dans le POS.",
}
NONE = {"en": "{days}: no orders.", "fr": "{days} : aucune commande."}
ALL_WELL = {"en": "Nothing needs you.", "fr": "Rien ne vous attend."}
TITLE = {"en": "daily digest", "fr": "bilan du jour"}
AND = {"en": "{} and {}", "fr": "{} et {}"}
UNTIL = {"en": "{} to {}", "fr": "{} à {}"}
STANDINGS = {
    "missing": ("missing", "absentes"), "pending": ("unfinished in the POS", "inachevées dans le POS"),
    "differs": ("differ", "différentes"), "waiting": ("too early to tell", "trop tôt pour le dire"),
    "unread": ("the POS could not be read", "POS illisible"),
}  # fmt: skip
LONGEST = 8  # incidents that a digest names


def write_due(services: Services) -> int:
    """Write the digests that are due; a shop without a channel has none."""
    written = 0
    for shop in services.settings.shops.values():
        if channels_of(shop):
            written += _write_if_due(services, shop)
    return written


def _write_if_due(services: Services, shop: Shop) -> int:
    now = services.clock.now()
    with services.ledger.read() as connection:
        row = row_of(connection, shop.store)
    zone = zone_of(shop, row)
    coming, planned = shop.alerts.next_digest(now, zone), row.digest_at
    if planned is None or coming is None or coming < planned:  # the first, none any more, or the settings have changed
        if coming != planned:
            _plan(services, shop, coming)
        return 0
    if planned > now:
        return 0
    with services.ledger.write() as connection:
        if row_for_change(connection, shop.store).digest_at != planned:
            return 0  # another worker was faster
        since = _last_covered(shop, planned, zone)
        until = now.astimezone(zone).date() - timedelta(days=1)
        notices.write(connection, shop, "digest", TITLE[shop.locale], digest(connection, shop, since, until, now), now)
        change(connection, shop.store, digest_at=coming)
    return 1


def _plan(services: Services, shop: Shop, at: datetime | None) -> None:
    with services.ledger.write() as connection:
        change(connection, shop.store, digest_at=at)


def _last_covered(shop: Shop, due: datetime, zone: tzinfo) -> date:
    """The first day that no digest has covered: the day of the one before, however many days ago that was due."""
    settings, day = shop.alerts, due.astimezone(zone)
    earlier = (day - timedelta(days=ago) for ago in range(1, 9))
    before = next((at for at in earlier if settings.next_digest(at - timedelta(minutes=1), zone) == at), None)
    return before.date() if before else day.date() - timedelta(days=1)


def digest(connection: Connection, shop: Shop, since: date, until: date, now: datetime) -> str:
    """What became of the orders of these days, and what is open now."""
    row = row_of(connection, shop.store)
    zone, french = zone_of(shop, row), shop.locale == "fr"
    counted = _standings(connection, shop.store, since, until, zone)
    expected = sum(counted.values())
    named = {"days": _days(since, until, shop.locale), "proven": counted[Standing.MATCHED], "expected": expected}
    lines = [(PROVEN if expected else NONE)[shop.locale].format(**named)]
    rest = [f"{counted[name]} {words[french]}" for name, words in STANDINGS.items() if counted[name]]
    lines += [", ".join(rest)] if rest else []
    found = incidents_of(connection, [shop.store], limit=LONGEST)
    lines += [f"– {text}" for one in found if (text := sentence_on(one, shop, row, now))]
    return "\n".join(lines if len(lines) > 1 else [*lines, ALL_WELL[shop.locale]])


def _standings(connection: Connection, store: str, since: date, until: date, zone: tzinfo) -> Counter[str]:
    begin, end = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
    c = orders.c
    query = select(c.standing, func.count().label("orders")).where(
        c.store == store, c.created_at >= begin, c.created_at < end
    )
    query = query.where(c.standing != Standing.EXCLUDED.value).group_by(c.standing)
    return Counter({row.standing: row.orders for row in connection.execute(query)})


def _days(since: date, until: date, locale: str) -> str:
    """Such as "Saturday and Sunday"; with their dates when there are more than a week's names can tell apart."""
    count = (until - since).days + 1
    names = [format_date(day, "EEEE" if count <= 7 else "d MMMM", locale=locale) for day in (since, until)]
    names[0] = names[0].capitalize() if count <= 7 else names[0]
    if count <= 1:
        return str(names[0])
    return (AND if count == 2 else UNTIL)[locale].format(*names)
