"""What a shop's stores file says of its alerts: where they go, when they wait, and whom a heartbeat reaches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
DIGEST_AT = "08:00"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Times of day are the shop's own."""

    apprise: tuple[str, ...] = field(default=(), repr=False)  # https://github.com/caronc/apprise: slack://…, mailto://…
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None
    digest_days: tuple[str, ...] = DAYS
    heartbeat_url: str = field(default="", repr=False)

    def quiet_ends(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet hours end that it is in now; None outside of them."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return None
        here = now.astimezone(zone)
        at, over_midnight = here.time(), self.quiet_from > self.quiet_until
        inside = [self.quiet_from <= at, at < self.quiet_until]
        if not (any(inside) if over_midnight else all(inside)):
            return None
        day = here.date() + timedelta(days=over_midnight and at >= self.quiet_from)
        return datetime.combine(day, self.quiet_until, zone)

    def next_digest(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the next daily digest is due; None when there is none."""
        if self.digest_at is None:
            return None
        today = now.astimezone(zone).date()
        days = (datetime.combine(today + timedelta(days=ahead), self.digest_at, zone) for ahead in range(9))
        return next((at for at in days if at > now and DAYS[at.weekday()] in self.digest_days), None)


def _is_address(url: str) -> None:
    if url and not url.startswith(("https://", "http://")):
        raise ValidationError("An address begins with https://.")


class AlertsSchema(Schema):
    apprise = fields.List(fields.String(), load_default=[])
    quiet_hours = fields.String(load_default="", validate=validate.Regexp(rf"^({CLOCK}-{CLOCK})?$"))
    digest_at = fields.String(load_default=DIGEST_AT, validate=validate.Regexp(rf"^({CLOCK})?$"))
    digest_days = fields.List(fields.String(validate=validate.OneOf(DAYS)), load_default=lambda: list(DAYS))
    heartbeat_url = fields.String(load_default="", validate=_is_address)


def alert_settings(loaded: Mapping[str, Any]) -> AlertSettings:
    """The settings from what the schema has read."""
    since, _, until = loaded["quiet_hours"].partition("-")
    return AlertSettings(
        apprise=tuple(url for url in loaded["apprise"] if url),
        quiet_from=_time(since),
        quiet_until=_time(until),
        digest_at=_time(loaded["digest_at"]),
        digest_days=tuple(loaded["digest_days"]),
        heartbeat_url=loaded["heartbeat_url"],
    )


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text else None
