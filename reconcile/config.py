"""Settings: the environment, and the shops of the stores file. Every problem is reported together, with its key path."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from reconcile.alert_settings import AlertSettings, alert_settings
from reconcile.errors import ConfigurationError
from reconcile.evidence import Declared
from reconcile.limits import Limits, duration
from reconcile.model import Mode
from reconcile.openid import OpenId, openid_from
from reconcile.stores_schema import ShopSchema

TOUCH_TAG = "reconciler-retry-"
BODIES_KEPT, HISTORY_KEPT, SHORTEST_HISTORY = timedelta(days=30), timedelta(days=90), timedelta(days=7)
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One shop of the stores file."""

    store: str
    domain: str
    mode: Mode = Mode.OBSERVE
    locale: str = "en"
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    missing_after: timedelta = timedelta(minutes=15)
    pending_after: timedelta = timedelta(minutes=30)
    sweep_every: timedelta = timedelta(minutes=5)
    check_every: timedelta = timedelta(hours=1)
    shopify: Mapping[str, str] = field(default_factory=dict, repr=False)
    pos_kind: str = "heartland"
    pos: Mapping[str, Any] = field(default_factory=dict, repr=False)
    references: tuple[str, ...] = ("{name}", "{number}")
    declared: Declared = field(default_factory=Declared)
    limits: Limits = field(default_factory=Limits)
    alert_url: str = field(default="", repr=False)
    alert_secret: str = field(default="", repr=False)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    time_zone: str = ""  # IANA; empty: as Shopify says
    webhook_url: str = ""  # where Shopify is to send: our own public address

    @property
    def admin_url(self) -> str:
        """Where a person finds the shop's admin."""
        return f"{self.shopify.get('base_url') or f'https://{self.domain}'}/admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration in force."""

    shops: Mapping[str, Shop]
    database_url: str = "sqlite:///var/reconciler.db"
    redis_url: str = ""
    secret_key: str = field(default="", repr=False)
    clock_file: str = ""  # the demo's simulated day; empty: the machine's clock
    stop_all: bool = False  # the global stop switch
    bodies_kept: timedelta = BODIES_KEPT  # of deliveries that cannot be read, so that they can be replayed
    history_kept: timedelta = HISTORY_KEPT  # and alerts
    openid: OpenId | None = None  # who signs people in beside our own tokens
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)  # for the shops that the ledger holds


SECRET_KEYS = {
    "client_id", "client_secret", "access_token", "refresh_token", "token", "webhook_secrets", "alert_secret", "alert_url",
    "apprise", "heartbeat_url",
}  # fmt: skip
# Anything else in a host's first part would send the shop's token to another host.
SUBDOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
BY_LINK = "authorization_code"  # the grant of an access that somebody of the shop approves


def client_needs(pos: Mapping[str, Any]) -> tuple[str, ...]:
    """What the access of an app to Lightspeed takes; where it is approved by a link nobody hands over a token."""
    return ("client_id", "client_secret", *(() if pos.get("grant") == BY_LINK else ("refresh_token",)))


def resolve_secrets(
    value: Any, path: str, environ: Mapping[str, str], problems: list[str], *, clear: bool = False
) -> Any:
    """Replace `env:NAME` and `file:PATH`; unless `clear`, a secret written in clear is a problem, not a secret."""
    if isinstance(value, dict):
        return {
            key: resolve_secrets(part, f"{path}.{key}", environ, problems, clear=clear) for key, part in value.items()
        }
    if isinstance(value, list):
        return [resolve_secrets(part, path, environ, problems, clear=clear) for part in value]
    if not isinstance(value, str):
        return value
    if value.startswith("env:"):
        found = environ.get(value[4:])
        if not found:
            problems.append(f"{path}: the environment variable {value[4:]} is not set")
        return found or ""
    if value.startswith("file:"):
        try:
            return Path(value[5:]).read_text().strip()
        except OSError as error:
            problems.append(f"{path}: cannot read {value[5:]}: {error.strerror}")
            return ""
    if not clear and path.rpartition(".")[2] in SECRET_KEYS:
        problems.append(f"{path}: secrets are written env:NAME or file:PATH, never in clear")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresFile:
    """What the stores file says: its shops, and the defaults of those that the ledger holds."""

    shops: dict[str, Shop]
    defaults: dict[str, Any] = field(repr=False)


