"""Who signs people in, when it is not us: an OpenID Connect provider, and what its claim lets a person do."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

ROLES: Final = ("viewer", "operator", "admin")
NEEDED: Final = ("OPENID_ISSUER", "OPENID_CLIENT_ID", "OPENID_CLIENT_SECRET", "OPENID_ROLES")
AT_HOME: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one value of the claim stands for; `stores` empty: all shops."""

    value: str
    role: str
    stores: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenId:
    """The provider, and the grants in the order in which they count."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    grants: tuple[Grant, ...]
    claim: str = "groups"
    scopes: str = "openid email profile"
    public_url: str = ""  # ours, as browsers reach it; empty: as the request says

    def grant_of(self, values: Collection[str]) -> Grant | None:
        """The first grant whose value the person has; None: nothing is granted."""
        return next((grant for grant in self.grants if grant.value in values), None)


def openid_from(environ: Mapping[str, str], problems: list[str]) -> OpenId | None:
    """The provider that the environment names; None when it names none. What is wrong is added to `problems`."""
    given = {name: environ.get(name, "").strip() for name in (*NEEDED, "OPENID_CLAIM", "OPENID_SCOPES", "PUBLIC_URL")}
    if not any(given[name] for name in NEEDED):
        return None
    absent = [name for name in NEEDED if not given[name]]
    problems += [f"{name}: missing beside {next(one for one in NEEDED if given[one])}" for name in absent]
    issuer = urlsplit(given["OPENID_ISSUER"])
    if given["OPENID_ISSUER"] and issuer.scheme != "https" and issuer.hostname not in AT_HOME:
        problems.append("OPENID_ISSUER: an address that begins with https:// is expected")
    grants = tuple(_grants(given["OPENID_ROLES"], problems))
    optional = {"claim": given["OPENID_CLAIM"], "scopes": given["OPENID_SCOPES"]}
    return OpenId(
        issuer=given["OPENID_ISSUER"].rstrip("/"), client_id=given["OPENID_CLIENT_ID"],
        client_secret=given["OPENID_CLIENT_SECRET"], grants=grants, public_url=given["PUBLIC_URL"].rstrip("/"),
        **{name: text for name, text in optional.items() if text},
    )  # fmt: skip


def _grants(text: str, problems: list[str]) -> Iterable[Grant]:
    """`value=role` or `value=role:shop+shop`, separated by commas; a shop that does not exist grants nothing."""
    for part in filter(None, (one.strip() for one in text.split(","))):
        value, _, granted = part.rpartition("=")
        role, _, named = granted.partition(":")
        stores = frozenset(filter(None, (one.strip() for one in named.split("+"))))
        if not value or role not in ROLES:
            problems.append(
                f"OPENID_ROLES: {part}: value=role or value=role:shop+shop is expected, role {', '.join(ROLES)}"
            )
        elif ":" in granted and not stores:
            problems.append(f"OPENID_ROLES: {part}: no shop is named after the colon")
        else:
            yield Grant(value=value, role=role, stores=stores)
