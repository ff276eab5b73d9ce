"""English and French: which one a person reads, and on which shop's clock."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_locale
from flask_babel import gettext as translated
from sqlalchemy import Row, select

from reconcile.ledger.tables import shops
from reconcile.shops import zone_of
from webhooks.current import current_services

LANGUAGES = {"en": "English", "fr": "Français"}
THEMES = ("light", "dark")
LANGUAGE, THEME = "language", "theme"


def gettext(text: str, **values: object) -> str:
    """The text in the language of the page, its values put in."""
    return str(translated(text, **values))


def marked(text: str) -> str:
    """The same text, found by the tool that collects what there is to translate."""
    return text


def register(app: Flask) -> None:
    """The catalogues are compiled and committed: nothing is built when the service starts."""
    Babel(app, locale_selector=stated, default_locale="en", default_timezone="UTC")


def stated() -> str | None:
    """What the person chose, or else what the browser asks for; None when neither says."""
    if not has_request_context():
        return None
    chosen = liked(LANGUAGE)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES)


def liked(name: str) -> str:
    """What the person who is signed in chose, or else what was chosen in this browser; empty when neither."""
    kept: dict[str, str] = g.get("liked", {})
    chosen = kept.get(name) or (session.get(name) if session is not None else None)
    return str(chosen or "")


def language() -> str:
    """The language of the page."""
    locale = get_locale()
    return str(locale.language) if locale is not None else "en"


def theme() -> str:
    """`light`, `dark`, or empty: as the browser says."""
    chosen = liked(THEME)
    return chosen if chosen in THEMES else ""


def zone(store: str | None = None) -> tzinfo:
    """The shop's clock; without a shop the one that all of them share, or else UTC."""
    zones = _zones()
    if store is not None:
        return zones.get(store, UTC)
    found = {str(one): one for one in zones.values()}
    return next(iter(found.values())) if len(found) == 1 else UTC


def _zones() -> dict[str, ZoneInfo]:
    if "zones" not in g:
        services = current_services()
        with services.ledger.read() as connection:
            rows: list[Row[Any]] = list(connection.execute(select(shops.c.store, shops.c.time_zone)))
        known = services.settings.shops
        g.zones = {row.store: zone_of(known[row.store], row) for row in rows if row.store in known}
    zones: dict[str, ZoneInfo] = g.zones
    return zones
