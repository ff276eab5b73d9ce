"""API tokens: 256 random bits, of which the ledger keeps only the SHA-256."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import OperationalError

from reconcile.errors import ConfigurationError
from reconcile.ledger.tables import tokens
from reconcile.services import Services

MARK = "orc_"  # lets secret scanners and people recognise one
SHOWN = 12  # characters of a token that lists show: enough to tell two apart, too few to guess the rest
USE_NOTED_EVERY = timedelta(minutes=1)


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do what `needed` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as the ledger knows it; `stores` empty: all shops."""

    id: int
    name: str
    prefix: str
    role: Role
    stores: frozenset[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    digest: str = field(repr=False)

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def create(
    services: Services, role: Role, stores: Iterable[str] = (), name: str = "", lasts: timedelta | None = None
) -> str:
    """A new token, shown this once; raises `ConfigurationError` for a shop that does not exist."""
    named = sorted({services.shop(store).store for store in stores})
    now = services.clock.now()
    secret = MARK + secrets.token_urlsafe(32)
    values = {
        "name": (name or f"{role.value} {secret[:SHOWN]}")[:128],
        "prefix": secret[:SHOWN],
        "digest": _digest(secret),
        "role": role.value,
        "stores": named,
        "created_at": now,
        "expires_at": now + lasts if lasts else None,
    }
    with services.ledger.write() as connection:
        connection.execute(insert(tokens).values(**values))
    return secret


def find(services: Services, secret: str) -> Token | None:
    """The token that this secret is, if it may be used now; notes that it was."""
    digest = _digest(secret)
    with services.ledger.read() as connection:
        row = connection.execute(select(tokens).where(tokens.c.digest == digest)).first()
    if row is None or not hmac.compare_digest(row.digest, digest):
        return None
    return _usable(services, _token(row))


def by_id(services: Services, token_id: int) -> Token | None:
    """The same for a page's session, which holds the token's id: a revoked token ends its sessions at once."""
    with services.ledger.read() as connection:
        row = connection.execute(select(tokens).where(tokens.c.id == token_id)).first()
    return _usable(services, _token(row)) if row is not None else None


def listed(services: Services) -> list[Token]:
    """Every token there ever was, oldest first."""
    with services.ledger.read() as connection:
        return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.id))]


def revoke(services: Services, named: str) -> list[Token]:
    """End the tokens with this id, name or shown prefix; raises `ConfigurationError` when there is none in force."""
    found = [token for token in listed(services) if named in (str(token.id), token.name, token.prefix)]
    live = [token for token in found if token.revoked_at is None]
    if not live:
        raise ConfigurationError([f"{named}: no token in force has this id, name or prefix; see `token list`"])
    with services.ledger.write() as connection:
        ids = [token.id for token in live]
        connection.execute(update(tokens).where(tokens.c.id.in_(ids)).values(revoked_at=services.clock.now()))
    return live


def _usable(services: Services, token: Token) -> Token | None:
    now = services.clock.now()
    if not token.is_valid(now):
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        _note_use(services, token, now)
    return token


def _note_use(services: Services, token: Token, now: datetime) -> None:
    try:
        with services.ledger.write() as connection:
            connection.execute(update(tokens).where(tokens.c.id == token.id).values(last_used_at=now))
    except OperationalError:
        pass  # a ledger that only reads now still answers questions


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _token(row: Row[tuple[object, ...]]) -> Token:
    values = {name: getattr(row, name) for name in Token.__dataclass_fields__}
    return Token(**values | {"role": Role(row.role), "stores": frozenset(row.stores)})
