"""What the commands share: errors as sentences, spans of time, the terminal."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from reconcile.config import Shop
from reconcile.connected import unusable
from reconcile.errors import ConfigurationError, ReconcilerError
from reconcile.ledger.schema import schema_problem
from reconcile.limits import duration
from reconcile.services import Services
from reconcile.shops import enrol

CLI = "command line"  # who did it, in the history
FAILED = 1  # exit status; 2 is for settings
MARKS = {True: Text("ok", "green"), False: Text("no", "red"), None: Text("?", "yellow")}


Function = TypeVar("Function", bound=Callable[..., Any])


def as_json(command: Function) -> Function:
    """The option that every command has which tells something: one JSON value on standard output, and nothing else there."""
    option = click.option("--json", "in_json", is_flag=True, help="As one JSON value on standard output.")
    made: Function = option(command)
    return made


def say_json(value: object) -> None:
    """Print a value; moments and amounts as text."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


class SettingsProblem(click.ClickException):
    """Something has to be corrected before the command can do anything."""

    exit_code = 2


class Command(click.Command):
    """A command whose errors are sentences: exit 2 for the settings, 1 for the rest, never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigurationError as error:
            raise SettingsProblem("\n  ".join(["please mend:", *error.problems])) from None
        except ReconcilerError as error:
            raise click.ClickException(str(error)) from None
        except DBAPIError as error:
            why = " ".join(str(error.orig).split())
            raise click.ClickException(f"the ledger does not answer, compare DATABASE_URL with it: {why}") from None


class Since(click.ParamType[datetime | timedelta]):
    """`30d` (that long ago) or a date."""

    name = "span or date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        if isinstance(value, (datetime, timedelta)):
            return value
        try:
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        except ValueError:
            pass
        try:
            return duration(value)
        except ValueError as error:
            self.fail(f"{error}, or a date such as 2026-11-01", param, ctx)


def lasting(text: str) -> timedelta | None:
    """How long something is to last; None for an empty text."""
    try:
        return duration(text) if text else None
    except ValueError as error:
        raise ConfigurationError([str(error)]) from None


def moment(services: Services, since: datetime | timedelta) -> datetime:
    return since if isinstance(since, datetime) else services.clock.now() - since


def console(*, stderr: bool = False) -> Console:
    """Made at each use, so that it writes to the stream in force; wide where there is no terminal.

    Without markup: what a shop calls its orders is shown as it is.
    """
    made = Console(highlight=False, markup=False, emoji=False, stderr=stderr)
    return made if made.is_terminal else Console(highlight=False, markup=False, emoji=False, stderr=stderr, width=200)


def usable_ledger(services: Services) -> Services:
    """The services, once the ledger has its tables and the shops their rows; raises `ConfigurationError` otherwise."""
    problem = schema_problem(services.ledger)
    if problem:
        raise ConfigurationError([problem])
    enrol(services)
    return services


def chosen(services: Services, store: str | None) -> list[Shop]:
    """The shop of this name, or all of them; raises `ConfigurationError` where it, or any, cannot be used."""
    shops = services.settings.shops
    found = [shop for shop in shops.values() if store in (None, shop.store)]
    wrong = [f"{name}: {why}" for name, why in unusable(shops).items() if store in (None, name)]
    if wrong and not found:
        raise ConfigurationError(wrong)
    return found or ([services.shop(store)] if store else [])


def counting() -> Progress:
    """A line that counts on standard error, with a bar where the end is known; gone when it is over. Only on a terminal."""
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    screen = Console(stderr=True)
    return Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