def read_stores(path: Path, environ: Mapping[str, str], kinds: frozenset[str]) -> StoresFile:
    """A stores file; raises `ConfigurationError` with every problem there is."""
    document = _document(path)
    problems = [f"{key}: unknown table" for key in document if key not in ("defaults", "stores")]
    shops = {}
    for store, own in document.get("stores", {}).items():
        merged = _over(document.get("defaults", {}), own)
        shop = _read_shop(store, resolve_secrets(merged, f"stores.{store}", environ, problems), kinds, problems)
        if shop:
            shops[store] = shop
    if problems:
        raise ConfigurationError(problems)
    defaults = resolve_secrets(document.get("defaults", {}), "defaults", environ, problems)
    if problems:
        raise ConfigurationError(problems)
    return StoresFile(shops=shops, defaults=defaults)


def read_tables(path: Path, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The shops' tables of a file that is read once, by whoever may read it; secrets may stand in it in clear."""
    tables: dict[str, dict[str, Any]] = _document(path).get("stores", {})
    problems = [] if tables else [f"{path}: there is no table such as [stores.demo] in it"]
    read = {
        store: resolve_secrets(own, f"stores.{store}", environ, problems, clear=True) for store, own in tables.items()
    }
    if problems:
        raise ConfigurationError(problems)
    return read


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigurationError(
            [
                f"{path}: there is no such file; copy stores.example.toml and fill it in, or make an empty one and connect"
                " the shops with `flask --app webhooks.app stores add`"
            ]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: {error}"]) from None


def shop_from(store: str, table: Mapping[str, Any], defaults: Mapping[str, Any], kinds: frozenset[str]) -> Shop:
    """A shop from a table like those of the stores file, its secrets in clear; raises `ConfigurationError`."""
    problems = [] if NAME.match(store) else [f"{store}: a shop's name is made of a-z, 0-9, - and _, 64 at most"]
    shop = None if problems else _read_shop(store, _over(defaults, table), kinds, problems)
    if shop is None:
        raise ConfigurationError(problems)
    return shop


def _over(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(defaults)
    for key, value in own.items():
        merged[key] = _over(merged[key], value) if isinstance(value, dict) and key in merged else value
    return merged


def _read_shop(store: str, raw: Any, kinds: frozenset[str], problems: list[str]) -> Shop | None:
    path = f"stores.{store}"
    before = len(problems)
    try:
        loaded: dict[str, Any] = ShopSchema().load(raw)
    except ValidationError as error:
        problems.extend(_flat(path, error.messages))
        return None
    if loaded["pos"]["kind"] not in kinds:
        problems.append(f"{path}.pos.kind: {loaded['pos']['kind']!r} is none of {', '.join(sorted(kinds))}")
    shop = _make_shop(store, loaded, problems)
    problems.extend(_contradictions(path, shop, loaded))
    return shop if len(problems) == before else None


def _make_shop(store: str, loaded: dict[str, Any], problems: list[str]) -> Shop:
    return Shop(
        store=store,
        domain=loaded["shop"],
        mode=Mode(loaded["mode"]),
        locale=loaded["locale"],
        webhook_secrets=tuple(loaded["webhook_secrets"]),
        webhook_url=loaded["webhook_url"],
        missing_after=loaded["missing_after"],
        pending_after=loaded["pending_after"],
        sweep_every=loaded["sweep_every"],
        check_every=loaded["check_every"],
        shopify=loaded["shopify"],
        pos_kind=loaded["pos"]["kind"],
        pos=loaded["pos"],
        references=tuple(loaded["pos"].get("references") or ("{name}", "{number}")),
        declared=declared_from(loaded["connector"], f"stores.{store}.connector", problems),
        limits=Limits(**loaded["limits"]),
        alert_url=loaded["alert_url"],
        alert_secret=loaded["alert_secret"],
        alerts=alert_settings(loaded["alerts"]),
        time_zone=loaded["time_zone"],
    )


def declared_from(raw: Mapping[str, Any], path: str = "declared", problems: list[str] | None = None) -> Declared:
    """The connector's settings from plain values: lists become tuples, the minimum date aware UTC."""
    values: dict[str, Any] = {}
    for key, value in raw.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    minimum = values.get("order_minimum_created")
    if minimum is not None:
        try:
            moment = minimum if isinstance(minimum, datetime) else datetime.fromisoformat(str(minimum))
            values["order_minimum_created"] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except ValueError:
            text = f"{path}.order_minimum_created: write a date and time, such as 2026-01-01T00:00:00Z"
            if problems is None:
                raise ConfigurationError([text]) from None
            problems.append(text)
            del values["order_minimum_created"]
    return Declared(**values)


def _contradictions(path: str, shop: Shop, loaded: dict[str, Any]) -> list[str]:
    found = []
    if not shop.shopify.get("access_token") and not shop.shopify.get("client_id"):
        found.append(f"{path}.shopify: give client_id and client_secret, or access_token")
    if shop.shopify.get("client_id") and not shop.shopify.get("client_secret"):
        found.append(f"{path}.shopify.client_secret: missing beside client_id")
    tags = [*(shop.declared.allow_tags or ()), *(shop.declared.ignore_tags or ()), *(shop.declared.routing_tags or ())]
    if any(tag.lower().startswith(TOUCH_TAG) for tag in tags):
        found.append(
            f"{path}.connector: the tags beginning with {TOUCH_TAG} are ours; the connector may not act on them"
        )
    if shop.pos_kind == "heartland" and not (loaded["pos"].get("subdomain") or loaded["pos"].get("base_url")):
        found.append(f"{path}.pos.subdomain: missing")
    if loaded["pos"].get("subdomain") and not SUBDOMAIN.fullmatch(loaded["pos"]["subdomain"]):
        found.append(
            f"{path}.pos.subdomain: write only the first part of the POS's address: letters, digits and hyphens"
        )
    if shop.pos_kind == "lightspeed_x":
        found += _lightspeed_x(f"{path}.pos", loaded["pos"])
    if shop.pos_kind == "lightspeed_r":
        found += [f"{path}.pos.{key}: missing" for key in client_needs(shop.pos) if not shop.pos.get(key)]
    return found


def _lightspeed_x(path: str, pos: Mapping[str, Any]) -> list[str]:
    found = [] if pos.get("subdomain") or pos.get("base_url") else [f"{path}.subdomain: missing"]
    absent = [key for key in client_needs(pos) if not pos.get(key)]
    if pos.get("token"):
        return [*found, f"{path}: give token or grant, not both"] if pos.get("grant") == BY_LINK else found
    if absent == ["client_id", "client_secret", "refresh_token"]:
        return [*found, f"{path}: give token, or client_id, client_secret and refresh_token"]
    return found + [f"{path}.{key}: missing" for key in absent]


def _flat(path: str, messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [line for key, part in messages.items() for line in _flat(f"{path}.{key}", part)]
    return [f"{path}: {' '.join(messages) if isinstance(messages, list) else messages}"]


def settings_from(environ: Mapping[str, str] | None = None, *, kinds: frozenset[str]) -> Settings:
    """The settings in force; the secret key is made under var/ on the first run."""
    env = os.environ if environ is None else environ
    database_url = env.get("DATABASE_URL", "") or "sqlite:///var/reconciler.db"
    stores = read_stores(Path(env.get("STORES_FILE", "") or "stores.toml"), env, kinds)
    problems: list[str] = []
    openid = openid_from(env, problems)
    bodies_kept = _kept_for(env, "KEEP_BODIES", BODIES_KEPT, timedelta(), problems)
    history_kept = _kept_for(env, "KEEP_HISTORY", HISTORY_KEPT, SHORTEST_HISTORY, problems)
    if problems:
        raise ConfigurationError(problems)
    return Settings(
        openid=openid,
        shops=stores.shops,
        defaults=stores.defaults,
        database_url=database_url,
        redis_url=env.get("REDIS_URL", ""),
        secret_key=env.get("SECRET_KEY", "") or _kept_secret(Path("var/secret_key")),
        clock_file=env.get("CLOCK_FILE", ""),
        stop_all=env.get("STOP", "") not in ("", "0", "false"),
        bodies_kept=bodies_kept,
        history_kept=history_kept,
    )


def _kept_for(
    env: Mapping[str, str], name: str, usual: timedelta, least: timedelta, problems: list[str]
) -> timedelta:  # fmt: skip
    try:
        kept = duration(env[name]) if env.get(name) else usual
    except ValueError as error:
        problems.append(f"{name}: {error}")
        return usual
    if kept < least:
        problems.append(f"{name}: at least {least.days}d, since open cases are judged by it")
    return kept


def _kept_secret(path: Path) -> str:
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
            made.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
